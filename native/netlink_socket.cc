#include "netlink_socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace {
// The kernel fills dumps into as much as the reader offers, up to this (netlink_dump in net/netlink/af_netlink.c).
constexpr size_t kDumpBytes = 32768;
// The kernel answers at once; a thread shall not wait for ever where it does not.
constexpr timeval kPatience{10, 0};
}  // namespace

NetlinkSocket::NetlinkSocket(int bus) : socket_(mnl_socket_open2(bus, SOCK_CLOEXEC)), buffer_(kDumpBytes) {
  if (socket_ == nullptr || mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0 ||
      setsockopt(mnl_socket_get_fd(socket_), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) < 0) {
    open_error_ = errno;
  }
}

NetlinkSocket::~NetlinkSocket() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

int NetlinkSocket::Dump(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& visit) {
  return Exchange(request, NLM_F_DUMP, visit);
}

int NetlinkSocket::Ask(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& visit) {
  return Exchange(request, NLM_F_ACK, visit);
}

int NetlinkSocket::Exchange(nlmsghdr* request, uint16_t flags, const std::function<void(const nlmsghdr*)>& visit) {
  if (open_error_ != 0) return open_error_;
  request->nlmsg_flags = static_cast<uint16_t>(request->nlmsg_flags | NLM_F_REQUEST | flags);
  request->nlmsg_seq = ++sequence_;
  is_interrupted_ = false;
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) return errno;
  for (;;) {
    ssize_t got = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    int left = static_cast<int>(got);
    for (auto header = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_seq != sequence_) continue;
      if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) is_interrupted_ = true;
      // Both begin with a status: 0, or a negative errno value.
      if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        return mnl_nlmsg_get_payload_len(header) < sizeof(int) ? 0 : -*static_cast<const int*>(mnl_nlmsg_get_payload(header));
      }
      visit(header);
    }
  }
}
