// libnftables in this process: commands in nft's language (nft(8)) to the kernel, with no fork. One call is one transaction.
#pragma once

#include <napi.h>
#include <nftables/libnftables.h>

/**
 * new Nftables(): opens its netlink socket; throws a system error where the kernel has no nf_tables.
 *  run(commands)   text output; throws an Error with libnftables' own text, code ENFT
 * Main thread only and synchronous: an element takes some 50 microseconds, a batch about 2 each. nft_ctx is not thread-safe.
 */
class Nftables : public Napi::ObjectWrap<Nftables> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Nftables(const Napi::CallbackInfo& info);
  ~Nftables() override;

 private:
  Napi::Value Run(const Napi::CallbackInfo& info);

  nft_ctx* context_ = nullptr;
};
