// Ends what is open of banned addresses: TCP connections of this host, and flows in conntrack.
#pragma once

#include <napi.h>

/**
 * cutConnections(networks, ports, protocol): a Promise of { sockets, flows, socketError, flowError }; it never rejects for what the kernel says.
 *  networks   Buffer, 18 bytes each: 4 or 6, the prefix, and 16 bytes of address (network byte order; IPv4 in the first four)
 *  ports      Uint32Array, first and last of each range; empty: all. Local ports of sockets, original destination ports of flows.
 *  protocol   of IP, 0: all; sockets are ended for 0 and 6 (TCP)
 * `sockets` and `flows` say how many were ended, the errors a code as Node has them (EPERM) or undefined. One dump of each table for all
 * networks, on a thread of libuv's pool: with very many entries it takes long. Throws a TypeError or RangeError for arguments.
 */
Napi::Value CutConnections(const Napi::CallbackInfo& info);
