// Reads /dev/kmsg (kernel document ABI/testing/dev-kmsg) without blocking, woken by the event loop: no thread, no timer.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "event_callback.h"
#include "readiness.h"

/**
 * new KernelLogReader(path, onReadable): opens; throws a system error.
 *  start()            onReadable() is called whenever records wait, until stop(); keeps the process alive as a socket does
 *  read(maxRecords)   { bytes, ends }: what waits, one record after the other; record i ends before ends[i]
 *  close()            idempotent; everything else throws EBADF after it
 * Where the ring has overwritten records that were not read, the next one is the oldest that is left: the sequence numbers tell.
 */
class KernelLogReader : public Napi::ObjectWrap<KernelLogReader> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit KernelLogReader(const Napi::CallbackInfo& info);
  ~KernelLogReader() override;

 private:
  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);

  void RequireOpen(Napi::Env env, const char* syscall) const;
  void StopPolling();
  void Release();
  void OnReady(int status);

  int fd_ = -1;
  Readiness readiness_;
  std::string path_;
  std::vector<char> buffer_;
  EventCallback on_readable_;
};
