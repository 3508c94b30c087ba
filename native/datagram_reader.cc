#include "datagram_reader.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "arguments.h"
#include "system_error.h"

namespace {
// Longer than any UDP datagram (65,507 bytes); unix datagrams may be longer, and are cut.
constexpr size_t kSlotBytes = 65536;
constexpr unsigned kSlots = 64;
// Room for the longest address (45 characters) and a space, for records that name no host.
constexpr size_t kRoomBefore = 48;
constexpr size_t kRoomAfter = 1;
// One wake-up must not hold the event loop for long: what is left wakes it again at once.
constexpr size_t kMaxBatchBytes = 1 << 20;
constexpr size_t kBufferBytes = kMaxBatchBytes + kSlots * (kSlotBytes + kRoomBefore + kRoomAfter);
constexpr size_t kNetworkBytes = 18;
constexpr size_t kMostReceiveBuffer = 1 << 30;

bool HasPrefix(const uint8_t* address, const uint8_t* network, unsigned prefix) {
  if (memcmp(address, network, prefix / 8) != 0) return false;
  unsigned rest = prefix % 8;
  return rest == 0 || ((address[prefix / 8] ^ network[prefix / 8]) >> (8 - rest)) == 0;
}

/** The address alone: what tells senders apart. */
std::string AddressBytes(const sockaddr_storage& sender) {
  if (sender.ss_family == AF_INET) return std::string(reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in&>(sender).sin_addr), 4);
  if (sender.ss_family == AF_INET6) return std::string(reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6&>(sender).sin6_addr), 16);
  return "";
}

std::string AddressText(const std::string& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (!address.empty()) inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text, sizeof text);
  return text;
}

template <typename T>
void SetColumn(Napi::Object result, const char* name, const std::vector<T>& values) {
  Napi::Uint32Array column = Napi::Uint32Array::New(result.Env(), values.size());
  if (!values.empty()) memcpy(column.Data(), values.data(), values.size() * sizeof(uint32_t));
  result.Set(name, column);
}

Napi::Function CallbackOf(const Napi::CallbackInfo& info) {
  if (!info[0].IsString() || !info[4].IsFunction()) throw Napi::TypeError::New(info.Env(), "a place and a function are needed");
  return info[4].As<Napi::Function>();
}
}  // namespace

/** Where recvmmsg(2) writes; not initialised, so that only what is received takes memory. */
struct DatagramReader::Slots {
  std::unique_ptr<char[]> bytes{new char[kSlots * kSlotBytes]};
  sockaddr_storage senders[kSlots];
  alignas(cmsghdr) char controls[kSlots][CMSG_SPACE(sizeof(uint32_t))];
  iovec vectors[kSlots];
  mmsghdr headers[kSlots];

  void Prepare() {
    for (unsigned i = 0; i < kSlots; i++) {
      vectors[i] = {bytes.get() + i * kSlotBytes, kSlotBytes};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &senders[i];
      headers[i].msg_hdr.msg_namelen = sizeof senders[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_control = controls[i];
      headers[i].msg_hdr.msg_controllen = sizeof controls[i];
      senders[i].ss_family = AF_UNSPEC;
    }
  }
};

struct DatagramReader::Batch {
  size_t used = 0;
  std::vector<uint32_t> starts, ends, sender_ids;
  std::vector<std::string> senders;
  std::unordered_map<std::string, uint32_t> ids;
  uint32_t lost = 0, truncated = 0, refused = 0;
  std::string last_refused;

  uint32_t IdOf(const std::string& sender) {
    // Most come from the same sender as the one before.
    if (!sender_ids.empty() && senders[sender_ids.back()] == sender) return sender_ids.back();
    auto [entry, is_new] = ids.try_emplace(sender, static_cast<uint32_t>(senders.size()));
    if (is_new) senders.push_back(sender);
    return entry->second;
  }
};

Napi::Function DatagramReader::Define(Napi::Env env) {
  return DefineClass(env, "DatagramReader",
                     {
                         InstanceMethod<&DatagramReader::Port>("port"),
                         InstanceMethod<&DatagramReader::ReceiveBufferBytes>("receiveBufferBytes"),
                         InstanceMethod<&DatagramReader::Start>("start"),
                         InstanceMethod<&DatagramReader::Stop>("stop"),
                         InstanceMethod<&DatagramReader::Read>("read"),
                         InstanceMethod<&DatagramReader::Close>("close"),
                     });
}

DatagramReader::DatagramReader(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<DatagramReader>(info), on_readable_(CallbackOf(info), "ringjail:DatagramReader") {
  Napi::Env env = info.Env();
  std::string place = info[0].As<Napi::String>().Utf8Value();
  Span<const uint8_t> networks = BytesArgument(info, 2, "allow");
  size_t receive_buffer_bytes = SizeArgument(info, 3, "receiveBufferBytes", kMostReceiveBuffer);
  for (size_t at = 0; at + kNetworkBytes <= networks.length; at += kNetworkBytes) {
    const uint8_t* entry = networks.data + at;
    Network network{entry[0], entry[1], {}};
    if (network.prefix > (network.family == 4 ? 32u : 128u)) throw Napi::RangeError::New(env, "a network's prefix is too long");
    memcpy(network.address, entry + 2, sizeof network.address);
    allow_.push_back(network);
  }
  slots_ = std::make_unique<Slots>();
  buffer_.reset(new char[kBufferBytes]);
  if (info[1].IsUndefined()) {
    socket_.BindPath(env, place);
  } else {
    socket_.BindAddress(env, place, static_cast<uint16_t>(SizeArgument(info, 1, "port", 65535)));
  }
  socket_.AskForReceiveBuffer(receive_buffer_bytes);
  socket_.CountDropped();
  int status = readiness_.Open(env, socket_.fd(), [this](int status) { OnReady(status); });
  if (status < 0) throw SystemError(env, -status, "poll", socket_.name());
}

// Reached by the garbage collector only while not polling: Start() holds a reference.
DatagramReader::~DatagramReader() { Release(); }

Napi::Value DatagramReader::Port(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "getsockname");
  return Napi::Number::New(info.Env(), socket_.Port(info.Env()));
}

Napi::Value DatagramReader::ReceiveBufferBytes(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "getsockopt");
  return Napi::Number::New(info.Env(), socket_.ReceiveBufferBytes(info.Env()));
}

