// What the parts of an expression must be found as: texts, put one after the other and side by side. Knows nothing of any syntax.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

using Texts = std::vector<std::string>;

// More bytes tell hardly more lines apart, and cost states of the automaton.
inline constexpr size_t kMostLength = 16;

/** What is known of a part of an expression. */
struct LiteralPart {
  /** All texts that the part can match, where these are few. */
  std::optional<Texts> exact;
  /** One of these is in whatever the part matches; empty: nothing is known. */
  Texts required;

  static LiteralPart Anything() { return {}; }
  static LiteralPart Nothing() { return {Texts{""}, {}}; }
};

/** Of several parts, any of which may be what is found. */
LiteralPart AnyOf(const std::vector<LiteralPart>& alternatives);

/** The parts of one alternative, one after the other. */
class LiteralSequence {
 public:
  void Add(const LiteralPart& part);
  /** Once or more: the first time it follows what was before, the last time it precedes what comes. */
  void AddRepeated(const LiteralPart& part);
  LiteralPart Finish() &&;

 private:
  void Break(Texts next);

  // What was matched since the last part of unknown text, and may go on: all its possible texts.
  Texts run_{""};
  Texts required_;
  bool is_broken_ = false;
};

/** 0 where there are none. */
size_t ShortestOf(const Texts& texts);
Texts WithoutDoubles(Texts texts);
