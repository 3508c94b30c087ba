// Looks for one folded text in a subject, sixteen places at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/** Whether `text`, which is not empty and is folded (FoldAscii), stands in the subject, folded as well. */
bool ContainsFolded(const uint8_t* subject, size_t length, const std::string& text);
