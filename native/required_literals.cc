#include "required_literals.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "literal_part.h"

namespace {
// A literal that is shorter stands in nearly every line.
constexpr size_t kLeastLength = 3;

/** Thrown at syntax that the reader does not follow; the expression then has no literals. */
struct Unknown {};

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  /** Up to the closing parenthesis or the end. An option that is set inside holds for the alternatives that follow, too. */
  LiteralPart ReadAlternatives(bool is_caseless) {
    std::vector<LiteralPart> alternatives;
    do {
      alternatives.push_back(ReadSequence(is_caseless));
    } while (Take('|'));
    return alternatives.size() == 1 ? alternatives[0] : AnyOf(alternatives);
  }

  bool AtEnd() const { return at_ >= source_.size(); }

 private:
  struct Repetition {
    bool is_once;
    bool is_optional;  // may be left out
    bool is_at_most_once;
  };

  char Peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  bool Take(char c) {
    if (AtEnd() || source_[at_] != c) return false;
    at_++;
    return true;
  }
  bool TakeText(const char* text) {
    size_t length = strlen(text);
    if (source_.compare(at_, length, text) != 0) return false;
    at_ += length;
    return true;
  }
  void SkipPast(char c) {
    size_t found = source_.find(c, at_);
    if (found == std::string::npos) throw Unknown{};
    at_ = found + 1;
  }

  bool SkipBraces() {
    if (Peek() != '{') return false;
    SkipPast('}');
    return true;
  }

  LiteralPart ReadSequence(bool& is_caseless) {
    LiteralSequence sequence;
    while (!AtEnd() && Peek() != '|' && Peek() != ')') {
      LiteralPart part = ReadAtom(is_caseless);
      Repetition repetition = ReadRepetition();
      Repetition again = repetition;
      // a{,2}{3}: what the second belongs to is another thing for each version.
      if (!repetition.is_once && Peek() == '{' && ReadCounts(again)) throw Unknown{};
      if (repetition.is_once) {
        sequence.Add(part);
      } else if (!repetition.is_optional) {
        sequence.AddRepeated(part);
      } else if (repetition.is_at_most_once && part.exact) {
        part.exact->push_back("");
        sequence.Add({WithoutDoubles(*part.exact), {}});
      } else {
        sequence.Add(LiteralPart::Anything());
      }
    }
    return std::move(sequence).Finish();
  }

  Repetition ReadRepetition() {
    Repetition repetition{false, true, false};
    if (Take('+')) {
      repetition.is_optional = false;
    } else if (Take('?')) {
      repetition.is_at_most_once = true;
    } else if (!Take('*') && (Peek() != '{' || !ReadCounts(repetition))) {
      return {true, false, true};
    }
    // Lazy or possessive.
    if (!Take('?')) Take('+');
    return repetition;
  }

  /** {n}, {n,}, {n,m}. Others ({,n}, with spaces) are text to one version of PCRE2 and a repetition to the next: either may be. */
  bool ReadCounts(Repetition& repetition) {
    size_t end = source_.find_first_not_of("0123456789, \t", at_ + 1);
    if (end == std::string::npos || source_[end] != '}') return false;
    size_t comma = source_.find_first_not_of("0123456789", at_ + 1);
    bool has_most = source_[comma] == ',' && source_.find_first_not_of("0123456789", comma + 1) == end;
    bool is_certain = comma > at_ + 1 && (comma == end || has_most);
    repetition.is_optional = !is_certain || source_.find_first_not_of('0', at_ + 1) >= comma;
    at_ = end + 1;
    return true;
  }

  LiteralPart ReadAtom(bool& is_caseless) {
    switch (Peek()) {
      case '(':
        return ReadGroup(is_caseless);
      case '[':
        return ReadClass(is_caseless);
      case '\\':
        return ReadEscape(is_caseless);
      case '^':
      case '$':
        at_++;
        return LiteralPart::Nothing();
      case '.':
        at_++;
        return LiteralPart::Anything();
      case '*':
      case '+':
      case '?':
        throw Unknown{};
      default:
        return ReadCharacter(is_caseless);
    }
  }

  LiteralPart ReadCharacter(bool is_caseless) {
    size_t length = 1;
    while ((Peek(length) & 0xC0) == 0x80) length++;
    std::string text = source_.substr(at_, length);
    at_ += length;
    return LiteralOf(text, is_caseless);
  }

  static LiteralPart LiteralOf(const std::string& text, bool is_caseless) {
    char folded = FoldAscii(text[0]);
    // Without regard to case, characters outside of ASCII have others, and are others' to two of ASCII: U+017F (s) and U+212A (k).
    if (is_caseless && (text.size() > 1 || folded == 's' || folded == 'k')) return LiteralPart::Anything();
    return {Texts{text.size() > 1 ? text : std::string(1, folded)}, {}};
  }

