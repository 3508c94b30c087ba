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
      on_change_(info[0].As<Napi::Function>(), "ringjail:RouteMonitor") {
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
  int status = readiness_.Open(env, mnl_socket_get_fd(socket_), [this](int status) { OnReady(status); });
  if (status == 0) status = readiness_.Start(UV_READABLE);
  if (status < 0) {
    Release();
    throw SystemError(env, -status, "poll", "NETLINK_ROUTE");
  }
  readiness_.Unref();
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
  readiness_.Close();
  mnl_socket_close(socket_);
  socket_ = nullptr;
}

// Event-loop thread. An error such as ENOBUFS comes as a status or as readable; either way the read that follows takes it away.
void RouteMonitor::OnReady(int status) {
  bool has_changed = Drain();
  // libuv stops a handle that it takes for broken.
  if (status < 0) {
    has_changed = true;
    readiness_.Start(UV_READABLE);
  }
  if (has_changed) on_change_.Call();
}
