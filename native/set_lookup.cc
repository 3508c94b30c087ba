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
  if (socket_.open_error() != 0) throw SystemError(info.Env(), socket_.open_error(), "socket", "NETLINK_NETFILTER");
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
  nlmsghdr* header = nftnl_nlmsg_build_hdr(buffer.data(), NFT_MSG_GETSETELEM, NFPROTO_INET, 0, 0);
  nftnl_set_elems_nlmsg_build_payload(header, set.get());
  // Answered by the element and an acknowledgement, or by an error.
  int error = socket_.Ask(header);
  if (error != 0 && error != ENOENT) throw SystemError(env, error, "recvfrom", "NETLINK_NETFILTER");
  return Napi::Boolean::New(env, error == 0);
}
