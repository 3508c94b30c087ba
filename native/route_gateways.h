// The gateways of this host's routes, of all tables and both families, by rtnetlink (rtnetlink(7), RTM_GETROUTE).
#pragma once

#include <napi.h>

/** gateways(): their addresses as text, each once; also those of multipath routes and of the other family (`via inet6`). Throws a system error. */
Napi::Value Gateways(const Napi::CallbackInfo& info);
