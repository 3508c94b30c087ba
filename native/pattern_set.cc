#include "pattern_set.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "arguments.h"
#include "match_engine.h"
#include "required_literals.h"
#include "utf8.h"

namespace {
constexpr uint32_t kMultiline = 1;
constexpr uint32_t kCaseless = 2;
}  // namespace

Napi::Function PatternSet::Define(Napi::Env env) {
  return DefineClass(env, "PatternSet",
                     {
                         InstanceMethod<&PatternSet::GroupCounts>("groupCounts"),
                         InstanceMethod<&PatternSet::GroupNames>("groupNames"),
                         InstanceMethod<&PatternSet::Search>("search"),
                         InstanceMethod<&PatternSet::SearchBatch>("searchBatch"),
                         InstanceMethod<&PatternSet::Literals>("literals"),
                         InstanceMethod<&PatternSet::LimitsReached>("limitsReached"),
                     });
}

PatternSet::PatternSet(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PatternSet>(info) {
  Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Napi::TypeError::New(env, "sources must be an array");
  auto sources = info[0].As<Napi::Array>();
  Span<const uint32_t> flags = ColumnArgument(info, 1, "flags");
  uint32_t count = sources.Length();
  if (flags.length < count) throw Napi::RangeError::New(env, "there must be as many flags as sources");
  std::vector<uint32_t> own_flags(flags.data, flags.data + count);  // reading the array below may run JavaScript
  bool uses_prefilter = !info[2].IsBoolean() || info[2].As<Napi::Boolean>().Value();
  bool uses_jit = !info[3].IsBoolean() || info[3].As<Napi::Boolean>().Value();

  Napi::Array failures = Napi::Array::New(env);
  patterns_.reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    Napi::Value source = sources[i];
    if (!source.IsString()) throw Napi::TypeError::New(env, "sources must be strings");
    std::string text = source.As<Napi::String>().Utf8Value();
    bool is_caseless = (own_flags[i] & kCaseless) != 0;
    try {
      patterns_.emplace_back(text, Pattern::Options{(own_flags[i] & kMultiline) != 0, is_caseless, uses_jit});
      literals_.push_back(RequiredLiterals(text, is_caseless));
      size_bytes_ += static_cast<int64_t>(patterns_.back().SizeBytes());
    } catch (const PatternFailure& failure) {
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("index", Napi::Number::New(env, i));
      entry.Set("byteOffset", Napi::Number::New(env, static_cast<double>(failure.offset)));
      entry.Set("message", Napi::String::New(env, failure.message));
      failures[failures.Length()] = entry;
    }
  }
  if (failures.Length() > 0) {
    Napi::Error error = Napi::Error::New(env, "an expression does not compile");
    error.Set("failures", failures);
    throw error;
  }
  limits_reached_.resize(count);
  if (uses_prefilter && std::any_of(literals_.begin(), literals_.end(), [](const auto& literals) { return !literals.empty(); })) {
    prefilter_.emplace(literals_);
    size_bytes_ += static_cast<int64_t>(prefilter_->SizeBytes());
  }
  // The collector sees only the small object in JavaScript.
  Napi::MemoryManagement::AdjustExternalMemory(env, size_bytes_);
}

void PatternSet::Finalize(Napi::Env env) { Napi::MemoryManagement::AdjustExternalMemory(env, -size_bytes_); }

Napi::Value PatternSet::GroupCounts(const Napi::CallbackInfo& info) {
  Napi::Array counts = Napi::Array::New(info.Env(), patterns_.size());
  for (uint32_t i = 0; i < patterns_.size(); i++) counts[i] = Napi::Number::New(info.Env(), patterns_[i].group_count());
  return counts;
}

Napi::Value PatternSet::GroupNames(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  size_t index = IndexArgument(info);
  Napi::Array names = Napi::Array::New(env);
  for (const auto& [name, number] : patterns_[index].GroupNames()) {
    names[names.Length()] = Napi::String::New(env, name);
    names[names.Length()] = Napi::Number::New(env, number);
  }
  return names;
}

Napi::Value PatternSet::Search(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Span<const uint8_t> bytes = BytesArgument(info, 0, "bytes");
  size_t start = SizeArgument(info, 1, "start", INT32_MAX);
  size_t end = SizeArgument(info, 2, "end", INT32_MAX);
  size_t from = SizeArgument(info, 3, "from", INT32_MAX, 0);
  size_t to = SizeArgument(info, 5, "to", INT32_MAX, patterns_.size());
  RequireRange(env, start, end, bytes.length);
  const uint8_t* subject = bytes.data + start;
  int found = ValidUtf8Prefix(subject, end - start) == end - start ? Find(subject, end - start, from, to) : kNone;
  if (found != kNone) {
    Span<int32_t> offsets = OffsetsArgument(info, 4, "offsets");
    if (offsets.length < patterns_[found].group_count() * 2) throw Napi::RangeError::New(env, "offsets must have room for every group");
    WriteOffsets(found, start, offsets.data);
  }
  return Napi::Number::New(env, found);
}