void DatagramReader::Start(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "poll");
  if (readiness_.is_started()) return;
  int status = readiness_.Start(UV_READABLE);
  if (status < 0) throw SystemError(info.Env(), -status, "poll", socket_.name());
  Ref();
}

void DatagramReader::Stop(const Napi::CallbackInfo& info) { StopPolling(); }

void DatagramReader::Close(const Napi::CallbackInfo& info) { Release(); }

Napi::Value DatagramReader::Read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "recvmmsg");
  size_t max_messages = SizeArgument(info, 0, "maxMessages", UINT32_MAX);
  Batch batch;
  // What is refused counts, too: strangers must not hold the event loop either.
  while (batch.starts.size() + batch.refused < max_messages && batch.used < kMaxBatchBytes) {
    size_t left = max_messages - batch.starts.size() - batch.refused;
    unsigned wanted = left < kSlots ? static_cast<unsigned>(left) : kSlots;
    slots_->Prepare();
    int received = recvmmsg(socket_.fd(), slots_->headers, wanted, MSG_DONTWAIT, nullptr);
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      throw SystemError(env, errno, "recvmmsg", socket_.name());
    }
    Take(static_cast<unsigned>(received), batch);
    if (static_cast<unsigned>(received) < wanted) break;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", Napi::Buffer<char>::Copy(env, buffer_.get(), batch.used));
  SetColumn(result, "starts", batch.starts);
  SetColumn(result, "ends", batch.ends);
  SetColumn(result, "senderIds", batch.sender_ids);
  Napi::Array senders = Napi::Array::New(env, batch.senders.size());
  for (uint32_t i = 0; i < batch.senders.size(); i++) senders.Set(i, Napi::String::New(env, AddressText(batch.senders[i])));
  result.Set("senders", senders);
  result.Set("lost", Napi::Number::New(env, batch.lost));
  result.Set("truncated", Napi::Number::New(env, batch.truncated));
  result.Set("refused", Napi::Number::New(env, batch.refused));
  result.Set("lastRefused", batch.refused == 0 ? env.Undefined() : Napi::String::New(env, AddressText(batch.last_refused)));
  return result;
}

void DatagramReader::Take(unsigned received, Batch& batch) {
  for (unsigned i = 0; i < received; i++) {
    msghdr& header = slots_->headers[i].msg_hdr;
    CountLost(header, batch);
    if (!IsAllowed(slots_->senders[i])) {
      batch.refused++;
      batch.last_refused = AddressBytes(slots_->senders[i]);
      continue;
    }
    if ((header.msg_flags & MSG_TRUNC) != 0) batch.truncated++;
    batch.sender_ids.push_back(batch.IdOf(AddressBytes(slots_->senders[i])));
    size_t length = slots_->headers[i].msg_len;
    memset(buffer_.get() + batch.used, ' ', kRoomBefore);
    batch.used += kRoomBefore;
    batch.starts.push_back(static_cast<uint32_t>(batch.used));
    memcpy(buffer_.get() + batch.used, slots_->vectors[i].iov_base, length);
    batch.used += length;
    batch.ends.push_back(static_cast<uint32_t>(batch.used));
    buffer_[batch.used++] = '\n';
  }
}

// The counter stands with each datagram that came after the first drop; it counts from the socket's beginning, modulo 2^32.
void DatagramReader::CountLost(msghdr& header, Batch& batch) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_RXQ_OVFL) continue;
    uint32_t dropped = 0;
    memcpy(&dropped, CMSG_DATA(control), sizeof dropped);
    batch.lost += dropped - dropped_;
    dropped_ = dropped;
  }
}

bool DatagramReader::IsAllowed(const sockaddr_storage& sender) const {
  // Who may write to a unix socket, its file's mode says.
  if (sender.ss_family != AF_INET && sender.ss_family != AF_INET6) return true;
  int family = sender.ss_family == AF_INET ? 4 : 6;
  const uint8_t* address = family == 4 ? reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in&>(sender).sin_addr)
                                       : reinterpret_cast<const sockaddr_in6&>(sender).sin6_addr.s6_addr;
  for (const Network& network : allow_) {
    if (network.family == family && HasPrefix(address, network.address, network.prefix)) return true;
  }
  return false;
}

void DatagramReader::RequireOpen(Napi::Env env, const char* syscall) const {
  if (socket_.fd() < 0) throw SystemError(env, EBADF, syscall, socket_.name());
}

void DatagramReader::StopPolling() {
  if (readiness_.Stop()) Unref();
}

void DatagramReader::Release() {
  StopPolling();
  readiness_.Close();
  socket_.Close();
  slots_.reset();
  buffer_.reset();
}

// Event-loop thread. A bad status is not judged here: the read that follows meets the same trouble and says what it is.
void DatagramReader::OnReady(int status) {
  if (status < 0) StopPolling();  // libuv stopped it already; JavaScript may start again
  on_readable_.Call();
}
