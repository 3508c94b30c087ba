// Which texts a subject must contain for an expression to be found in it, read from the expression's source (pcre2pattern(3)).
#pragma once

#include <string>
#include <vector>

/** ASCII letters in lower case, everything else as it is: the form in which literals are stored and looked for. */
inline char FoldAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/**
 * Texts, folded, of which every subject that the expression is found in contains at least one, folded as well. Empty where nothing is
 * known: what the reader does not know for certain it takes to match anything. `source` is an expression that PCRE2 has compiled.
 */
std::vector<std::string> RequiredLiterals(const std::string& source, bool is_caseless);
