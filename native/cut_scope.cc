#include "cut_scope.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace {
constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

AddressBytes Masked(AddressBytes address, uint8_t prefix) {
  for (size_t index = 0; index < address.size(); index++) {
    int bits = std::clamp(static_cast<int>(prefix) - static_cast<int>(index) * 8, 0, 8);
    address[index] &= static_cast<uint8_t>(0xff << (8 - bits));
  }
  return address;
}
}  // namespace

size_t CutScope::Hash::operator()(const AddressBytes& address) const {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(address.data()), address.size()});
}

CutScope::CutScope(std::vector<CutNetwork> networks, std::vector<std::pair<uint16_t, uint16_t>> ports, uint8_t protocol)
    : networks_(std::move(networks)), ports_(std::move(ports)), protocol_(protocol) {
  for (const CutNetwork& network : networks_) {
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const PrefixGroup& known) {
      return known.family == network.family && known.prefix == network.prefix;
    });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), PrefixGroup{network.family, network.prefix, {}});
    group->addresses.insert(Masked(network.address, network.prefix));
  }
}

bool CutScope::HasFamily(uint8_t family) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const CutNetwork& network) { return network.family == family; });
}

bool CutScope::HoldsAddress(uint8_t family, const void* address) const {
  AddressBytes bytes{};
  if (family == AF_INET6 && memcmp(address, kMappedPrefix, sizeof kMappedPrefix) == 0) {
    family = AF_INET;
    memcpy(bytes.data(), static_cast<const uint8_t*>(address) + sizeof kMappedPrefix, 4);
  } else {
    memcpy(bytes.data(), address, family == AF_INET ? 4 : 16);
  }
  return std::any_of(groups_.begin(), groups_.end(), [&](const PrefixGroup& group) {
    return group.family == family && group.addresses.count(Masked(bytes, group.prefix)) > 0;
  });
}

bool CutScope::HoldsPort(uint16_t port) const {
  if (ports_.empty()) return true;
  return std::any_of(ports_.begin(), ports_.end(), [&](const auto& range) { return range.first <= port && port <= range.second; });
}
