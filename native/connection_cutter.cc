#include "connection_cutter.h"

#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "arguments.h"
#include "conntrack_entries.h"
#include "cut_scope.h"
#include "tcp_sockets.h"

namespace {

using Networks = std::vector<CutNetwork>;
using Ports = std::vector<std::pair<uint16_t, uint16_t>>;

constexpr size_t kNetworkBytes = 18;

class CutWorker : public Napi::AsyncWorker {
 public:
  CutWorker(Napi::Env env, Networks networks, Ports ports, uint8_t protocol)
      : Napi::AsyncWorker(env, "ringjail:CutWorker"),
        deferred_(env),
        networks_(std::move(networks)),
        ports_(std::move(ports)),
        protocol_(protocol) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  // Worker thread: no napi_env here.
  void Execute() override {
    CutScope scope(std::move(networks_), std::move(ports_), protocol_);
    if (scope.networks().empty()) return;
    sockets_ = DestroyTcpSockets(scope);
    flows_ = DeleteConntrackEntries(scope);
  }

  void OnOK() override {
    try {
      Napi::Object result = Napi::Object::New(Env());
      result.Set("sockets", Napi::Number::New(Env(), sockets_.ended));
      result.Set("flows", Napi::Number::New(Env(), flows_.ended));
      result.Set("socketError", Code(sockets_.error));
      result.Set("flowError", Code(flows_.error));
      deferred_.Resolve(result);
    } catch (const Napi::Error&) {
      // The JavaScript thread is being terminated, and nobody waits any more.
    }
  }

  void OnError(const Napi::Error& error) override {
    try {
      deferred_.Reject(error.Value());
    } catch (const Napi::Error&) {
      // As above.
    }
  }

 private:
  Napi::Value Code(int error) const {
    return error == 0 ? Env().Undefined() : Napi::Value(Napi::String::New(Env(), uv_err_name(-error)));
  }

  Napi::Promise::Deferred deferred_;
  Networks networks_;
  Ports ports_;
  uint8_t protocol_;
  CutOutcome sockets_;
  CutOutcome flows_;
};

Networks NetworksArgument(const Napi::CallbackInfo& info) {
  Span<const uint8_t> bytes = BytesArgument(info, 0, "networks");
  Napi::Env env = info.Env();
  if (bytes.length % kNetworkBytes != 0) throw Napi::RangeError::New(env, "networks must be rows of 18 bytes");
  Networks networks;
  networks.reserve(bytes.length / kNetworkBytes);
  for (size_t at = 0; at < bytes.length; at += kNetworkBytes) {
    const uint8_t* row = bytes.data + at;
    CutNetwork network{static_cast<uint8_t>(row[0] == 4 ? AF_INET : AF_INET6), row[1], {}};
    if ((row[0] != 4 && row[0] != 6) || row[1] > (row[0] == 4 ? 32 : 128)) {
      throw Napi::RangeError::New(env, "networks must be of family 4 or 6, with a prefix that fits it");
    }
    std::copy_n(row + 2, network.address.size(), network.address.begin());
    networks.push_back(network);
  }
  return networks;
}

Ports PortsArgument(const Napi::CallbackInfo& info) {
  Span<const uint32_t> column = ColumnArgument(info, 1, "ports");
  if (column.length % 2 != 0) throw Napi::RangeError::New(info.Env(), "ports must be pairs");
  Ports ports;
  for (size_t at = 0; at < column.length; at += 2) {
    uint32_t first = column.data[at];
    uint32_t last = column.data[at + 1];
    if (first > last || last > UINT16_MAX) throw Napi::RangeError::New(info.Env(), "ports must be ranges of numbers up to 65535");
    ports.emplace_back(static_cast<uint16_t>(first), static_cast<uint16_t>(last));
  }
  return ports;
}

}  // namespace

Napi::Value CutConnections(const Napi::CallbackInfo& info) {
  auto protocol = static_cast<uint8_t>(SizeArgument(info, 2, "protocol", UINT8_MAX));
  auto worker = std::make_unique<CutWorker>(info.Env(), NetworksArgument(info), PortsArgument(info), protocol);
  Napi::Promise promise = worker->Promise();
  worker->Queue();
  worker.release();  // it deletes itself when it has told the end
  return promise;
}
