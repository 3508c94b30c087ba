#include "route_gateways.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "system_error.h"

namespace {

// The kernel fills dumps into as much as the reader offers, up to this.
constexpr size_t kDumpBytes = 32768;

using Addresses = std::set<std::string>;
using Socket = std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)>;

void Add(Addresses* addresses, int family, const void* bytes, size_t size) {
  char text[INET6_ADDRSTRLEN];
  size_t expected = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
  if (expected != 0 && size >= expected && inet_ntop(family, bytes, text, sizeof text) != nullptr) addresses->insert(text);
}

template <typename Visit>
void ForEach(const nlattr* attribute, const char* end, Visit visit) {
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute))); attribute = mnl_attr_next(attribute)) {
    visit(attribute);
  }
}

/** Of a route, or of one next hop of a multipath route: the attributes that may name a gateway. */
void AddGateway(Addresses* addresses, int family, const nlattr* attribute) {
  uint16_t size = mnl_attr_get_payload_len(attribute);
  switch (mnl_attr_get_type(attribute)) {
    case RTA_GATEWAY:
      Add(addresses, family, mnl_attr_get_payload(attribute), size);
      break;
    case RTA_VIA: {
      auto via = static_cast<const rtvia*>(mnl_attr_get_payload(attribute));
      if (size > sizeof *via) Add(addresses, via->rtvia_family, via->rtvia_addr, size - sizeof *via);
      break;
    }
  }
}

void AddNextHops(Addresses* addresses, int family, const nlattr* attribute) {
  auto hop = static_cast<rtnexthop*>(mnl_attr_get_payload(attribute));
  int left = mnl_attr_get_payload_len(attribute);
  for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
    auto end = reinterpret_cast<const char*>(hop) + hop->rtnh_len;
    ForEach(reinterpret_cast<const nlattr*>(RTNH_DATA(hop)), end, [&](const nlattr* inner) { AddGateway(addresses, family, inner); });
  }
}

int OnRoute(const nlmsghdr* header, void* data) {
  auto addresses = static_cast<Addresses*>(data);
  auto route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
  auto first = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(header, sizeof *route));
  ForEach(first, static_cast<const char*>(mnl_nlmsg_get_payload_tail(header)), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == RTA_MULTIPATH) {
      AddNextHops(addresses, route->rtm_family, attribute);
    } else {
      AddGateway(addresses, route->rtm_family, attribute);
    }
  });
  return MNL_CB_OK;
}

void Dump(Napi::Env env, mnl_socket* socket, uint8_t family, uint32_t sequence, Addresses* addresses) {
  std::vector<char> buffer(kDumpBytes);
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = RTM_GETROUTE;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence;
  static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)))->rtm_family = family;
  if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) throw SystemError(env, errno, "sendto", "NETLINK_ROUTE");
  for (int status = MNL_CB_OK; status > MNL_CB_STOP;) {
    ssize_t got = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (got < 0) throw SystemError(env, errno, "recvfrom", "NETLINK_ROUTE");
    status = mnl_cb_run(buffer.data(), static_cast<size_t>(got), sequence, mnl_socket_get_portid(socket), OnRoute, addresses);
    // A table that changes while it is read is told anew by the next call.
    if (status < 0 && errno == EINTR) return;
    if (status < 0) throw SystemError(env, errno, "recvfrom", "NETLINK_ROUTE");
  }
}

}  // namespace

Napi::Value Gateways(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Addresses addresses;
  for (uint8_t family : {AF_INET, AF_INET6}) {
    // A socket each: an interrupted dump leaves answers behind.
    Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close);
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) throw SystemError(env, errno, "socket", "NETLINK_ROUTE");
    Dump(env, socket.get(), family, 1, &addresses);
  }
  Napi::Array result = Napi::Array::New(env, addresses.size());
  uint32_t index = 0;
  for (const std::string& address : addresses) result.Set(index++, Napi::String::New(env, address));
  return result;
}
