#include "pattern.h"

namespace {
// \C would match half a character. UCP: \w, \d, \s and \b as Python has them for text. ALT_CIRCUMFLEX: a multiline ^ after a final line
// feed, too, as in Python.
constexpr uint32_t kCommonOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;

struct FreeContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

template <typename T>
T InfoOf(const pcre2_code* code, uint32_t what) {
  T value{};
  pcre2_pattern_info(code, what, &value);
  return value;
}
}  // namespace

Pattern::Pattern(std::string source, Options options)
    : source_(std::move(source)),
      options_(kCommonOptions | (options.is_multiline ? PCRE2_MULTILINE : 0) | (options.is_caseless ? PCRE2_CASELESS : 0)),
      code_(Compile(source_, options_)) {
  has_jit_ = options.uses_jit && pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE) == 0;
  is_anchored_ = (InfoOf<uint32_t>(code(), PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) != 0;
  group_count_ = InfoOf<uint32_t>(code(), PCRE2_INFO_CAPTURECOUNT) + 1;
}

Pattern::Code Pattern::Compile(const std::string& source, uint32_t options) {
  std::unique_ptr<pcre2_compile_context, FreeContext> context(pcre2_compile_context_create(nullptr));
  if (context == nullptr) throw PatternFailure{"no memory", 0};
  // Python's `.` and `$` know only "\n", whatever the library was built with.
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), options, &error, &offset, context.get()));
  if (code != nullptr) return code;
  PCRE2_UCHAR message[256] = "";  // longer than any, says pcre2api(3)
  pcre2_get_error_message(error, message, sizeof message);
  throw PatternFailure{reinterpret_cast<const char*>(message), offset};
}

const pcre2_code* Pattern::CodeWith(Callouts callouts) {
  if (callouts == Callouts::kNone) return code();
  bool is_at_starts = callouts == Callouts::kAtStarts;
  std::optional<Code>& code = is_at_starts ? code_with_starts_ : code_with_items_;
  if (!code) {
    code.emplace();
    try {
      Code compiled = is_at_starts ? Compile("(?C1)(?:" + source_ + ")", options_) : Compile(source_, options_ | PCRE2_AUTO_CALLOUT);
      if (!has_jit_ || pcre2_jit_compile(compiled.get(), PCRE2_JIT_COMPLETE) == 0) code = std::move(compiled);
    } catch (const PatternFailure&) {
      // Larger than PCRE2 can have it, or not closed by the parenthesis (a comment at the end, under (?x)): there is none.
    }
  }
  return code->get();
}

std::vector<std::pair<std::string, uint32_t>> Pattern::GroupNames() const {
  std::vector<std::pair<std::string, uint32_t>> names;
  auto count = InfoOf<uint32_t>(code(), PCRE2_INFO_NAMECOUNT);
  auto entry_size = InfoOf<uint32_t>(code(), PCRE2_INFO_NAMEENTRYSIZE);
  auto entry = InfoOf<PCRE2_SPTR>(code(), PCRE2_INFO_NAMETABLE);
  // An entry: the group's number in two bytes, the higher first, then the name and a zero.
  for (uint32_t i = 0; i < count; i++, entry += entry_size) {
    names.emplace_back(reinterpret_cast<const char*>(entry + 2), static_cast<uint32_t>(entry[0] << 8 | entry[1]));
  }
  return names;
}

size_t Pattern::SizeBytes() const {
  return InfoOf<size_t>(code(), PCRE2_INFO_SIZE) + InfoOf<size_t>(code(), PCRE2_INFO_JITSIZE);
}
