#include "utf8.h"

#include <cstring>

namespace {
constexpr uint64_t kHighBits = 0x8080808080808080;
constexpr char kReplacement[] = "\xEF\xBF\xBD";

struct Sequence {
  size_t length;  // of the character, or of the maximal subpart where it is ill-formed
  bool is_valid;
};

// The Unicode Standard, table 3-7: only the second byte's range depends on the first.
Sequence SequenceAt(const uint8_t* bytes, size_t left) {
  uint8_t first = bytes[0];
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < length; i++) {
    if (i >= left || bytes[i] < low || bytes[i] > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}
}  // namespace

size_t ValidUtf8Prefix(const uint8_t* bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    while (length - at >= sizeof(uint64_t)) {
      uint64_t word;
      memcpy(&word, bytes + at, sizeof word);
      if ((word & kHighBits) != 0) break;
      at += sizeof word;
    }
    while (at < length && bytes[at] < 0x80) at++;
    while (at < length && bytes[at] >= 0x80) {
      Sequence sequence = SequenceAt(bytes + at, length - at);
      if (!sequence.is_valid) return at;
      at += sequence.length;
    }
  }
  return length;
}

std::string RepairUtf8(const uint8_t* bytes, size_t length, size_t valid) {
  std::string repaired;
  repaired.reserve(length + length / 4);
  size_t at = 0;
  for (;;) {
    repaired.append(reinterpret_cast<const char*>(bytes + at), valid);
    at += valid;
    if (at == length) return repaired;
    at += SequenceAt(bytes + at, length - at).length;
    repaired.append(kReplacement);
    valid = ValidUtf8Prefix(bytes + at, length - at);
  }
}
