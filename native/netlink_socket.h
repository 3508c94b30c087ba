// One netlink socket for questions and dumps (netlink(7)), for use on any thread: it knows nothing of JavaScript.
#pragma once

#include <libmnl/libmnl.h>

#include <functional>
#include <vector>

/** Every result is 0 or a positive errno value. After a failed dump the socket may hold answers that nobody waits for; they are passed over. */
class NetlinkSocket {
 public:
  explicit NetlinkSocket(int bus);
  ~NetlinkSocket();
  NetlinkSocket(const NetlinkSocket&) = delete;
  NetlinkSocket& operator=(const NetlinkSocket&) = delete;

  /** Why the socket could not be opened. */
  int open_error() const { return open_error_; }

  /** Sends with NLM_F_DUMP, and calls `visit` with each message of the answer. */
  int Dump(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& visit);
  /** Whether what the last dump told was changed meanwhile (NLM_F_DUMP_INTR): some of it may be missing. It was read to its end. */
  bool is_interrupted() const { return is_interrupted_; }

  /** Sends with NLM_F_ACK, and waits for the acknowledgement; `visit` is called with the answers before it. */
  int Ask(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& visit = [](const nlmsghdr*) {});

 private:
  int Exchange(nlmsghdr* request, uint16_t flags, const std::function<void(const nlmsghdr*)>& visit);

  mnl_socket* socket_;
  int open_error_ = 0;
  bool is_interrupted_ = false;
  uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};
