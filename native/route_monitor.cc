#include "route_monitor.h"

#include <linux/rtnetlink.h>

#include <cerrno>

#include "system_error.h"

namespace {
constexpr int kGroups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
}  // namespace

Napi::Function RouteMonitor::Define(Napi::Env env) {
  return DefineClass(env, "RouteMonitor",
                     {
                         InstanceMethod<&RouteMonitor::HasChanged>("hasChanged"),
                         InstanceMethod<&RouteMonitor::Close>("close"),
                     });
}

RouteMonitor::RouteMonitor(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<RouteMonitor>(info),
      on_change_(Napi::Persistent(info[0].As<Napi::Function>())),
      context_(info.Env(), "ringjail:RouteMonitor") {
  Napi::Env env = info.Env();
  socket_ = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
  bool is_open = socket_ != nullptr && mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) >= 0;
  for (int group : kGroups) is_open = is_open && mnl_socket_setsockopt(socket_, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) >= 0;
  if (!is_open) {
    int error = errno;
    if (socket_ != nullptr) mnl_socket_close(socket_);
    socket_ = nullptr;
    throw SystemError(env, error, "socket", "NETLINK_ROUTE");
  }
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto poll = new Poll{{}, this};
  int status = uv_poll_init(loop, &poll->handle, mnl_socket_get_fd(socket_));
  if (status < 0) {
    delete poll;
    mnl_socket_close(socket_);
    socket_ = nullptr;
    throw SystemError(env, -status, "poll", "NETLINK_ROUTE");
  }
  poll->handle.data = poll;
  poll_ = poll;
  status = uv_poll_start(&poll_->handle, UV_READABLE, OnPoll);
  if (status < 0) {
    Release();
    throw SystemError(env, -status, "poll", "NETLINK_ROUTE");
  }
  uv_unref(reinterpret_cast<uv_handle_t*>(&poll_->handle));
}

RouteMonitor::~RouteMonitor() { Release(); }

Napi::Value RouteMonitor::HasChanged(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), Drain()); }

void RouteMonitor::Close(const Napi::CallbackInfo& info) { Release(); }

/** Reads what waits, without looking at it; whether there was something. */
bool RouteMonitor::Drain() {
  if (socket_ == nullptr) return false;
  bool is_some = false;
  char buffer[4096];
  for (;;) {
    // What does not fit into the buffer is cut off, which is as good.
    if (recv(mnl_socket_get_fd(socket_), buffer, sizeof buffer, 0) >= 0 || errno == ENOBUFS) {
      is_some = true;
    } else if (errno != EINTR) {
      return is_some;
    }
  }
}

void RouteMonitor::Release() {
  if (socket_ == nullptr) return;
  uv_poll_stop(&poll_->handle);
  poll_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_->handle), [](uv_handle_t* handle) { delete static_cast<Poll*>(handle->data); });
  poll_ = nullptr;
  mnl_socket_close(socket_);
  socket_ = nullptr;
}

// Event-loop thread. An error such as ENOBUFS comes as a status or as readable; either way the read that follows takes it away.
void RouteMonitor::OnPoll(uv_poll_t* handle, int status, int events) {
  RouteMonitor* self = static_cast<Poll*>(handle->data)->owner;
  if (self == nullptr) return;
  bool has_changed = self->Drain();
  // libuv stops a handle that it takes for broken.
  if (status < 0) {
    has_changed = true;
    uv_poll_start(handle, UV_READABLE, OnPoll);
  }
  if (!has_changed) return;
  Napi::Env env = self->Env();
  Napi::HandleScope scope(env);
  try {
    self->on_change_.MakeCallback(env.Global(), {}, self->context_);
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}
