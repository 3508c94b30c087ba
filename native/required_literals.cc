#include "required_literals.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace {
using Texts = std::vector<std::string>;

// A literal that is shorter stands in nearly every line.
constexpr size_t kLeastLength = 3;
// More bytes tell hardly more lines apart, and cost states of the automaton.
constexpr size_t kMostLength = 16;
// Alternatives are followed as far as that: (?:a|b) (?:c|d) is four texts.
constexpr size_t kMostTexts = 16;
// So far a text is followed: enough to choose from, and the work stays in proportion to the source.
constexpr size_t kMostFollowed = 4 * kMostLength;

/** What is known of a part of an expression. */
struct Part {
  /** All texts that the part can match, where these are few. */
  std::optional<Texts> exact;
  /** One of these is in whatever the part matches; empty: nothing is known. */
  Texts required;

  static Part Anything() { return {}; }
  static Part Nothing() { return {Texts{""}, {}}; }
};

size_t ShortestOf(const Texts& texts) {
  size_t shortest = SIZE_MAX;
  for (const std::string& text : texts) shortest = std::min(shortest, text.size());
  return texts.empty() ? 0 : shortest;
}

/** The more telling of two: the longer, then the fewer. */
Texts BetterOf(Texts a, Texts b) {
  size_t length_a = std::min(ShortestOf(a), kMostLength);
  size_t length_b = std::min(ShortestOf(b), kMostLength);
  if (length_a != length_b) return length_a > length_b ? a : b;
  return a.size() <= b.size() ? a : b;
}

Texts WithoutDoubles(Texts texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

/** The parts of one alternative, one after the other. */
class Sequence {
 public:
  void Add(const Part& part) {
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

  /** Once or more: the first time it follows what was before, the last time it precedes what comes. */
  void AddRepeated(const Part& part) {
    Add(part);
    Break(part.exact ? *part.exact : Texts{""});
  }

  Part Finish() && {
    if (!is_broken_) return {run_, {}};
    return {std::nullopt, BetterOf(std::move(required_), std::move(run_))};
  }

 private:
  void Break(Texts next) {
    required_ = BetterOf(std::move(required_), std::move(run_));
    run_ = std::move(next);
    is_broken_ = true;
  }

  // What was matched since the last part of unknown text, and may go on: all its possible texts.
  Texts run_{""};
  Texts required_;
  bool is_broken_ = false;
};

Part AnyOf(const std::vector<Part>& alternatives) {
  bool is_exact = true;
  Texts texts;
  for (const Part& part : alternatives) {
    is_exact = is_exact && part.exact;
    const Texts& own = part.exact ? *part.exact : part.required;
    if (own.empty()) return Part::Anything();
    texts.insert(texts.end(), own.begin(), own.end());
  }
  texts = WithoutDoubles(std::move(texts));
  if (texts.size() > kMostTexts) return Part::Anything();
  if (is_exact) return {texts, {}};
  return {std::nullopt, texts};
}

/** Thrown at syntax that the reader does not follow; the expression then has no literals. */
struct Unknown {};

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  /** Up to the closing parenthesis or the end. An option that is set inside holds for the alternatives that follow, too. */
  Part ReadAlternatives(bool is_caseless) {
    std::vector<Part> alternatives;
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

  Part ReadSequence(bool& is_caseless) {
    Sequence sequence;
    while (!AtEnd() && Peek() != '|' && Peek() != ')') {
      Part part = ReadAtom(is_caseless);
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
        sequence.Add(Part::Anything());
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

  Part ReadAtom(bool& is_caseless) {
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
        return Part::Nothing();
      case '.':
        at_++;
        return Part::Anything();
      case '*':
      case '+':
      case '?':
        throw Unknown{};
      default:
        return ReadCharacter(is_caseless);
    }
  }

  Part ReadCharacter(bool is_caseless) {
    size_t length = 1;
    while ((Peek(length) & 0xC0) == 0x80) length++;
    std::string text = source_.substr(at_, length);
    at_ += length;
    return LiteralOf(text, is_caseless);
  }

  static Part LiteralOf(const std::string& text, bool is_caseless) {
    char folded = FoldAscii(text[0]);
    // Without regard to case, characters outside of ASCII have others, and are others' to two of ASCII: U+017F (s) and U+212A (k).
    if (is_caseless && (text.size() > 1 || folded == 's' || folded == 'k')) return Part::Anything();
    return {Texts{text.size() > 1 ? text : std::string(1, folded)}, {}};
  }

  Part ReadEscape(bool is_caseless) {
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
        return Part::Nothing();
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
        return Part::Anything();
      case 'n':
        return LiteralOf("\n", is_caseless);
      case 't':
        return LiteralOf("\t", is_caseless);
      case 'r':
        return LiteralOf("\r", is_caseless);
      case 'p':
      case 'P':
        if (!SkipBraces()) at_++;
        return Part::Anything();
      case 'x':
        if (SkipBraces()) return Part::Anything();
        for (int i = 0; i < 2 && isxdigit(static_cast<unsigned char>(Peek())) != 0; i++) at_++;
        return Part::Anything();
      default:
        // References, quoting, controls, what a later PCRE2 may bring: letters and digits.
        if (c == '\0' || isalnum(static_cast<unsigned char>(c))) throw Unknown{};
        return LiteralOf(std::string(1, c), is_caseless);
    }
  }

  /** One of several characters; a text where it is one only, or both cases of a letter. */
  Part ReadClass(bool is_caseless) {
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
    return is_escaped || is_letter || is_single ? LiteralOf(members.substr(members.size() - 1), is_caseless) : Part::Anything();
  }

  void SkipPosixName() {
    size_t end = source_.find_first_not_of("^abcdefghijklmnopqrstuvwxyz", at_ + 2);
    if (Peek(1) != ':' || end == std::string::npos || source_.compare(end, 2, ":]") != 0) throw Unknown{};
    at_ = end + 2;
  }

  Part ReadGroup(bool& is_caseless) {
    at_++;
    if (Peek() == '*') throw Unknown{};  // (*VERB), (*ACCEPT)
    if (!Take('?')) return ReadToClose(is_caseless);
    if (TakeText("P=")) {
      SkipPast(')');
      return Part::Anything();
    }
    if (TakeText("=") || TakeText("!") || TakeText("<=") || TakeText("<!")) {
      ReadToClose(is_caseless);
      return Part::Nothing();
    }
    if (TakeText("P<") || TakeText("<")) {
      SkipPast('>');
      return ReadToClose(is_caseless);
    }
    if (TakeText("(")) return ReadConditional(is_caseless);
    if (TakeText(":") || TakeText(">") || TakeText("|")) return ReadToClose(is_caseless);
    return ReadOptions(is_caseless);
  }

  Part ReadToClose(bool is_caseless) {
    Part part = ReadAlternatives(is_caseless);
    if (!Take(')')) throw Unknown{};
    return part;
  }

  /** (?(name)yes|no): which of both, or nothing at all, is not known here. */
  Part ReadConditional(bool is_caseless) {
    if (Peek() == '?' || Peek() == '*') throw Unknown{};
    SkipPast(')');
    ReadToClose(is_caseless);
    return Part::Anything();
  }

  /** (?i), (?i:...), (?-i:...) and the like. */
  Part ReadOptions(bool& is_caseless) {
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
    return Part::Nothing();
  }

  const std::string& source_;
  size_t at_ = 0;
};
}  // namespace

std::vector<std::string> RequiredLiterals(const std::string& source, bool is_caseless) {
  Part part;
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
