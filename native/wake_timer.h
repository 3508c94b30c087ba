// One wake-up by the event loop after a time (uv_timer_t of libuv), which keeps no process alive.
#pragma once

#include <napi.h>

#include <cstdint>
#include <functional>

/**
 * Event-loop thread only.
 *  Open    once
 *  Start   on_time() is called once, after `ms`; one that was started before is not called any more
 *  Stop    idempotent
 *  Close   idempotent, and allowed in on_time; the owner's destructor does it, too. As with Readiness, the handle outlives the owner.
 */
class WakeTimer {
 public:
  using OnTime = std::function<void()>;

  WakeTimer() = default;
  ~WakeTimer() { Close(); }
  WakeTimer(const WakeTimer&) = delete;
  WakeTimer& operator=(const WakeTimer&) = delete;

  void Open(Napi::Env env, OnTime on_time);
  void Start(uint64_t ms);
  void Stop();
  void Close();

 private:
  struct Alarm;

  Alarm* alarm_ = nullptr;
};
