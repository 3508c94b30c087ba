// UTF-8 (RFC 3629): what is valid, and the repair of what is not as Python's bytes.decode('utf-8', 'replace') makes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/** How many bytes from the start are valid UTF-8: `length` where all are. */
size_t ValidUtf8Prefix(const uint8_t* bytes, size_t length);

/** One U+FFFD for each maximal subpart of an ill-formed sequence (The Unicode Standard, chapter 3.9). `valid`: a known valid prefix. */
std::string RepairUtf8(const uint8_t* bytes, size_t length, size_t valid);
