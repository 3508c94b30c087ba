// Errors of system calls with the same fields as Node's own: code, errno (negative), syscall, path.
#pragma once

#include <napi.h>

#include <string>

/** `error` is a positive errno value. */
Napi::Error SystemError(Napi::Env env, int error, const char* syscall, const std::string& path = "");
