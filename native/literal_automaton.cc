#include "literal_automaton.h"

#include <algorithm>

namespace {
// Each step waits for the memory that the one before read. Lanes that begin at different places of the subject wait together.
constexpr size_t kLanes = 4;
}  // namespace

LiteralAutomaton::LiteralAutomaton(const std::vector<Literal>& literals) {
  for (const Literal& literal : literals) {
    longest_ = std::max(longest_, literal.text.size());
    for (char c : literal.text) {
      uint8_t& own = classes_[static_cast<uint8_t>(c)];
      if (own == 0) own = static_cast<uint8_t>(class_count_++);
    }
  }
  // Literals are folded; so are subjects, this way.
  for (int c = 'A'; c <= 'Z'; c++) classes_[c] = classes_[c - 'A' + 'a'];
  next_.assign(class_count_, 0);
  Endings endings(1);
  for (const Literal& literal : literals) Insert(literal, endings);
  Complete(endings);
}

// While it is built, next_ holds plain numbers of states; 0, the root, means that no literal goes on that way.
void LiteralAutomaton::Insert(const Literal& literal, Endings& endings) {
  size_t state = 0;
  for (char c : literal.text) {
    size_t at = state * class_count_ + classes_[static_cast<uint8_t>(c)];
    if (next_[at] == 0) {
      next_[at] = static_cast<State>(endings.size());
      endings.emplace_back();
      next_.resize(next_.size() + class_count_, 0);
    }
    state = next_[at];
  }
  endings[state].push_back(literal.expression);
}

void LiteralAutomaton::Complete(Endings& endings) {
  // Nearest states first: where a literal does not go on, go on from the longest other one that ends here too.
  std::vector<State> fallback(endings.size(), 0);
  std::vector<State> queue;
  for (size_t c = 1; c < class_count_; c++) {
    if (next_[c] != 0) queue.push_back(next_[c]);
  }
  for (size_t i = 0; i < queue.size(); i++) {
    State state = queue[i];
    const auto& inherited = endings[fallback[state]];
    auto& own = endings[state];
    own.insert(own.end(), inherited.begin(), inherited.end());
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    for (size_t c = 0; c < class_count_; c++) {
      State& next = next_[state * class_count_ + c];
      State otherwise = next_[fallback[state] * class_count_ + c];
      if (next == 0) {
        next = otherwise;
      } else {
        fallback[next] = otherwise;
        queue.push_back(next);
      }
    }
  }
  for (const auto& expressions : endings) {
    starts_.push_back(static_cast<uint32_t>(found_.size()));
    found_.insert(found_.end(), expressions.begin(), expressions.end());
  }
  starts_.push_back(static_cast<uint32_t>(found_.size()));
  for (State& state : next_) state = static_cast<State>(state * class_count_ * 2) | (endings[state].empty() ? 0 : 1);
}

void LiteralAutomaton::Find(const uint8_t* subject, size_t length, std::vector<uint64_t>& expressions) const {
  const State* next = next_.data();
  const uint8_t* classes = classes_.data();
  // A lane goes on behind the beginning of the next, so that no literal lies across the border unseen.
  size_t overlap = longest_ - 1;
  size_t stride = length > overlap ? (length - overlap) / kLanes : 0;
  size_t lane_length = stride > 0 ? stride + overlap : 0;
  const uint8_t* second = subject + stride;
  const uint8_t* third = second + stride;
  const uint8_t* fourth = third + stride;
  State a = 0;
  State b = 0;
  State c = 0;
  State d = 0;
  for (size_t at = 0; at < lane_length; at++) {
    a = next[a / 2 + classes[subject[at]]];
    b = next[b / 2 + classes[second[at]]];
    c = next[c / 2 + classes[third[at]]];
    d = next[d / 2 + classes[fourth[at]]];
    if (((a | b | c | d) & 1) == 0) continue;
    Note(a, expressions);
    Note(b, expressions);
    Note(c, expressions);
    Note(d, expressions);
  }
  // What does not divide by the lanes is left to the last.
  for (size_t at = stride * (kLanes - 1) + lane_length; at < length; at++) {
    d = next[d / 2 + classes[subject[at]]];
    Note(d, expressions);
  }
}

void LiteralAutomaton::Note(State state, std::vector<uint64_t>& expressions) const {
  if ((state & 1) == 0) return;
  size_t number = state / 2 / class_count_;
  for (uint32_t at = starts_[number]; at < starts_[number + 1]; at++) expressions[found_[at] / 64] |= uint64_t{1} << (found_[at] % 64);
}

size_t LiteralAutomaton::SizeBytes() const { return (next_.size() + starts_.size() + found_.size()) * sizeof(uint32_t); }
