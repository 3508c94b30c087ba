// Tells which records of a batch which filters could match, by the literals that each filter must find.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

#include "prefilter.h"

/**
 * new RecordSieve(literals): literals[i] are texts of which filter i needs one in a record, in lower case (PatternSet.literals()); empty:
 * it takes any record.
 *  sift(bytes, starts, ends, count, selected)
 *      Of records bytes[starts[r], ends[r]), r < count, those offered to each filter, as one Uint32Array: for each filter in turn how many,
 *      then their indices in order. Record r is offered to filter i only where bit i % 32 of selected[r * words + i / 32] is set, with as
 *      many words a record as `selected` has for `count` of them.
 */
class RecordSieve : public Napi::ObjectWrap<RecordSieve> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit RecordSieve(const Napi::CallbackInfo& info);

 private:
  RecordSieve(const Napi::CallbackInfo& info, const std::vector<std::vector<std::string>>& literals);
  Napi::Value Sift(const Napi::CallbackInfo& info);

  size_t filter_count_ = 0;
  Prefilter prefilter_;
  // By filter, the records that it is offered; kept between calls for their memory.
  std::vector<std::vector<uint32_t>> offered_;
};
