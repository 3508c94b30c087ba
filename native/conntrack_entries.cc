#include "conntrack_entries.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "netlink_socket.h"

namespace {

// Each costs a walk of the kernel through all entries, but none of them is copied to us: a tenth of the time.
constexpr size_t kMostInKernel = 4;
// net/netfilter/nf_internals.h: compare the tuple's source address.
constexpr uint32_t kCompareSource = 1 << 0;

struct Entry {
  uint8_t family;
  /** The attributes in CTA_TUPLE_ORIG, as the kernel gave them. */
  std::string tuple;
  std::optional<uint16_t> zone;
  std::optional<uint32_t> id;
};

// As libmnl's mnl_attr_for_each, which is no C++.
template <typename Visit>
void ForEach(const void* first, const void* end, Visit visit) {
  auto attribute = static_cast<const nlattr*>(first);
  while (mnl_attr_ok(attribute, static_cast<int>(static_cast<const char*>(end) - reinterpret_cast<const char*>(attribute)))) {
    visit(attribute);
    attribute = mnl_attr_next(attribute);
  }
}

template <typename Visit>
void ForEachIn(const nlattr* outer, Visit visit) {
  auto first = static_cast<const char*>(mnl_attr_get_payload(outer));
  ForEach(first, first + mnl_attr_get_payload_len(outer), visit);
}

bool IsInScope(const CutScope& scope, uint8_t family, const nlattr* tuple) {
  bool is_source = false;
  std::optional<uint8_t> protocol;
  std::optional<uint16_t> port;
  ForEachIn(tuple, [&](const nlattr* part) {
    uint16_t kind = mnl_attr_get_type(part);
    if (kind != CTA_TUPLE_IP && kind != CTA_TUPLE_PROTO) return;
    ForEachIn(part, [&](const nlattr* field) {
      uint16_t type = mnl_attr_get_type(field);
      size_t size = mnl_attr_get_payload_len(field);
      if (kind == CTA_TUPLE_IP) {
        bool is_address = (type == CTA_IP_V4_SRC && family == AF_INET && size >= 4) || (type == CTA_IP_V6_SRC && family == AF_INET6 && size >= 16);
        if (is_address) is_source = scope.HoldsAddress(family, mnl_attr_get_payload(field));
      } else if (type == CTA_PROTO_NUM && size >= 1) {
        protocol = mnl_attr_get_u8(field);
      } else if (type == CTA_PROTO_DST_PORT && size >= 2) {
        port = ntohs(mnl_attr_get_u16(field));
      }
    });
  });
  if (!is_source || !protocol || !scope.HoldsProtocol(*protocol)) return false;
  return port ? scope.HoldsPort(*port) : scope.HoldsAllPorts();
}

nlmsghdr* PutRequest(char* buffer, uint16_t message, uint8_t family) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
  auto generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  generic->nfgen_family = family;
  generic->version = NFNETLINK_V0;
  return header;
}

/** An empty table is walked, too, and may have 262,144 buckets: 10 ms for nothing, on a host without rules that track. */
bool IsEmpty(NetlinkSocket* netlink) {
  char buffer[64];
  bool is_empty = false;
  int error = netlink->Ask(PutRequest(buffer, IPCTNL_MSG_CT_GET_STATS, AF_UNSPEC), [&](const nlmsghdr* answer) {
    if (mnl_nlmsg_get_payload_len(answer) < sizeof(nfgenmsg)) return;
    ForEach(mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)), mnl_nlmsg_get_payload_tail(answer), [&](const nlattr* attribute) {
      bool is_count = mnl_attr_get_type(attribute) == CTA_STATS_GLOBAL_ENTRIES && mnl_attr_get_payload_len(attribute) >= 4;
      if (is_count) is_empty = mnl_attr_get_u32(attribute) == 0;
    });
  });
  return error == 0 && is_empty;
}

