// A socket that receives datagrams, bound to an address or to a file. See udp(7), unix(7).
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

/** Every failure is thrown as a system error; what is half made is closed by the destructor. */
class DatagramSocket {
 public:
  DatagramSocket() = default;
  ~DatagramSocket() { Close(); }
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  /** `address`: of IPv4 or IPv6; port 0: of the kernel's choice. */
  void BindAddress(Napi::Env env, const std::string& address, uint16_t port);
  /** Makes the file with mode 0660; `path` is absolute, and may name a socket that nobody listens on, which is replaced. */
  void BindPath(Napi::Env env, const std::string& path);
  /** As far as the kernel grants it: ReceiveBufferBytes() tells. */
  void AskForReceiveBuffer(size_t bytes);
  /** Has what was dropped counted with each datagram (SO_RXQ_OVFL). */
  void CountDropped();

  /** -1 before it is bound and after Close(). */
  int fd() const { return fd_; }
  /** For messages: "127.0.0.1:5514", or the path. */
  const std::string& name() const { return name_; }
  /** 0 for a file. */
  uint16_t Port(Napi::Env env) const;
  int ReceiveBufferBytes(Napi::Env env) const;

  /** Idempotent; unlinks the file if it is still the one that was made. */
  void Close();

 private:
  int fd_ = -1;
  std::string name_;
  // The file that was made; 0 where there is none.
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
};
