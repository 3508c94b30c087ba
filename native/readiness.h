// Tells when a descriptor can be read, woken by the event loop (uv_poll_t of libuv): no thread, no timer.
#pragma once

#include <napi.h>
#include <uv.h>

#include <functional>

/**
 * Watches one descriptor, which its owner opens, and closes after Close(). Event-loop thread only; results are 0 or libuv's (negative).
 *  Open    once
 *  Start   on_ready(status) is called whenever one of `events` (UV_READABLE and the like) is there, until Stop(). status < 0: libuv takes
 *          the descriptor for broken and has stopped by itself; Start() watches it again. Called while it runs, it sets other events.
 *  Unref   the watching keeps the event loop alive no longer
 *  Stop    idempotent; whether it was started
 *  Close   idempotent, and allowed in on_ready, which is not called again. The owner's destructor does it, too: libuv frees a handle only
 *          after a turn of the loop, so the handle and on_ready outlive the owner. Where the environment ends, a worker's loop still
 *          makes that turn; the main thread's does not, and the process ends with it.
 * To keep the owner from being collected while it is started is the owner's business.
 */
class Readiness {
 public:
  using OnReady = std::function<void(int status)>;

  Readiness() = default;
  ~Readiness() { Close(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  int Open(Napi::Env env, int fd, OnReady on_ready);
  int Start(int events);
  void Unref();
  bool Stop();
  void Close();
  bool is_started() const { return is_started_; }

 private:
  struct Watch;

  Watch* watch_ = nullptr;
  bool is_started_ = false;
};
