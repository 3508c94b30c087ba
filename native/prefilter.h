// Tells which expressions of a set can be found in a subject at all, by the literals that each must have there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "literal_automaton.h"

class Prefilter {
 public:
  /** literals[i]: RequiredLiterals of expression i; empty where any subject will do. */
  explicit Prefilter(const std::vector<std::vector<std::string>>& literals);

  /** The expressions that can be found in the subject: expression i is bit i % 64 of word i / 64. Holds until the next call. */
  const std::vector<uint64_t>& Candidates(const uint8_t* subject, size_t length);

  size_t SizeBytes() const;

 private:
  std::vector<uint64_t> always_;
  std::vector<uint64_t> candidates_;
  // Either few, which are looked for one by one, or the automaton.
  std::vector<LiteralAutomaton::Literal> few_;
  std::optional<LiteralAutomaton> automaton_;
};
