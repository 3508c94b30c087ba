#include "prefilter.h"

#include "folded_search.h"

namespace {
// A line of 150 bytes: some 20 ns for each that is looked for by itself, 100 ns by the automaton, and never much more.
constexpr size_t kMostByThemselves = 4;
// Bytes of literals: bounds the automaton to some 25 MB. All of fail2ban's filters together have 10 KB. An expression for which there is no
// more room is offered any subject.
constexpr size_t kMostBytes = 64 << 10;

void Add(std::vector<uint64_t>& expressions, size_t i) { expressions[i / 64] |= uint64_t{1} << (i % 64); }
}  // namespace

Prefilter::Prefilter(const std::vector<std::vector<std::string>>& literals) : always_((literals.size() + 63) / 64) {
  std::vector<LiteralAutomaton::Literal> all;
  size_t bytes = 0;
  for (size_t i = 0; i < literals.size(); i++) {
    if (literals[i].empty() || bytes > kMostBytes) {
      Add(always_, i);
      continue;
    }
    for (const std::string& text : literals[i]) {
      bytes += text.size();
      all.push_back({text, static_cast<uint32_t>(i)});
    }
  }
  if (all.size() <= kMostByThemselves) {
    few_ = std::move(all);
  } else {
    automaton_.emplace(all);
  }
}

const std::vector<uint64_t>& Prefilter::Candidates(const uint8_t* subject, size_t length) {
  candidates_ = always_;
  if (automaton_) automaton_->Find(subject, length, candidates_);
  for (const auto& [text, expression] : few_) {
    if (ContainsFolded(subject, length, text)) Add(candidates_, expression);
  }
  return candidates_;
}

size_t Prefilter::SizeBytes() const { return automaton_ ? automaton_->SizeBytes() : 0; }
