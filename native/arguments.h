// Arguments of JavaScript calls, checked: whatever is passed ends in a TypeError or a RangeError, never outside of memory.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/** Memory of the caller, valid until JavaScript runs again. */
template <typename T>
struct Span {
  T* data;
  size_t length;
};

/** A Buffer or Uint8Array that is not shared memory, as another thread could change that while it is read; detached: empty. */
Span<const uint8_t> BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/** A Uint32Array that is not shared memory; detached: empty. */
Span<const uint32_t> ColumnArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/** An Int32Array to be written to. */
Span<int32_t> OffsetsArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/** An integer in [0, most]; `fallback` where the argument is undefined and has one. */
size_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name, size_t most);
size_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name, size_t most, size_t fallback);

/** Of an array, each as String() makes it; none where it is no array. */
std::vector<std::string> StringsOf(const Napi::Value& value);

/** Throws a RangeError unless start <= end <= length, and end fits the Int32Arrays that results are. */
void RequireRange(Napi::Env env, size_t start, size_t end, size_t length);
