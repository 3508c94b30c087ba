// Who is at the other end of a local socket, as the kernel knows it (unix(7), SO_PEERCRED).
#pragma once

#include <napi.h>

/** peerCredentials(descriptor): { pid, uid, gid } of who connected. Throws a system error. */
Napi::Value PeerCredentials(const Napi::CallbackInfo& info);
