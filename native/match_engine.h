// Runs matches so that no expression and no subject takes long: PCRE2's limits, and a watch on the time (pcre2api(3), pcre2callout(3)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pattern.h"

/**
 * PCRE2's match limit alone does not bound the time, as one counted step may pass over the whole subject: with fail2ban's own expressions
 * and a limit of ten steps a byte, lines were found of 8 KB that take 75 ms, and of 60 KB that take 4 s. So a match is first tried with few
 * steps, which is enough nearly always. Where it is not, it is tried again with callouts, which look at the clock.
 * One engine a thread: a match owns all of it.
 */
class MatchEngine {
 public:
  enum class Result { kFound, kNotFound, kLimitReached };

  static MatchEngine& OfThread();

  /** `subject` is valid UTF-8. Takes at most some 5 ms of processor time, and 100 ns more for each byte. */
  Result Match(Pattern& pattern, const uint8_t* subject, size_t length);

  /** Of the last match that was found: start and end of group i at 2i and 2i + 1, PCRE2_UNSET where it took no part. */
  const PCRE2_SIZE* offsets() const { return pcre2_get_ovector_pointer(data_.get()); }

 private:
  struct Free {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
    void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
  };

  MatchEngine();
  /** `match_limit`: what PCRE2 calls so; reaching it is also the answer where the expression cannot have the callouts. */
  int Run(Pattern& pattern, Pattern::Callouts callouts, const uint8_t* subject, size_t length, uint64_t match_limit);
  void StartWatch(size_t length);
  static int OnCallout(pcre2_callout_block* block, void* engine);

  std::unique_ptr<pcre2_jit_stack, Free> stack_;
  std::unique_ptr<pcre2_match_context, Free> context_;
  std::unique_ptr<pcre2_match_data, Free> data_;
  uint32_t callouts_left_ = 0;
  uint32_t callouts_between_looks_ = 1;
  int64_t deadline_nsec_ = 0;
};
