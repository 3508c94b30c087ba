// Follows who else changes a table of nftables (NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h), woken by the event loop: no thread, no timer.
#pragma once

#include <napi.h>

#include <set>
#include <string>
#include <vector>

#include "event_callback.h"
#include "readiness.h"

/**
 * new NetfilterMonitor(table, onChange): opens and subscribes; throws a system error. The table is of family inet.
 *  start()   onChange(names) is called once for all that waits, until stop(); keeps the process alive as a socket does
 *  stop()    idempotent
 *  close()   idempotent; start throws EBADF after it
 * names: of the chains and sets that were changed; undefined where the table itself was, where there are too many of them, or where events
 * were lost (ENOBUFS). What this process changed itself is left out: such events carry the port of one of its own sockets. An element whose
 * time is over makes no event.
 */
class NetfilterMonitor : public Napi::ObjectWrap<NetfilterMonitor> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NetfilterMonitor(const Napi::CallbackInfo& info);
  ~NetfilterMonitor() override;

 private:
  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  void Read();
  void Look(const void* message);
  bool IsOwn(uint32_t port);
  void StopPolling();
  void Release();
  void OnReady(int status);

  int fd_ = -1;
  Readiness readiness_;
  std::string table_;
  std::vector<char> buffer_;
  // Of the batch that is being read.
  bool is_changed_ = false;
  bool is_everything_ = false;
  bool is_broken_ = false;
  std::set<std::string> names_;
  uint32_t judged_port_ = 0;
  bool is_judged_own_ = false;
  EventCallback on_change_;
};
