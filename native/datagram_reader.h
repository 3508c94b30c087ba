// Receives datagrams of one UDP or unix socket without blocking, woken by the event loop: no thread, no timer. See udp(7), unix(7), recvmmsg(2).
#pragma once

#include <napi.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datagram_socket.h"
#include "event_callback.h"
#include "readiness.h"

/**
 * new DatagramReader(place, port, allow, receiveBufferBytes, onReadable): binds; throws a system error. `place` is an IPv4 or IPv6 address;
 * with port undefined the absolute path of a unix socket, which is made with mode 0660, may replace only a socket that nobody listens on,
 * and is unlinked by close(). `allow` holds the networks whose senders are heard, 18 bytes each: family (4 or 6), prefix, address (an IPv4
 * address in the first four); unix senders are always heard.
 *  port()             the port bound, 0 for a unix socket
 *  receiveBufferBytes()  what the kernel granted (SO_RCVBUF, which counts its own overhead)
 *  start()            onReadable() is called whenever datagrams wait, until stop(); keeps the process alive as a socket does
 *  read(maxMessages)  { bytes, starts, ends, senderIds, senders, lost, truncated, refused, lastRefused }: what waits. Datagram i is
 *                     bytes[starts[i], ends[i]), with 48 bytes of room before it and one after; it came from senders[senderIds[i]], an
 *                     address as inet_ntop(3) writes it, "" for a unix socket.
 *                     lost: dropped by the kernel since the last read, as the receive buffer was full (SO_RXQ_OVFL).
 *                     truncated: longer than 64 KiB and cut. refused: thrown away as `allow` does not hold the sender; lastRefused is the
 *                     last of these, else undefined.
 *  close()            idempotent; everything else throws EBADF after it
 */
class DatagramReader : public Napi::ObjectWrap<DatagramReader> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit DatagramReader(const Napi::CallbackInfo& info);
  ~DatagramReader() override;

 private:
  struct Network {
    int family;
    unsigned prefix;
    uint8_t address[16];
  };
  struct Slots;
  struct Batch;

  Napi::Value Port(const Napi::CallbackInfo& info);
  Napi::Value ReceiveBufferBytes(const Napi::CallbackInfo& info);
  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);

  bool IsAllowed(const sockaddr_storage& sender) const;
  void Take(unsigned received, Batch& batch);
  void CountLost(msghdr& header, Batch& batch);

  void RequireOpen(Napi::Env env, const char* syscall) const;
  void StopPolling();
  void Release();
  void OnReady(int status);

  // Closed after what watches it.
  DatagramSocket socket_;
  Readiness readiness_;
  std::vector<Network> allow_;
  uint32_t dropped_ = 0;
  std::unique_ptr<Slots> slots_;
  std::unique_ptr<char[]> buffer_;
  EventCallback on_readable_;
};
