#include "set_lookup.h"

#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "system_error.h"

Napi::Function SetLookup::Define(Napi::Env env) {
  return DefineClass(env, "SetLookup", {InstanceMethod<&SetLookup::Has>("has")});
}

SetLookup::SetLookup(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<SetLookup>(info), table_(info[0].As<Napi::String>().Utf8Value()) {
  socket_ = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
  if (socket_ == nullptr) throw SystemError(info.Env(), errno, "socket", "NETLINK_NETFILTER");
  if (mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    int error = errno;
    mnl_socket_close(socket_);
    throw SystemError(info.Env(), error, "bind", "NETLINK_NETFILTER");
  }
}

SetLookup::~SetLookup() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

Napi::Value SetLookup::Has(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = info[0].As<Napi::String>().Utf8Value();
  auto key = info[1].As<Napi::Buffer<uint8_t>>();

  std::unique_ptr<nftnl_set, decltype(&nftnl_set_free)> set(nftnl_set_alloc(), nftnl_set_free);
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table_.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name.c_str());
  nftnl_set_elem* element = nftnl_set_elem_alloc();
  nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key.Data(), key.Length());
  nftnl_set_elem_add(set.get(), element);  // the set owns it now

  std::vector<char> buffer(MNL_SOCKET_BUFFER_SIZE);
  nlmsghdr* header = nftnl_nlmsg_build_hdr(buffer.data(), NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_ACK, ++sequence_);
  nftnl_set_elems_nlmsg_build_payload(header, set.get());
  if (mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0) throw SystemError(env, errno, "sendto", "NETLINK_NETFILTER");

  // Answered by the element and an acknowledgement, or by an error: ENOENT where something is missing.
  for (;;) {
    ssize_t got = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (got < 0) throw SystemError(env, errno, "recvfrom", "NETLINK_NETFILTER");
    int status = mnl_cb_run(buffer.data(), static_cast<size_t>(got), sequence_, mnl_socket_get_portid(socket_), nullptr, nullptr);
    if (status == MNL_CB_STOP) return Napi::Boolean::New(env, true);
    if (status < 0 && errno == ENOENT) return Napi::Boolean::New(env, false);
    if (status < 0 && errno != EPROTO) throw SystemError(env, errno, "recvfrom", "NETLINK_NETFILTER");
    // EPROTO: an answer to an earlier, aborted question (another sequence number); skip it.
  }
}
