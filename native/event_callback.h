// A function of JavaScript that the event loop calls, not JavaScript.
#pragma once

#include <napi.h>

#include <vector>

class EventCallback {
 public:
  /** `name`: of the asynchronous resource, for async_hooks. */
  EventCallback(const Napi::Function& function, const char* name)
      : function_(Napi::Persistent(function)), context_(function.Env(), name) {}

  /** Never throws: what the function throws is an uncaught exception of the program's. */
  void Call(const std::vector<napi_value>& arguments = {});

 private:
  Napi::FunctionReference function_;
  Napi::AsyncContext context_;
};
