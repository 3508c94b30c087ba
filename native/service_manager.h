// What the service manager is told and asks for: sd_notify(3).
#pragma once

#include <napi.h>

/** notify(state): "READY=1" and the like to $NOTIFY_SOCKET; false where there is none. Throws a system error. */
Napi::Value Notify(const Napi::CallbackInfo& info);
