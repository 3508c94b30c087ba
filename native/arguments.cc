#include "arguments.h"

#include <string>

namespace {
template <typename T>
Span<T> TypedArgument(const Napi::CallbackInfo& info, size_t index, const char* name, napi_typedarray_type wanted, const char* type_name) {
  Napi::Env env = info.Env();
  napi_value value = info[index];
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  napi_value memory = nullptr;
  if (is_typed_array && napi_get_typedarray_info(env, value, &type, &length, &data, &memory, nullptr) != napi_ok) is_typed_array = false;
  if (!is_typed_array || type != wanted) throw Napi::TypeError::New(env, std::string(name) + " must be a " + type_name);
  bool is_own = false;
  napi_is_arraybuffer(env, memory, &is_own);
  if (!is_own) throw Napi::TypeError::New(env, std::string(name) + " must not be shared memory");
  static T nothing{};
  if (data == nullptr) return {&nothing, 0};
  return {static_cast<T*>(data), length};
}
}  // namespace

Span<const uint8_t> BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Span<uint8_t> bytes = TypedArgument<uint8_t>(info, index, name, napi_uint8_array, "Buffer");
  return {bytes.data, bytes.length};
}

Span<const uint32_t> ColumnArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Span<uint32_t> column = TypedArgument<uint32_t>(info, index, name, napi_uint32_array, "Uint32Array");
  return {column.data, column.length};
}

Span<int32_t> OffsetsArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  return TypedArgument<int32_t>(info, index, name, napi_int32_array, "Int32Array");
}

size_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name, size_t most) {
  Napi::Env env = info.Env();
  double number = 0;
  if (napi_get_value_double(env, info[index], &number) != napi_ok) throw Napi::TypeError::New(env, std::string(name) + " must be a number");
  // Also false for NaN.
  if (!(number >= 0 && number <= static_cast<double>(most) && number == static_cast<double>(static_cast<size_t>(number)))) {
    throw Napi::RangeError::New(env, std::string(name) + " must be an integer from 0 to " + std::to_string(most));
  }
  return static_cast<size_t>(number);
}

size_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name, size_t most, size_t fallback) {
  return info[index].IsUndefined() ? fallback : SizeArgument(info, index, name, most);
}

void RequireRange(Napi::Env env, size_t start, size_t end, size_t length) {
  if (start <= end && end <= length && end <= INT32_MAX) return;
  throw Napi::RangeError::New(env, "the range from " + std::to_string(start) + " to " + std::to_string(end) + " is not within " +
                                       std::to_string(length) + " bytes");
}

std::vector<std::string> StringsOf(const Napi::Value& value) {
  std::vector<std::string> strings;
  if (!value.IsArray()) return strings;
  Napi::Array array = value.As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); index++) strings.push_back(array.Get(index).ToString().Utf8Value());
  return strings;
}
