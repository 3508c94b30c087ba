// A function of JavaScript that the event loop calls, not JavaScript.
#pragma once

#include <napi.h>

#include <vector>

class EventCallback {
 public:
  /** `name`: of the asynchronous resource, for async_hooks. */
  EventCallback(const Napi::Function& function, const char* name)
      : function_(Napi::Persistent(function)), context_(function.Env(), name) {}

  /**
   * With what arguments(env) makes, a std::vector<napi_value>. What that or the function throws is an uncaught exception of the program's:
   * an error must not go through libuv's frames, and every call into JavaScript fails in a thread that is being ended.
   */
  template <typename Arguments>
  void Call(Arguments arguments) {
    Napi::Env env = function_.Env();
    Napi::HandleScope scope(env);
    try {
      function_.MakeCallback(env.Global(), arguments(env), context_);
    } catch (const Napi::Error& error) {
      napi_fatal_exception(env, error.Value());
    }
  }
  void Call() {
    Call([](Napi::Env) { return std::vector<napi_value>(); });
  }

 private:
  Napi::FunctionReference function_;
  Napi::AsyncContext context_;
};