/** `only`: an address that the kernel shall compare itself, from 5.8 on; an older one tells all entries. */
int Find(NetlinkSocket* netlink, uint8_t family, const CutNetwork* only, const CutScope& scope, std::vector<Entry>* found) {
  char buffer[512];
  nlmsghdr* header = PutRequest(buffer, IPCTNL_MSG_CT_GET, family);
  if (only != nullptr) {
    nlattr* tuple = mnl_attr_nest_start(header, CTA_TUPLE_ORIG);
    nlattr* addresses = mnl_attr_nest_start(header, CTA_TUPLE_IP);
    mnl_attr_put(header, CTA_IP_V4_SRC, 4, only->address.data());
    mnl_attr_nest_end(header, addresses);
    mnl_attr_nest_end(header, tuple);
    nlattr* filter = mnl_attr_nest_start(header, CTA_FILTER);
    mnl_attr_put_u32(header, CTA_FILTER_ORIG_FLAGS, kCompareSource);
    mnl_attr_nest_end(header, filter);
  }
  return netlink->Dump(header, [&](const nlmsghdr* answer) {
    if (mnl_nlmsg_get_payload_len(answer) < sizeof(nfgenmsg)) return;
    Entry entry{static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(answer))->nfgen_family, {}, {}, {}};
    bool is_in_scope = false;
    ForEach(mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)), mnl_nlmsg_get_payload_tail(answer), [&](const nlattr* attribute) {
      switch (mnl_attr_get_type(attribute)) {
        case CTA_TUPLE_ORIG:
          is_in_scope = IsInScope(scope, entry.family, attribute);
          if (!is_in_scope) break;
          entry.tuple.assign(static_cast<const char*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute));
          break;
        case CTA_ZONE:
          if (mnl_attr_get_payload_len(attribute) >= 2) entry.zone = mnl_attr_get_u16(attribute);
          break;
        case CTA_ID:
          if (mnl_attr_get_payload_len(attribute) >= 4) entry.id = mnl_attr_get_u32(attribute);
          break;
      }
    });
    if (is_in_scope) found->push_back(std::move(entry));
  });
}

int Delete(NetlinkSocket* netlink, const Entry& entry) {
  std::vector<char> buffer(512 + entry.tuple.size());
  nlmsghdr* header = PutRequest(buffer.data(), IPCTNL_MSG_CT_DELETE, entry.family);
  mnl_attr_put(header, CTA_TUPLE_ORIG | NLA_F_NESTED, entry.tuple.size(), entry.tuple.data());
  if (entry.zone) mnl_attr_put_u16(header, CTA_ZONE, *entry.zone);
  // So that a flow that took the place of this one meanwhile is left alone.
  if (entry.id) mnl_attr_put_u32(header, CTA_ID, *entry.id);
  return netlink->Ask(header);
}

}  // namespace

CutOutcome DeleteConntrackEntries(const CutScope& scope) {
  CutOutcome outcome;
  NetlinkSocket netlink(NETLINK_NETFILTER);
  if (IsEmpty(&netlink)) return outcome;
  std::vector<Entry> found;
  for (uint8_t family : {AF_INET, AF_INET6}) {
    if (!scope.HasFamily(family) || outcome.error != 0) continue;
    std::vector<const CutNetwork*> own;
    for (const CutNetwork& network : scope.networks()) {
      if (network.family == family) own.push_back(&network);
    }
    // Only for IPv4: for IPv6 kernels have compared the wrong way round, and bans are of networks, which the kernel's filter does not know.
    bool is_filtered = family == AF_INET && own.size() <= kMostInKernel &&
                       std::all_of(own.begin(), own.end(), [](const CutNetwork* network) { return network->prefix == 32; });
    if (!is_filtered) own.assign(1, nullptr);
    for (const CutNetwork* only : own) {
      int error = Find(&netlink, family, only, scope, &found);
      if (outcome.error == 0) outcome.error = error;
    }
  }
  for (const Entry& entry : found) {
    int error = Delete(&netlink, entry);
    if (error == 0) outcome.ended++;
    // ENOENT: it ended by itself. Of several dumps an old kernel tells every entry anew.
    else if (error != ENOENT && outcome.error == 0) outcome.error = error;
  }
  return outcome;
}