  LiteralPart ReadEscape(bool is_caseless) {
    at_++;
    char c = Peek();
    if ((c & 0x80) != 0) return ReadCharacter(is_caseless);
    at_++;
    switch (c) {
      case 'b':
      case 'B':
      case 'A':
      case 'z':
      case 'Z':
        return LiteralPart::Nothing();
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W':
      case 'h':
      case 'H':
      case 'v':
      case 'V':
        return LiteralPart::Anything();
      case 'n':
        return LiteralOf("\n", is_caseless);
      case 't':
        return LiteralOf("\t", is_caseless);
      case 'r':
        return LiteralOf("\r", is_caseless);
      case 'p':
      case 'P':
        if (!SkipBraces()) at_++;
        return LiteralPart::Anything();
      case 'x':
        if (SkipBraces()) return LiteralPart::Anything();
        for (int i = 0; i < 2 && isxdigit(static_cast<unsigned char>(Peek())) != 0; i++) at_++;
        return LiteralPart::Anything();
      default:
        // References, quoting, controls, what a later PCRE2 may bring: letters and digits.
        if (c == '\0' || isalnum(static_cast<unsigned char>(c))) throw Unknown{};
        return LiteralOf(std::string(1, c), is_caseless);
    }
  }

  /** One of several characters; a text where it is one only, or both cases of a letter. */
  LiteralPart ReadClass(bool is_caseless) {
    at_++;
    size_t start = at_;
    Take('^');
    // A closing bracket that comes first is a member.
    Take(']');
    while (Peek() != ']') {
      if (AtEnd()) throw Unknown{};
      char next = Peek(1);
      if (Peek() == '\\') {
        if (next == '\0' || next == 'Q' || next == 'E' || next == 'c') throw Unknown{};
        at_ += 2;
      } else if (Peek() == '[' && (next == ':' || next == '.' || next == '=')) {
        SkipPosixName();
      } else {
        at_++;
      }
    }
    std::string members = source_.substr(start, at_ - start);
    at_++;
    bool is_two = members.size() == 2;
    bool is_escaped = is_two && members[0] == '\\' && ispunct(static_cast<unsigned char>(members[1])) != 0;
    bool is_letter = is_two && isalpha(static_cast<unsigned char>(members[0])) != 0 && FoldAscii(members[0]) == FoldAscii(members[1]);
    bool is_single = members.size() == 1 && members[0] != '^';
    return is_escaped || is_letter || is_single ? LiteralOf(members.substr(members.size() - 1), is_caseless) : LiteralPart::Anything();
  }

  void SkipPosixName() {
    size_t end = source_.find_first_not_of("^abcdefghijklmnopqrstuvwxyz", at_ + 2);
    if (Peek(1) != ':' || end == std::string::npos || source_.compare(end, 2, ":]") != 0) throw Unknown{};
    at_ = end + 2;
  }

  LiteralPart ReadGroup(bool& is_caseless) {
    at_++;
    if (Peek() == '*') throw Unknown{};  // (*VERB), (*ACCEPT)
    if (!Take('?')) return ReadToClose(is_caseless);
    if (TakeText("P=")) {
      SkipPast(')');
      return LiteralPart::Anything();
    }
    if (TakeText("=") || TakeText("!") || TakeText("<=") || TakeText("<!")) {
      ReadToClose(is_caseless);
      return LiteralPart::Nothing();
    }
    if (TakeText("P<") || TakeText("<")) {
      SkipPast('>');
      return ReadToClose(is_caseless);
    }
    if (TakeText("(")) return ReadConditional(is_caseless);
    if (TakeText(":") || TakeText(">") || TakeText("|")) return ReadToClose(is_caseless);
    return ReadOptions(is_caseless);
  }

  LiteralPart ReadToClose(bool is_caseless) {
    LiteralPart part = ReadAlternatives(is_caseless);
    if (!Take(')')) throw Unknown{};
    return part;
  }

  /** (?(name)yes|no): which of both, or nothing at all, is not known here. */
  LiteralPart ReadConditional(bool is_caseless) {
    if (Peek() == '?' || Peek() == '*') throw Unknown{};
    SkipPast(')');
    ReadToClose(is_caseless);
    return LiteralPart::Anything();
  }

  /** (?i), (?i:...), (?-i:...) and the like. */
  LiteralPart ReadOptions(bool& is_caseless) {
    bool is_set = true;
    bool is_caseless_inside = is_caseless;
    for (;;) {
      char c = Peek();
      at_++;
      if (c == 'i') is_caseless_inside = is_set;
      else if (c == '-') is_set = false;
      else if (c == ':') return ReadToClose(is_caseless_inside);
      else if (c == ')') break;
      else if (c != 'm' && c != 's') throw Unknown{};  // x: white space would be no text
    }
    is_caseless = is_caseless_inside;
    return LiteralPart::Nothing();
  }

  const std::string& source_;
  size_t at_ = 0;
};
}  // namespace

std::vector<std::string> RequiredLiterals(const std::string& source, bool is_caseless) {
  LiteralPart part;
  try {
    Reader reader(source);
    part = reader.ReadAlternatives(is_caseless);
    if (!reader.AtEnd()) return {};
  } catch (const Unknown&) {
    return {};
  }
  Texts literals = part.exact ? *part.exact : part.required;
  if (ShortestOf(literals) < kLeastLength) return {};
  for (std::string& literal : literals) literal.resize(std::min(literal.size(), kMostLength));
  return WithoutDoubles(std::move(literals));
}
