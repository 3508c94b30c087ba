// Is told by the kernel when addresses, routes or links of this host change (rtnetlink(7), multicast groups): no thread, no timer.
#pragma once

#include <libmnl/libmnl.h>
#include <napi.h>

#include "event_callback.h"
#include "readiness.h"

/**
 * new RouteMonitor(onChange): onChange() is called by the event loop after something changed, once for all that came together; throws a
 * system error. What changed is not told: whoever needs it reads it anew. Keeps the process alive no longer than others do, and stops when
 * it is collected, so its owner must hold it.
 *  hasChanged()   whether something came that onChange was not called for yet, and will not be
 *  close()        idempotent; after it hasChanged() is false
 * Messages that were lost because nobody read them in time (ENOBUFS) are a change as well.
 */
class RouteMonitor : public Napi::ObjectWrap<RouteMonitor> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit RouteMonitor(const Napi::CallbackInfo& info);
  ~RouteMonitor() override;

 private:
  Napi::Value HasChanged(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  bool Drain();
  void Release();
  void OnReady(int status);

  mnl_socket* socket_ = nullptr;
  Readiness readiness_;
  EventCallback on_change_;
};
