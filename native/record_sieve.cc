#include "record_sieve.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "arguments.h"
#include "required_literals.h"

namespace {
std::vector<std::vector<std::string>> LiteralsArgument(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Napi::TypeError::New(env, "literals must be an array of arrays");
  auto filters = info[0].As<Napi::Array>();
  std::vector<std::vector<std::string>> literals;
  // Reading a value may run JavaScript, which may change the arrays.
  for (uint32_t i = 0; i < filters.Length(); i++) {
    literals.emplace_back();
    Napi::Value texts = filters[i];
    if (!texts.IsArray()) throw Napi::TypeError::New(env, "literals must be an array of arrays");
    auto list = texts.As<Napi::Array>();
    for (uint32_t j = 0; j < list.Length(); j++) {
      Napi::Value text = list[j];
      if (!text.IsString()) throw Napi::TypeError::New(env, "literals must be strings");
      std::string folded = text.As<Napi::String>().Utf8Value();
      for (char& c : folded) c = FoldAscii(c);
      if (!folded.empty()) literals[i].push_back(std::move(folded));
    }
    // One that is in every record leaves nothing to look for.
    if (literals[i].size() < list.Length()) literals[i].clear();
  }
  return literals;
}
}  // namespace

Napi::Function RecordSieve::Define(Napi::Env env) {
  return DefineClass(env, "RecordSieve", {InstanceMethod<&RecordSieve::Sift>("sift")});
}

RecordSieve::RecordSieve(const Napi::CallbackInfo& info) : RecordSieve(info, LiteralsArgument(info)) {}

RecordSieve::RecordSieve(const Napi::CallbackInfo& info, const std::vector<std::vector<std::string>>& literals)
    : Napi::ObjectWrap<RecordSieve>(info), filter_count_(literals.size()), prefilter_(literals), offered_(literals.size()) {}

Napi::Value RecordSieve::Sift(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Span<const uint8_t> bytes = BytesArgument(info, 0, "bytes");
  Span<const uint32_t> starts = ColumnArgument(info, 1, "starts");
  Span<const uint32_t> ends = ColumnArgument(info, 2, "ends");
  size_t count = SizeArgument(info, 3, "count", std::min(starts.length, ends.length));
  Span<const uint32_t> selected = ColumnArgument(info, 4, "selected");
  size_t words = (filter_count_ + 31) / 32;
  if (selected.length < count * words) throw Napi::RangeError::New(env, "selected has too few words");
  size_t stride = count == 0 ? 0 : selected.length / count;
  for (auto& records : offered_) records.clear();
  size_t total = 0;
  for (size_t record = 0; record < count; record++) {
    RequireRange(env, starts.data[record], ends.data[record], bytes.length);
    const uint32_t* bits = selected.data + record * stride;
    bool is_wanted = false;
    for (size_t word = 0; word < words; word++) is_wanted |= bits[word] != 0;
    if (!is_wanted) continue;
    const auto& candidates = prefilter_.Candidates(bytes.data + starts.data[record], ends.data[record] - starts.data[record]);
    for (size_t word = 0; word < words; word++) {
      uint32_t left = bits[word] & static_cast<uint32_t>(candidates[word / 2] >> (word % 2 * 32));
      for (; left != 0; left &= left - 1) {
        size_t filter = word * 32 + static_cast<size_t>(__builtin_ctz(left));
        if (filter >= filter_count_) break;
        offered_[filter].push_back(static_cast<uint32_t>(record));
        total++;
      }
    }
  }
  Napi::Uint32Array rows = Napi::Uint32Array::New(env, filter_count_ + total);
  uint32_t* to = rows.Data();
  for (const auto& records : offered_) {
    *to++ = static_cast<uint32_t>(records.size());
    if (!records.empty()) memcpy(to, records.data(), records.size() * sizeof(uint32_t));
    to += records.size();
  }
  return rows;
}
