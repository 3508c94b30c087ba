#include "nftables.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "system_error.h"

Napi::Function Nftables::Define(Napi::Env env) {
  return DefineClass(env, "Nftables",
                     {
                         InstanceMethod<&Nftables::Run>("run"),
                     });
}

Nftables::Nftables(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Nftables>(info) {
  // libnftables ends the whole process where it gets no netlink socket, so ask first.
  int probe = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (probe < 0) throw SystemError(info.Env(), errno, "socket", "NETLINK_NETFILTER");
  close(probe);
  context_ = nft_ctx_new(NFT_CTX_DEFAULT);
  if (context_ == nullptr) throw SystemError(info.Env(), ENOMEM, "nft_ctx_new");
  nft_ctx_buffer_output(context_);
  nft_ctx_buffer_error(context_);
}

Nftables::~Nftables() {
  if (context_ != nullptr) nft_ctx_free(context_);
}

Napi::Value Nftables::Run(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string commands = info[0].As<Napi::String>().Utf8Value();
  nft_ctx_output_set_flags(context_, NFT_CTX_OUTPUT_NUMERIC_PROTO);
  int status = nft_run_cmd_from_buffer(context_, commands.c_str());
  // Both buffers are emptied by asking for them; they stay valid until the next command.
  std::string output = nft_ctx_get_output_buffer(context_);
  std::string message = nft_ctx_get_error_buffer(context_);
  if (status != 0) {
    Napi::Error error = Napi::Error::New(env, message.empty() ? "nftables refused the command without a reason" : message);
    error.Set("code", Napi::String::New(env, "ENFT"));
    throw error;
  }
  return Napi::String::New(env, output);
}
