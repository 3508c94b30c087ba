#include "folded_search.h"

#include <algorithm>
#include <cstring>

#include "required_literals.h"

namespace {
// Compiled to whatever the machine has for 16 bytes at once.
using Block = uint8_t __attribute__((vector_size(16)));
using Words = uint64_t __attribute__((vector_size(16)));

/** What a byte is compared with, and the bit that makes capitals small where it is a letter. */
struct Byte {
  uint8_t value;
  uint8_t case_bit;

  explicit Byte(char c) : value(static_cast<uint8_t>(c)), case_bit(c >= 'a' && c <= 'z' ? 0x20 : 0) {}
};

Block Load(const uint8_t* from) {
  Block block;
  memcpy(&block, from, sizeof block);
  return block;
}

bool IsAt(const uint8_t* place, const std::string& text) {
  for (size_t i = 0; i < text.size(); i++) {
    if (FoldAscii(static_cast<char>(place[i])) != text[i]) return false;
  }
  return true;
}
}  // namespace

bool ContainsFolded(const uint8_t* subject, size_t length, const std::string& text) {
  if (length < text.size()) return false;
  size_t places = length - text.size() + 1;
  if (places < sizeof(Block)) {
    for (size_t at = 0; at < places; at++) {
      if (IsAt(subject + at, text)) return true;
    }
    return false;
  }
  size_t to_last = text.size() - 1;
  Byte first(text.front());
  Byte last(text.back());
  for (size_t at = 0; at < places; at += sizeof(Block)) {
    at = std::min(at, places - sizeof(Block));
    Block same = ((Load(subject + at) | first.case_bit) == first.value) & ((Load(subject + at + to_last) | last.case_bit) == last.value);
    Words words = reinterpret_cast<Words>(same);
    if ((words[0] | words[1]) == 0) continue;
    for (size_t i = 0; i < sizeof(Block); i++) {
      if (same[i] != 0 && IsAt(subject + at + i, text)) return true;
    }
  }
  return false;
}
