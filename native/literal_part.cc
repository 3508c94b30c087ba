#include "literal_part.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace {
// Alternatives are followed as far as that: (?:a|b) (?:c|d) is four texts.
constexpr size_t kMostTexts = 16;
// So far a text is followed: enough to choose from, and the work stays in proportion to the source.
constexpr size_t kMostFollowed = 4 * kMostLength;

/** The more telling of two: the longer, then the fewer. */
Texts BetterOf(Texts a, Texts b) {
  size_t length_a = std::min(ShortestOf(a), kMostLength);
  size_t length_b = std::min(ShortestOf(b), kMostLength);
  if (length_a != length_b) return length_a > length_b ? a : b;
  return a.size() <= b.size() ? a : b;
}
}  // namespace

size_t ShortestOf(const Texts& texts) {
  size_t shortest = SIZE_MAX;
  for (const std::string& text : texts) shortest = std::min(shortest, text.size());
  return texts.empty() ? 0 : shortest;
}

Texts WithoutDoubles(Texts texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

LiteralPart AnyOf(const std::vector<LiteralPart>& alternatives) {
  bool is_exact = true;
  Texts texts;
  for (const LiteralPart& part : alternatives) {
    is_exact = is_exact && part.exact;
    const Texts& own = part.exact ? *part.exact : part.required;
    if (own.empty()) return LiteralPart::Anything();
    texts.insert(texts.end(), own.begin(), own.end());
  }
  texts = WithoutDoubles(std::move(texts));
  if (texts.size() > kMostTexts) return LiteralPart::Anything();
  if (is_exact) return {texts, {}};
  return {std::nullopt, texts};
}

void LiteralSequence::Add(const LiteralPart& part) {
  if (part.exact && run_.size() * part.exact->size() <= kMostTexts && ShortestOf(run_) < kMostFollowed) {
    Texts longer;
    for (const std::string& text : run_) {
      for (const std::string& next : *part.exact) longer.push_back(text + next);
    }
    run_ = WithoutDoubles(std::move(longer));
  } else {
    Break(part.exact ? *part.exact : Texts{""});
    required_ = BetterOf(std::move(required_), part.required);
  }
}

void LiteralSequence::AddRepeated(const LiteralPart& part) {
  Add(part);
  Break(part.exact ? *part.exact : Texts{""});
}

LiteralPart LiteralSequence::Finish() && {
  if (!is_broken_) return {run_, {}};
  return {std::nullopt, BetterOf(std::move(required_), std::move(run_))};
}

void LiteralSequence::Break(Texts next) {
  required_ = BetterOf(std::move(required_), std::move(run_));
  run_ = std::move(next);
  is_broken_ = true;
}
