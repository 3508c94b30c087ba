#include "wake_timer.h"

#include <uv.h>

#include <utility>

struct WakeTimer::Alarm {
  uv_timer_t handle;
  OnTime on_time;
};

void WakeTimer::Open(Napi::Env env, OnTime on_time) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  alarm_ = new Alarm{{}, std::move(on_time)};
  uv_timer_init(loop, &alarm_->handle);
  uv_unref(reinterpret_cast<uv_handle_t*>(&alarm_->handle));
  alarm_->handle.data = alarm_;
}

void WakeTimer::Start(uint64_t ms) {
  uv_timer_start(&alarm_->handle, [](uv_timer_t* handle) { static_cast<Alarm*>(handle->data)->on_time(); }, ms, 0);
}

void WakeTimer::Stop() {
  if (alarm_ != nullptr) uv_timer_stop(&alarm_->handle);
}

void WakeTimer::Close() {
  if (alarm_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&alarm_->handle), [](uv_handle_t* handle) { delete static_cast<Alarm*>(handle->data); });
  alarm_ = nullptr;
}
