#include "kernel_log_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "system_error.h"

namespace {
// The kernel's CONSOLE_EXT_LOG_MAX: no record is longer. A read(2) with less room fails with EINVAL.
constexpr size_t kMaxRecordBytes = 8192;
// One wake-up must not hold the event loop for long: what is left wakes it again at once.
constexpr size_t kMaxBatchBytes = 1 << 20;
}  // namespace

Napi::Function KernelLogReader::Define(Napi::Env env) {
  return DefineClass(env, "KernelLogReader",
                     {
                         InstanceMethod<&KernelLogReader::Start>("start"),
                         InstanceMethod<&KernelLogReader::Stop>("stop"),
                         InstanceMethod<&KernelLogReader::Read>("read"),
                         InstanceMethod<&KernelLogReader::Close>("close"),
                     });
}

KernelLogReader::KernelLogReader(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<KernelLogReader>(info),
      path_(info[0].As<Napi::String>().Utf8Value()),
      buffer_(kMaxBatchBytes + kMaxRecordBytes),
      on_readable_(info[1].As<Napi::Function>(), "ringjail:KernelLogReader") {
  Napi::Env env = info.Env();
  fd_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd_ < 0) throw SystemError(env, errno, "open", path_);
  int status = readiness_.Open(env, fd_, [this](int status) { OnReady(status); });
  if (status < 0) {
    close(fd_);
    fd_ = -1;
    throw SystemError(env, -status, "poll", path_);
  }
}

// Reached by the garbage collector only while not polling: Start() holds a reference.
KernelLogReader::~KernelLogReader() { Release(); }

void KernelLogReader::Start(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "poll");
  if (readiness_.is_started()) return;
  // An overrun is announced as POLLERR with POLLPRI; libuv takes POLLERR alone for a broken descriptor, so ask for both.
  int status = readiness_.Start(UV_READABLE | UV_PRIORITIZED);
  if (status < 0) throw SystemError(info.Env(), -status, "poll", path_);
  Ref();
}

void KernelLogReader::Stop(const Napi::CallbackInfo& info) { StopPolling(); }

void KernelLogReader::Close(const Napi::CallbackInfo& info) { Release(); }

Napi::Value KernelLogReader::Read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "read");
  size_t max_records = info[0].As<Napi::Number>().Uint32Value();
  size_t used = 0;
  std::vector<uint32_t> ends;
  while (ends.size() < max_records && used < kMaxBatchBytes) {
    ssize_t got = read(fd_, buffer_.data() + used, kMaxRecordBytes);
    if (got > 0) {
      used += static_cast<size_t>(got);
      ends.push_back(static_cast<uint32_t>(used));
    } else if (got == 0 || errno == EAGAIN) {
      break;
    } else if (errno != EINTR && errno != EPIPE) {  // after EPIPE the position is at the oldest record that is left
      throw SystemError(env, errno, "read", path_);
    }
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", Napi::Buffer<char>::Copy(env, buffer_.data(), used));
  Napi::Uint32Array columns = Napi::Uint32Array::New(env, ends.size());
  if (!ends.empty()) memcpy(columns.Data(), ends.data(), ends.size() * sizeof(uint32_t));
  result.Set("ends", columns);
  return result;
}

void KernelLogReader::RequireOpen(Napi::Env env, const char* syscall) const {
  if (fd_ < 0) throw SystemError(env, EBADF, syscall, path_);
}

void KernelLogReader::StopPolling() {
  if (readiness_.Stop()) Unref();
}

void KernelLogReader::Release() {
  if (fd_ < 0) return;
  StopPolling();
  readiness_.Close();
  close(fd_);
  fd_ = -1;
}

// Event-loop thread. A bad status is not judged here: the read that follows meets the same trouble and says what it is.
void KernelLogReader::OnReady(int status) {
  if (status < 0) StopPolling();  // libuv stopped it already; JavaScript may start again
  on_readable_.Call();
}
