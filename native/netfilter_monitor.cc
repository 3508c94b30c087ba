#include "netfilter_monitor.h"

#include <dirent.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "netlink_attributes.h"
#include "system_error.h"

namespace {
// As much as the kernel puts into one message to us.
constexpr size_t kReadBytes = 64 << 10;
// One wake-up must not hold the event loop for long: what is left wakes it again at once.
constexpr size_t kMaxBatchBytes = 1 << 20;
// Room for the events of a transaction of some 300,000 elements; taken only while they wait.
constexpr int kReceiveBufferBytes = 64 << 20;
constexpr size_t kMaxNames = 32;

/** The attribute that names the chain or set which a message is about; 0: the table itself. The table's name is attribute 1 in all. */
int NameAttribute(int type) {
  switch (type) {
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
      return NFTA_CHAIN_NAME;
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
      return NFTA_RULE_CHAIN;
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET:
      return NFTA_SET_NAME;
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM:
      return NFTA_SET_ELEM_LIST_SET;
    case NFT_MSG_NEWOBJ:
    case NFT_MSG_DELOBJ:
      return NFTA_OBJ_NAME;
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
      return 0;
    default:
      return -1;
  }
}

// By Node-API itself, as in EventCallback: outside of a call from JavaScript nothing may throw.
napi_value ArrayOf(napi_env env, const std::set<std::string>& texts) {
  napi_value array = nullptr;
  napi_create_array(env, &array);
  uint32_t index = 0;
  for (const std::string& text : texts) {
    napi_value element = nullptr;
    napi_create_string_utf8(env, text.data(), text.size(), &element);
    napi_set_element(env, array, index++, element);
  }
  return array;
}
}  // namespace

Napi::Function NetfilterMonitor::Define(Napi::Env env) {
  return DefineClass(env, "NetfilterMonitor",
                     {
                         InstanceMethod<&NetfilterMonitor::Start>("start"),
                         InstanceMethod<&NetfilterMonitor::Stop>("stop"),
                         InstanceMethod<&NetfilterMonitor::Close>("close"),
                     });
}

NetfilterMonitor::NetfilterMonitor(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NetfilterMonitor>(info),
      table_(info[0].As<Napi::String>().Utf8Value()),
      buffer_(kReadBytes),
      on_change_(info[1].As<Napi::Function>(), "ringjail:NetfilterMonitor") {
  Napi::Env env = info.Env();
  fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
  if (fd_ < 0) throw SystemError(env, errno, "socket", "NETLINK_NETFILTER");
  // Without the capability that FORCE needs the limit of net.core.rmem_max holds, and more events may be lost, which is told.
  if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes, sizeof kReceiveBufferBytes) < 0)
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  int group = NFNLGRP_NFTABLES;
  const char* failed = nullptr;
  if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) failed = "bind";
  else if (setsockopt(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) failed = "setsockopt";
  int error = errno;
  if (failed == nullptr) {
    int status = readiness_.Open(env, fd_, [this](int status) { OnReady(status); });
    if (status == 0) return;
    failed = "poll";
    error = -status;
  }
  close(fd_);
  fd_ = -1;
  throw SystemError(env, error, failed, "NETLINK_NETFILTER");
}

// Reached by the garbage collector only while not polling: Start() holds a reference.
NetfilterMonitor::~NetfilterMonitor() { Release(); }

void NetfilterMonitor::Start(const Napi::CallbackInfo& info) {
  if (fd_ < 0) throw SystemError(info.Env(), EBADF, "poll", "NETLINK_NETFILTER");
  if (readiness_.is_started()) return;
  int status = readiness_.Start(UV_READABLE);
  if (status < 0) throw SystemError(info.Env(), -status, "poll", "NETLINK_NETFILTER");
  Ref();
}

void NetfilterMonitor::Stop(const Napi::CallbackInfo& info) { StopPolling(); }

