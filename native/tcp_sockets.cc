#include "tcp_sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "netlink_socket.h"

namespace {

// Not LISTEN, which has no peer, nor TIME_WAIT and CLOSE, which nobody holds open.
constexpr uint32_t kStates = 1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |
                             1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING;

// The kernel tries the networks one after the other on each socket; from so many on, it is quicker to have all sockets told.
constexpr size_t kMostInKernel = 32;

struct Found {
  uint8_t family;
  inet_diag_sockid id;
};

void Append(std::vector<uint8_t>* program, const void* bytes, size_t size) {
  auto first = static_cast<const uint8_t*>(bytes);
  program->insert(program->end(), first, first + size);
}

/**
 * The networks as a program of the kernel's filter (inet_diag_bc_run in net/ipv4/inet_diag.c): a condition on the peer each, and behind
 * each a jump to the end, which accepts. A jump to four bytes beyond the end refuses. An IPv4 condition holds for mapped addresses, too.
 */
std::vector<uint8_t> FilterProgram(const std::vector<CutNetwork>& networks) {
  std::vector<uint8_t> program;
  constexpr size_t kOp = sizeof(inet_diag_bc_op);
  auto bytes_of = [](const CutNetwork& network) { return kOp + sizeof(inet_diag_hostcond) + (network.family == AF_INET ? 4 : 16) + kOp; };
  size_t left = 0;
  for (const CutNetwork& network : networks) left += bytes_of(network);
  for (const CutNetwork& network : networks) {
    size_t own = bytes_of(network);
    left -= own;
    size_t condition = own - kOp;
    bool is_last = left == 0;
    inet_diag_bc_op op{INET_DIAG_BC_D_COND, static_cast<uint8_t>(condition), static_cast<uint16_t>(is_last ? own + 4 : own)};
    inet_diag_hostcond host{network.family, network.prefix, -1};
    inet_diag_bc_op jump{INET_DIAG_BC_JMP, kOp, static_cast<uint16_t>(kOp + left)};
    Append(&program, &op, sizeof op);
    Append(&program, &host, sizeof host);
    Append(&program, network.address.data(), network.family == AF_INET ? 4 : 16);
    Append(&program, &jump, sizeof jump);
  }
  return program;
}

nlmsghdr* PutRequest(char* buffer, uint16_t type, uint8_t family, const inet_diag_sockid& id) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = type;
  auto request = static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  request->sdiag_family = family;
  request->sdiag_protocol = IPPROTO_TCP;
  request->idiag_states = kStates;
  request->id = id;
  return header;
}

int Find(NetlinkSocket* netlink, uint8_t family, const CutScope& scope, const std::vector<uint8_t>& program, std::vector<Found>* found) {
  std::vector<char> buffer(NLMSG_SPACE(sizeof(inet_diag_req_v2)) + NLA_HDRLEN + program.size());
  nlmsghdr* header = PutRequest(buffer.data(), SOCK_DIAG_BY_FAMILY, family, {});
  if (!program.empty()) mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, program.size(), program.data());
  return netlink->Dump(header, [&](const nlmsghdr* answer) {
    if (mnl_nlmsg_get_payload_len(answer) < sizeof(inet_diag_msg)) return;
    auto socket = static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(answer));
    if (scope.HoldsAddress(socket->idiag_family, socket->id.idiag_dst) && scope.HoldsPort(ntohs(socket->id.idiag_sport))) {
      found->push_back({socket->idiag_family, socket->id});
    }
  });
}

}  // namespace

CutOutcome DestroyTcpSockets(const CutScope& scope) {
  CutOutcome outcome;
  if (!scope.HoldsProtocol(IPPROTO_TCP)) return outcome;
  NetlinkSocket netlink(NETLINK_SOCK_DIAG);
  std::vector<uint8_t> program;
  if (scope.networks().size() <= kMostInKernel) program = FilterProgram(scope.networks());
  std::vector<Found> found;
  if (scope.HasFamily(AF_INET)) outcome.error = Find(&netlink, AF_INET, scope, program, &found);
  // Sockets of IPv6 hold IPv4 peers, too, by mapped addresses.
  int error = Find(&netlink, AF_INET6, scope, program, &found);
  // ENOENT: a kernel without IPv6.
  if (outcome.error == 0 && error != ENOENT) outcome.error = error;
  char buffer[NLMSG_SPACE(sizeof(inet_diag_req_v2))];
  for (const Found& socket : found) {
    error = netlink.Ask(PutRequest(buffer, SOCK_DESTROY, socket.family, socket.id));
    if (error == 0) {
      outcome.ended++;
    } else if (error != ENOENT) {
      if (outcome.error == 0) outcome.error = error;
      // What the kernel does not permit or cannot do for one, it will not for the next.
      if (error == EPERM || error == EOPNOTSUPP) break;
    }
  }
  return outcome;
}
