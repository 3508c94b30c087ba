// A set of PCRE2 expressions that is looked for in records, batch by batch.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pattern.h"
#include "prefilter.h"

/**
 * new PatternSet(sources, flags, usesPrefilter, usesJit): flags[i] is 1 multiline, 2 caseless, or both. Throws an Error whose
 * `failures` name every expression that does not compile: { index, byteOffset, message }. `usesPrefilter`, `usesJit`: for tests.
 *  groupCounts()                  by expression, the whole match (group 0) included
 *  groupNames(index)              [name, number, name, number, ...]
 *  search(bytes, start, end, from, offsets, to)
 *                                 the first of the expressions [from, to) that is found in the range, or -1; `offsets` (Int32Array)
 *                                 receives its groups' starts and ends in `bytes`, -1 where a group took no part
 *  searchBatch(bytes, starts, ends, count)   Int32Array of rows: record, expression, groupCount, then the groups as above
 *  literals(index)                what a record must contain one of to be offered to the expression; empty: it is offered any
 *  limitsReached()                by expression, how often a match was given up (match_engine.h), which means that it is not found
 * A range that is not valid UTF-8 holds nothing for search(), and gives the row "record, -1, 0" in searchBatch().
 */
class PatternSet : public Napi::ObjectWrap<PatternSet> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit PatternSet(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

 private:
  static constexpr int kNone = -1;

  Napi::Value GroupCounts(const Napi::CallbackInfo& info);
  Napi::Value GroupNames(const Napi::CallbackInfo& info);
  Napi::Value Search(const Napi::CallbackInfo& info);
  Napi::Value SearchBatch(const Napi::CallbackInfo& info);
  Napi::Value Literals(const Napi::CallbackInfo& info);
  Napi::Value LimitsReached(const Napi::CallbackInfo& info);

  size_t IndexArgument(const Napi::CallbackInfo& info) const;

  /** The first of the expressions [from, to) that is found in valid UTF-8, or kNone; its groups are then the thread's MatchEngine's. */
  int Find(const uint8_t* subject, size_t length, size_t from, size_t to);
  /** Whether expression `index` is found, having counted a match that was given up. */
  bool IsFound(size_t index, const uint8_t* subject, size_t length);
  /** Writes the groups of the last match. */
  void WriteOffsets(int expression, size_t start, int32_t* to) const;

  std::vector<Pattern> patterns_;
  std::vector<std::vector<std::string>> literals_;
  std::optional<Prefilter> prefilter_;
  std::vector<uint64_t> limits_reached_;
  int64_t size_bytes_ = 0;
};