Napi::Value PatternSet::SearchBatch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Span<const uint8_t> bytes = BytesArgument(info, 0, "bytes");
  Span<const uint32_t> starts = ColumnArgument(info, 1, "starts");
  Span<const uint32_t> ends = ColumnArgument(info, 2, "ends");
  size_t count = SizeArgument(info, 3, "count", INT32_MAX);
  if (count > starts.length || count > ends.length) throw Napi::RangeError::New(env, "there must be a start and an end for each record");
  std::vector<int32_t> rows;
  for (size_t i = 0; i < count; i++) {
    size_t start = starts.data[i];
    size_t length = ends.data[i] - start;
    RequireRange(env, start, ends.data[i], bytes.length);
    const uint8_t* subject = bytes.data + start;
    bool is_valid = ValidUtf8Prefix(subject, length) == length;
    int found = is_valid ? Find(subject, length, 0, patterns_.size()) : kNone;
    if (is_valid && found == kNone) continue;
    int32_t groups = is_valid ? static_cast<int32_t>(patterns_[found].group_count()) : 0;
    rows.insert(rows.end(), {static_cast<int32_t>(i), found, groups});
    rows.resize(rows.size() + static_cast<size_t>(groups) * 2);
    if (groups > 0) WriteOffsets(found, start, rows.data() + rows.size() - groups * 2);
  }
  Napi::Int32Array result = Napi::Int32Array::New(env, rows.size());
  if (!rows.empty()) memcpy(result.Data(), rows.data(), rows.size() * sizeof(int32_t));
  return result;
}

Napi::Value PatternSet::Literals(const Napi::CallbackInfo& info) {
  Napi::Array literals = Napi::Array::New(info.Env());
  for (const std::string& literal : literals_[IndexArgument(info)]) literals[literals.Length()] = Napi::String::New(info.Env(), literal);
  return literals;
}

Napi::Value PatternSet::LimitsReached(const Napi::CallbackInfo& info) {
  Napi::Array counts = Napi::Array::New(info.Env(), limits_reached_.size());
  for (uint32_t i = 0; i < limits_reached_.size(); i++) counts[i] = Napi::Number::New(info.Env(), static_cast<double>(limits_reached_[i]));
  return counts;
}

size_t PatternSet::IndexArgument(const Napi::CallbackInfo& info) const {
  size_t index = SizeArgument(info, 0, "index", INT32_MAX);
  if (index >= patterns_.size()) throw Napi::RangeError::New(info.Env(), "there is no expression " + std::to_string(index));
  return index;
}

int PatternSet::Find(const uint8_t* subject, size_t length, size_t from, size_t to) {
  to = std::min(to, patterns_.size());
  if (from >= to) return kNone;
  if (!prefilter_) {
    for (size_t i = from; i < to; i++) {
      if (IsFound(i, subject, length)) return static_cast<int>(i);
    }
    return kNone;
  }
  const std::vector<uint64_t>& candidates = prefilter_->Candidates(subject, length);
  uint64_t not_before = ~uint64_t{0} << (from % 64);
  for (size_t word = from / 64; word < candidates.size(); word++, not_before = ~uint64_t{0}) {
    for (uint64_t left = candidates[word] & not_before; left != 0; left &= left - 1) {
      size_t i = word * 64 + static_cast<size_t>(__builtin_ctzll(left));
      if (i >= to) return kNone;
      if (IsFound(i, subject, length)) return static_cast<int>(i);
    }
  }
  return kNone;
}

bool PatternSet::IsFound(size_t index, const uint8_t* subject, size_t length) {
  MatchEngine::Result result = MatchEngine::OfThread().Match(patterns_[index], subject, length);
  if (result == MatchEngine::Result::kLimitReached) limits_reached_[index]++;
  return result == MatchEngine::Result::kFound;
}

void PatternSet::WriteOffsets(int expression, size_t start, int32_t* to) const {
  const PCRE2_SIZE* offsets = MatchEngine::OfThread().offsets();
  for (size_t i = 0; i < patterns_[expression].group_count() * 2; i++) {
    to[i] = offsets[i] == PCRE2_UNSET ? kNone : static_cast<int32_t>(start + offsets[i]);
  }
}
