#include "system_error.h"

#include <uv.h>

#include <cstring>

Napi::Error SystemError(Napi::Env env, int error, const char* syscall, const std::string& path) {
  // libuv does not know all of them (EBADMSG).
  const char* name = strerrorname_np(error);
  std::string code = name != nullptr ? name : uv_err_name(-error);
  std::string text = uv_strerror(-error);
  if (text.rfind("Unknown", 0) == 0) text = strerror(error);
  std::string message = code + ": " + text + ", " + syscall;
  if (!path.empty()) message += " '" + path + "'";
  Napi::Error result = Napi::Error::New(env, message);
  result.Set("code", Napi::String::New(env, code));
  result.Set("errno", Napi::Number::New(env, -error));
  result.Set("syscall", Napi::String::New(env, syscall));
  if (!path.empty()) result.Set("path", Napi::String::New(env, path));
  return result;
}
