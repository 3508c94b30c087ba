// Reads /dev/kmsg (kernel document ABI/testing/dev-kmsg) without blocking, woken by the event loop: no thread, no timer.
#pragma once

#include <napi.h>
#include <uv.h>

#include <string>
#include <vector>

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
  // libuv frees a handle after a turn of the loop, so it must be able to outlive the object.
  struct Poll {
    uv_poll_t handle;
    KernelLogReader* owner;
  };

  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);

  void RequireOpen(Napi::Env env, const char* syscall) const;
  void StopPolling();
  void Release();
  static void OnPoll(uv_poll_t* handle, int status, int events);

  int fd_ = -1;
  Poll* poll_ = nullptr;
  bool polling_ = false;
  std::string path_;
  std::vector<char> buffer_;
  Napi::FunctionReference on_readable_;
  Napi::AsyncContext context_;
};
