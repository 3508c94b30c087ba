#include "event_callback.h"

// By Node-API itself: in a thread that is being ended every call into JavaScript fails, and Napi::Error, made of that, ends the process.
void EventCallback::Call(const std::vector<napi_value>& arguments) {
  Napi::Env env = function_.Env();
  Napi::HandleScope scope(env);
  napi_make_callback(env, context_, env.Global(), function_.Value(), arguments.size(), arguments.data(), nullptr);
  bool is_thrown = false;
  napi_value error = nullptr;
  if (napi_is_exception_pending(env, &is_thrown) != napi_ok || !is_thrown) return;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}
