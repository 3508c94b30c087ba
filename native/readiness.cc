#include "readiness.h"

#include <memory>
#include <utility>

struct Readiness::Watch {
  uv_poll_t handle;
  OnReady on_ready;
};

int Readiness::Open(Napi::Env env, int fd, OnReady on_ready) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto watch = std::make_unique<Watch>(Watch{{}, std::move(on_ready)});
  int status = uv_poll_init(loop, &watch->handle, fd);
  if (status < 0) return status;
  watch->handle.data = watch.get();
  watch_ = watch.release();
  return 0;
}

int Readiness::Start(int events) {
  // The watch and not this object: on_ready may end the owner.
  int status = uv_poll_start(&watch_->handle, events,
                             [](uv_poll_t* handle, int status, int) { static_cast<Watch*>(handle->data)->on_ready(status); });
  if (status == 0) is_started_ = true;
  return status;
}

void Readiness::Unref() { uv_unref(reinterpret_cast<uv_handle_t*>(&watch_->handle)); }

bool Readiness::Stop() {
  if (!is_started_) return false;
  uv_poll_stop(&watch_->handle);
  is_started_ = false;
  return true;
}

void Readiness::Close() {
  if (watch_ == nullptr) return;
  Stop();
  uv_close(reinterpret_cast<uv_handle_t*>(&watch_->handle), [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
  watch_ = nullptr;
}
