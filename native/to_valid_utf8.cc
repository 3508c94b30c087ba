#include "to_valid_utf8.h"

#include <string>

#include "arguments.h"
#include "utf8.h"

Napi::Value ToValidUtf8(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Span<const uint8_t> bytes = BytesArgument(info, 0, "bytes");
  size_t start = SizeArgument(info, 1, "start", INT32_MAX);
  size_t end = SizeArgument(info, 2, "end", INT32_MAX);
  RequireRange(env, start, end, bytes.length);
  size_t valid = ValidUtf8Prefix(bytes.data + start, end - start);
  if (valid == end - start) return env.Undefined();
  std::string repaired = RepairUtf8(bytes.data + start, end - start, valid);
  return Napi::Buffer<char>::Copy(env, repaired.data(), repaired.size());
}
