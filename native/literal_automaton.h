// Finds which of many literals stand in a subject, in one pass over its bytes (Aho and Corasick, CACM 18 (6), 1975).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

class LiteralAutomaton {
 public:
  /** Texts are folded (FoldAscii) and not empty. */
  struct Literal {
    std::string text;
    uint32_t expression;
  };

  explicit LiteralAutomaton(const std::vector<Literal>& literals);

  /** Sets the bit of each expression that has a literal in the subject, folded: expression i is bit i % 64 of word i / 64. */
  void Find(const uint8_t* subject, size_t length, std::vector<uint64_t>& expressions) const;

  size_t SizeBytes() const;

 private:
  // A state of the automaton, as the place of its row in next_ times two, plus one where a literal ends there.
  using State = uint32_t;
  using Endings = std::vector<std::vector<uint32_t>>;

  void Insert(const Literal& literal, Endings& endings);
  void Complete(Endings& endings);
  void Note(State state, std::vector<uint64_t>& expressions) const;

  size_t longest_ = 1;
  // Bytes that are in no literal are all of class 0; both cases of a letter are of one.
  std::array<uint8_t, 256> classes_{};
  size_t class_count_ = 1;
  // A row for each state: where each class of byte leads.
  std::vector<State> next_;
  // Expressions with a literal that ends at state number s: found_[starts_[s]] up to found_[starts_[s + 1]].
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> found_;
};
