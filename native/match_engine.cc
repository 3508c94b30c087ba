#include "match_engine.h"

#include <time.h>

#include <algorithm>
#include <new>

namespace {
// Machine code keeps what it may come back to on a stack of its own; 1 MB is more than enough for any expression, says pcre2jit(3).
constexpr size_t kStackStartBytes = 32 << 10;
constexpr size_t kStackMostBytes = 1 << 20;
constexpr uint32_t kOrdinaryGroups = 32;

// First try: bytes that may be passed over at a nanosecond each, if every step passes over all of them. Lines of fail2ban's samples need
// less than 3000 steps with any of its expressions. A step of the interpreter takes some eight times as long.
constexpr uint64_t kQuickBytes = 1000000;
constexpr uint64_t kQuickBytesInterpreted = kQuickBytes / 8;
constexpr uint64_t kLeastSteps = 30;
// PCRE2 counts steps anew from each place where a match may start, and none where what is passed over has no alternative. So each has
// fewer, and on long subjects the starts are watched, which takes half as long again.
constexpr uint64_t kQuickBytesUnanchored = kQuickBytes / 4;
constexpr size_t kMostUnwatchedLength = 2000;
// Second try, with every item watched, which takes ten times as long: steps within which everything ends that is worth its time, some 2 ms,
// so that on lines of ordinary length the steps decide, the same everywhere, and not the clock. Long lines take some for each byte.
constexpr uint64_t kWatchedSteps = 100000;
constexpr uint64_t kWatchedStepsPerByte = 50;
constexpr int64_t kWatchedNsec = 5000000;
constexpr int64_t kWatchedNsecPerByte = 100;
// Between looks at the clock, each of which takes about 300 ns: a millisecond, if each item passes over all of the subject.
constexpr size_t kBytesBetweenLooks = 1000000;
constexpr size_t kMostCalloutsBetweenLooks = 256;

// The interpreter's memory: about 200 bytes for each place to come back to, of which there may be as many as a line has bytes; the journal
// cuts services' output to 48 KB.
constexpr uint32_t kDepthLimit = 100000;
constexpr uint32_t kHeapLimitKib = 32 << 10;

/** The match limit of the first try. */
uint64_t QuickSteps(const Pattern& pattern, size_t length) {
  uint64_t bytes = !pattern.has_jit() ? kQuickBytesInterpreted : pattern.is_anchored() ? kQuickBytes : kQuickBytesUnanchored;
  return std::max(bytes / (length + 1), kLeastSteps);
}

int64_t ProcessorTimeNsec() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}
}  // namespace

MatchEngine& MatchEngine::OfThread() {
  thread_local MatchEngine engine;
  return engine;
}

MatchEngine::MatchEngine()
    : stack_(pcre2_jit_stack_create(kStackStartBytes, kStackMostBytes, nullptr)),
      context_(pcre2_match_context_create(nullptr)),
      data_(pcre2_match_data_create(kOrdinaryGroups, nullptr)) {
  if (context_ == nullptr || data_ == nullptr) throw std::bad_alloc();
  // Where there is no memory for a stack of its own, machine code takes 32 KiB of the thread's.
  if (stack_ != nullptr) pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
  pcre2_set_depth_limit(context_.get(), kDepthLimit);
  pcre2_set_heap_limit(context_.get(), kHeapLimitKib);
  pcre2_set_callout(context_.get(), OnCallout, this);
}

MatchEngine::Result MatchEngine::Match(Pattern& pattern, const uint8_t* subject, size_t length) {
  if (pcre2_get_ovector_count(data_.get()) < pattern.group_count()) {
    data_.reset(pcre2_match_data_create(pattern.group_count(), nullptr));
    if (data_ == nullptr) throw std::bad_alloc();
  }
  bool is_short = pattern.is_anchored() || length <= kMostUnwatchedLength;
  if (!is_short) StartWatch(length);
  Pattern::Callouts callouts = is_short ? Pattern::Callouts::kNone : Pattern::Callouts::kAtStarts;
  int found = Run(pattern, callouts, subject, length, QuickSteps(pattern, length));
  if (found == PCRE2_ERROR_MATCHLIMIT) {
    if (is_short) StartWatch(length);
    found = Run(pattern, Pattern::Callouts::kAtItems, subject, length, kWatchedSteps + kWatchedStepsPerByte * length);
  }
  if (found > 0) return Result::kFound;
  return found == PCRE2_ERROR_NOMATCH ? Result::kNotFound : Result::kLimitReached;
}

int MatchEngine::Run(Pattern& pattern, Pattern::Callouts callouts, const uint8_t* subject, size_t length, uint64_t match_limit) {
  const pcre2_code* code = pattern.CodeWith(callouts);
  if (code == nullptr) return PCRE2_ERROR_MATCHLIMIT;
  pcre2_set_match_limit(context_.get(), static_cast<uint32_t>(std::min<uint64_t>(match_limit, UINT32_MAX)));
  if (pattern.has_jit()) return pcre2_jit_match(code, subject, length, 0, 0, data_.get(), context_.get());
  return pcre2_match(code, subject, length, 0, PCRE2_NO_UTF_CHECK, data_.get(), context_.get());
}

void MatchEngine::StartWatch(size_t length) {
  callouts_between_looks_ = static_cast<uint32_t>(std::clamp<size_t>(kBytesBetweenLooks / (length + 1), 1, kMostCalloutsBetweenLooks));
  callouts_left_ = callouts_between_looks_;
  deadline_nsec_ = ProcessorTimeNsec() + kWatchedNsec + kWatchedNsecPerByte * static_cast<int64_t>(length);
}

int MatchEngine::OnCallout(pcre2_callout_block* block, void* engine) {
  auto self = static_cast<MatchEngine*>(engine);
  if (--self->callouts_left_ > 0) return 0;
  self->callouts_left_ = self->callouts_between_looks_;
  return ProcessorTimeNsec() > self->deadline_nsec_ ? PCRE2_ERROR_CALLOUT : 0;
}
