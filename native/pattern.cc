#include "pattern.h"

namespace {
// \C would match half a character. UCP: \w, \d, \s and \b as Python has them for text. ALT_CIRCUMFLEX: a multiline ^ after a final line
// feed, too, as in Python.
constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;

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

Pattern::Pattern(std::string source, Options options) : source_(std::move(source)), options_(options), code_(Compile(0)) {
  has_jit_ = options.uses_jit && pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE) == 0;
  is_anchored_ = (InfoOf<uint32_t>(code(), PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) != 0;
  group_count_ = InfoOf<uint32_t>(code(), PCRE2_INFO_CAPTURECOUNT) + 1;
}

Pattern::Code Pattern::Compile(uint32_t more_options) const {
  std::unique_ptr<pcre2_compile_context, FreeContext> context(pcre2_compile_context_create(nullptr));
  if (context == nullptr) throw PatternFailure{"no memory", 0};
  // Python's `.` and `$` know only "\n", whatever the library was built with.
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  uint32_t options = kOptions | (options_.is_multiline ? PCRE2_MULTILINE : 0) | (options_.is_caseless ? PCRE2_CASELESS : 0) | more_options;
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source_.data()), source_.size(), options, &error, &offset, context.get()));
  if (code != nullptr) return code;
  PCRE2_UCHAR message[256] = "";  // longer than any, says pcre2api(3)
  pcre2_get_error_message(error, message, sizeof message);
  throw PatternFailure{reinterpret_cast<const char*>(message), offset};
}

const pcre2_code* Pattern::watched_code() {
  if (!is_watched_code_tried_) {
    is_watched_code_tried_ = true;
    try {
      Code code = Compile(PCRE2_AUTO_CALLOUT);
      if (!has_jit_ || pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE) == 0) watched_code_ = std::move(code);
    } catch (const PatternFailure&) {
      // Larger with callouts than PCRE2 can have it, or no memory: there is none.
    }
  }
  return watched_code_.get();
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
