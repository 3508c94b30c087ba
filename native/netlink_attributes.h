// Attributes of netlink messages: libmnl's own loops (mnl_attr_for_each) are C that C++ does not take.
#pragma once

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstring>
#include <string>

/** visit(attribute) for each that stands in `length` bytes from `start`, until it returns false. */
template <typename Visit>
void ForEachAttribute(const void* start, int length, Visit visit) {
  auto attribute = static_cast<const nlattr*>(start);
  auto end = static_cast<const char*>(start) + length;
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    if (!visit(attribute)) return;
    attribute = mnl_attr_next(attribute);
  }
}

/** Those of a message of netfilter. */
template <typename Visit>
void ForEachAttribute(const nlmsghdr* message, Visit visit) {
  ForEachAttribute(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)),
                   static_cast<int>(mnl_nlmsg_get_payload_len(message)) - static_cast<int>(sizeof(nfgenmsg)), visit);
}

/** Those inside of another. */
template <typename Visit>
void ForEachAttribute(const nlattr* nest, Visit visit) {
  ForEachAttribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

inline std::string ReadText(const nlattr* attribute) {
  auto text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return std::string(text, strnlen(text, mnl_attr_get_payload_len(attribute)));
}

/** 0 where it is shorter. */
inline uint32_t ReadUint32(const nlattr* attribute) {
  uint32_t value = 0;
  if (mnl_attr_get_payload_len(attribute) >= sizeof value) memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
  return be32toh(value);
}

/** 0 where it is shorter. */
inline uint64_t ReadUint64(const nlattr* attribute) {
  uint64_t value = 0;
  if (mnl_attr_get_payload_len(attribute) >= sizeof value) memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
  return be64toh(value);
}
