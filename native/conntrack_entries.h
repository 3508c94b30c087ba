// Flows that the kernel tracks (linux/netfilter/nfnetlink_conntrack.h): found by the address that began them, and forgotten.
#pragma once

#include "tcp_sockets.h"

/**
 * Deletes the entries whose original source is in scope, with a protocol and an original destination port in scope: so end UDP "connections",
 * and flows that this host forwards or translates. The next packet of such a flow is a new one, which the ban refuses.
 */
CutOutcome DeleteConntrackEntries(const CutScope& scope);
