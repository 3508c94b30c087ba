// Makes text of what may be any bytes, as logs hold them.
#pragma once

#include <napi.h>

/**
 * toValidUtf8(bytes, start, end): undefined where the range is valid UTF-8 already, else a Buffer with a copy that has U+FFFD for what is
 * not, as Python's bytes.decode('utf-8', 'replace') makes it. Throws a TypeError or a RangeError.
 */
Napi::Value ToValidUtf8(const Napi::CallbackInfo& info);