void NetfilterMonitor::Close(const Napi::CallbackInfo& info) { Release(); }

void NetfilterMonitor::StopPolling() {
  if (readiness_.Stop()) Unref();
}

void NetfilterMonitor::Release() {
  if (fd_ < 0) return;
  StopPolling();
  readiness_.Close();
  close(fd_);
  fd_ = -1;
}

void NetfilterMonitor::Read() {
  is_changed_ = false;
  is_everything_ = false;
  names_.clear();
  judged_port_ = 0;
  for (size_t used = 0; used < kMaxBatchBytes;) {
    sockaddr_nl from = {};
    socklen_t from_length = sizeof from;
    ssize_t got = recvfrom(fd_, buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_length);
    if (got < 0) {
      if (errno == EINTR) continue;
      // ENOBUFS: events were lost. Any other trouble is taken for the same: to look once more does no harm.
      if (errno != EAGAIN) is_changed_ = is_everything_ = true;
      if (errno == ENOBUFS) continue;
      is_broken_ = errno != EAGAIN;
      break;
    }
    used += static_cast<size_t>(got);
    // Only the kernel's word counts: other processes can send to the port, too.
    if (from.nl_pid != 0) continue;
    int left = static_cast<int>(got);
    for (auto message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (!is_everything_) Look(message);
    }
  }
}

void NetfilterMonitor::Look(const void* data) {
  auto message = static_cast<const nlmsghdr*>(data);
  if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return;
  int name_attribute = NameAttribute(message->nlmsg_type & 0xff);
  if (name_attribute < 0 || message->nlmsg_len < NLMSG_HDRLEN + sizeof(nfgenmsg)) return;
  if (static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family != NFPROTO_INET) return;
  bool is_ours = false;
  const nlattr* name = nullptr;
  // The table's name is the first, so that the rest of what is not ours is not read.
  ForEachAttribute(message, [&](const nlattr* attribute) {
    int type = mnl_attr_get_type(attribute);
    if (type == NFTA_TABLE_NAME) is_ours = ReadText(attribute) == table_;
    if (type == name_attribute) name = attribute;
    return is_ours && name == nullptr;
  });
  if (!is_ours || IsOwn(message->nlmsg_pid)) return;
  is_changed_ = true;
  if (name == nullptr) is_everything_ = true;
  else names_.insert(ReadText(name));
  if (names_.size() > kMaxNames) is_everything_ = true;
}

// Events carry the port of the socket that asked for the change. A process's ports are not known otherwise: libnftables binds its socket
// with the first command, and to a port of the kernel's choice where the process has one already. Its own pid, as the kernel gives it with
// each generation, is of the first pid namespace, and so unknown in a container.
bool NetfilterMonitor::IsOwn(uint32_t port) {
  if (port == judged_port_ && port != 0) return is_judged_own_;
  judged_port_ = port;
  is_judged_own_ = false;
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return false;
  while (dirent* entry = readdir(directory)) {
    int fd = atoi(entry->d_name);
    sockaddr_nl address = {};
    socklen_t length = sizeof address;
    int protocol = -1;
    socklen_t protocol_length = sizeof protocol;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0 || address.nl_family != AF_NETLINK) continue;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_length) < 0 || protocol != NETLINK_NETFILTER) continue;
    if (address.nl_pid == port) is_judged_own_ = true;
  }
  closedir(directory);
  return is_judged_own_;
}

// Event-loop thread.
void NetfilterMonitor::OnReady(int status) {
  Read();
  // libuv takes lost events for a broken descriptor, and has stopped. One that is broken would wake the loop for ever.
  if (is_broken_ || (status < 0 && readiness_.Start(UV_READABLE) < 0)) StopPolling();
  if (!is_changed_ && status >= 0) return;
  Napi::Env env = Env();
  Napi::HandleScope scope(env);
  on_change_.Call({is_everything_ || !is_changed_ ? env.Undefined() : ArrayOf(env, names_)});
}
