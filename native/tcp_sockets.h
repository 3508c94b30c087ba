// Open TCP connections of this host by sock_diag(7): found by their peer's address, and destroyed (SOCK_DESTROY, RFC 4293's "abort").
#pragma once

#include <cstdint>

#include "cut_scope.h"

struct CutOutcome {
  /** How many ended by us; those that ended by themselves meanwhile are not counted. */
  uint32_t ended = 0;
  /** The first trouble, a positive errno value: EPERM without CAP_NET_ADMIN, EOPNOTSUPP from a kernel without CONFIG_INET_DIAG_DESTROY. */
  int error = 0;
};

/** Destroys the connections whose peer is in scope, at local ports in scope; their owners meet ECONNABORTED, the peers a reset. */
CutOutcome DestroyTcpSockets(const CutScope& scope);
