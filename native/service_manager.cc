#include "service_manager.h"

#include <systemd/sd-daemon.h>

#include "system_error.h"

Napi::Value Notify(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int sent = sd_notify(0, info[0].As<Napi::String>().Utf8Value().c_str());
  if (sent < 0) throw SystemError(env, -sent, "sd_notify");
  return Napi::Boolean::New(env, sent > 0);
}
