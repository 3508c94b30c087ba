// What is to be cut: flows from these networks, to these ports, of this protocol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

/** Network byte order; of an IPv4 address the first four bytes, the rest zero. */
using AddressBytes = std::array<uint8_t, 16>;

struct CutNetwork {
  /** AF_INET or AF_INET6 */
  uint8_t family;
  uint8_t prefix;
  AddressBytes address;
};

class CutScope {
 public:
  /** `ports`: ranges, both ends included; none means all. `protocol`: as in an IP header, 0 means all. */
  CutScope(std::vector<CutNetwork> networks, std::vector<std::pair<uint16_t, uint16_t>> ports, uint8_t protocol);

  const std::vector<CutNetwork>& networks() const { return networks_; }
  bool HasFamily(uint8_t family) const;
  /** One hash lookup for each prefix length that the networks have. An IPv4-mapped IPv6 address is the IPv4 address. */
  bool HoldsAddress(uint8_t family, const void* address) const;
  bool HoldsProtocol(uint8_t protocol) const { return protocol_ == 0 || protocol_ == protocol; }
  bool HoldsPort(uint16_t port) const;
  /** False where some ports are left out: then a flow without ports is out of scope. */
  bool HoldsAllPorts() const { return ports_.empty(); }

 private:
  struct Hash {
    size_t operator()(const AddressBytes& address) const;
  };
  struct PrefixGroup {
    uint8_t family;
    uint8_t prefix;
    std::unordered_set<AddressBytes, Hash> addresses;
  };

  std::vector<CutNetwork> networks_;
  std::vector<std::pair<uint16_t, uint16_t>> ports_;
  uint8_t protocol_;
  std::vector<PrefixGroup> groups_;
};
