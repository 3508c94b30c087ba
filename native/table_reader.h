// Reads one table of nftables by netlink (linux/netfilter/nf_tables.h): which objects there are, and the elements of one set.
// libnftables reads all elements of all sets for every listing, be it of a chain only: 400 ms with 100,000 elements, here below one.
#pragma once

#include <napi.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "netlink_socket.h"

/**
 * new TableReader(table): opens a netlink socket; the table is of family inet. Throws a system error.
 *  objects()       { kind, name, handle, flags?, packets?, bytes? }[]: the table itself, its chains, rules (name: of their chain, in
 *                  order), sets and counters; empty where the table is missing. flags: of a table (1: dormant), of a base chain its
 *                  policy (0: drop, 1: accept)
 *  elements(set)   { keys, leftMs, isEnd }: the keys one after the other, all of one length; milliseconds left (Infinity for good);
 *                  1 where the key is the end of an interval. Undefined where the set is missing.
 * A listing of a hash set that grows meanwhile may miss elements: what is not found has to be asked for by SetLookup.
 */
class TableReader : public Napi::ObjectWrap<TableReader> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit TableReader(const Napi::CallbackInfo& info);

 private:
  using OnMessage = std::function<void(const nlmsghdr*)>;

  Napi::Value Objects(const Napi::CallbackInfo& info);
  Napi::Value Elements(const Napi::CallbackInfo& info);

  /** `flags`: NLM_F_ACK for a question, NLM_F_DUMP. */
  int Ask(uint16_t type, uint16_t flags, const std::vector<std::pair<uint16_t, std::string>>& attributes, const OnMessage& on_message);

  std::string table_;
  NetlinkSocket socket_{NETLINK_NETFILTER};
};
