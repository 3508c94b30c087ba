// One compiled expression: PCRE2 (pcre2api(3), pcre2pattern(3)), the 8-bit library in UTF mode.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/** Why an expression does not compile: PCRE2's own text, and where in the source, in bytes. */
struct PatternFailure {
  std::string message;
  size_t offset;
};

class Pattern {
 public:
  struct Options {
    bool is_multiline;
    bool is_caseless;
    bool uses_jit;
  };

  /** Where a match calls back, so that somebody can look at the clock. */
  enum class Callouts { kNone, kAtStarts, kAtItems };

  /** Throws a PatternFailure. Without machine code (not asked for, or refused by the system) PCRE2's interpreter matches. */
  Pattern(std::string source, Options options);

  const pcre2_code* code() const { return code_.get(); }
  /** The same, calling back before each item or wherever a match may start. Compiled when first asked for; null where that fails. */
  const pcre2_code* CodeWith(Callouts callouts);
  /** Compiled to machine code. */
  bool has_jit() const { return has_jit_; }
  /** Can only be found at the start of a subject. */
  bool is_anchored() const { return is_anchored_; }
  /** Groups with the whole match, which is group 0. */
  uint32_t group_count() const { return group_count_; }
  /** Names with the numbers of their groups. */
  std::vector<std::pair<std::string, uint32_t>> GroupNames() const;
  /** Memory it takes, machine code included. */
  size_t SizeBytes() const;

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  };
  using Code = std::unique_ptr<pcre2_code, Free>;

  static Code Compile(const std::string& source, uint32_t options);

  std::string source_;
  uint32_t options_;
  Code code_;
  // None in their places: not tried yet. Null: cannot be compiled.
  std::optional<Code> code_with_starts_;
  std::optional<Code> code_with_items_;
  bool has_jit_ = false;
  bool is_anchored_ = false;
  uint32_t group_count_ = 1;
};
