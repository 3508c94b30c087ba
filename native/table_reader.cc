#include "table_reader.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "netlink_attributes.h"
#include "system_error.h"

namespace {
// Somebody else's transaction in the midst of a dump makes it worthless (NLM_F_DUMP_INTR).
constexpr int kMaxAttempts = 10;

/** What a dump of one kind of object carries, by the numbers of its attributes; 0 where there is none. */
struct Kind {
  const char* name;
  uint16_t request;
  uint16_t table_attribute;
  uint16_t name_attribute;
  uint16_t handle_attribute;
  uint16_t flags_attribute;
};

constexpr Kind kKinds[] = {
    {"chain", NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HANDLE, NFTA_CHAIN_POLICY},
    {"rule", NFT_MSG_GETRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_HANDLE, 0},
    {"set", NFT_MSG_GETSET, NFTA_SET_TABLE, NFTA_SET_NAME, NFTA_SET_HANDLE, 0},
    {"counter", NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, NFTA_OBJ_NAME, NFTA_OBJ_HANDLE, 0},
};
constexpr Kind kTable = {"table", NFT_MSG_GETTABLE, 0, NFTA_TABLE_NAME, NFTA_TABLE_HANDLE, NFTA_TABLE_FLAGS};

struct Object {
  const char* kind = nullptr;
  std::string table;
  std::string name;
  uint64_t handle = 0;
  int64_t flags = -1;
  bool is_counter = false;
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

Object ParseObject(const nlmsghdr* message, const Kind& kind) {
  Object object;
  object.kind = kind.name;
  bool is_object = kind.request == NFT_MSG_GETOBJ;
  ForEachAttribute(message, [&](const nlattr* attribute) {
    uint16_t type = mnl_attr_get_type(attribute);
    if (type == kind.name_attribute) object.name = ReadText(attribute);
    else if (type == kind.handle_attribute) object.handle = ReadUint64(attribute);
    else if (kind.table_attribute != 0 && type == kind.table_attribute) object.table = ReadText(attribute);
    else if (kind.flags_attribute != 0 && type == kind.flags_attribute) object.flags = ReadUint32(attribute);
    else if (is_object && type == NFTA_OBJ_TYPE) object.is_counter = ReadUint32(attribute) == NFT_OBJECT_COUNTER;
    else if (is_object && type == NFTA_OBJ_DATA) ForEachAttribute(attribute, [&](const nlattr* part) {
      if (mnl_attr_get_type(part) == NFTA_COUNTER_PACKETS) object.packets = ReadUint64(part);
      if (mnl_attr_get_type(part) == NFTA_COUNTER_BYTES) object.bytes = ReadUint64(part);
      return true;
    });
    return true;
  });
  return object;
}

Napi::Object ToJavaScript(Napi::Env env, const Object& object) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("kind", object.kind);
  result.Set("name", object.name);
  result.Set("handle", static_cast<double>(object.handle));
  if (object.flags >= 0) result.Set("flags", static_cast<double>(object.flags));
  if (object.is_counter) {
    result.Set("packets", static_cast<double>(object.packets));
    result.Set("bytes", static_cast<double>(object.bytes));
  }
  return result;
}

struct ElementColumns {
  std::vector<uint8_t> keys;
  std::vector<double> left_ms;
  std::vector<uint8_t> is_end;
};

void ParseElement(const nlattr* element, ElementColumns& columns) {
  double left_ms = std::numeric_limits<double>::infinity();
  uint32_t flags = 0;
  const nlattr* key = nullptr;
  ForEachAttribute(element, [&](const nlattr* attribute) {
    uint16_t type = mnl_attr_get_type(attribute);
    if (type == NFTA_SET_ELEM_FLAGS) flags = ReadUint32(attribute);
    else if (type == NFTA_SET_ELEM_EXPIRATION) left_ms = static_cast<double>(ReadUint64(attribute));
    else if (type == NFTA_SET_ELEM_KEY) ForEachAttribute(attribute, [&](const nlattr* value) {
      if (mnl_attr_get_type(value) == NFTA_DATA_VALUE) key = value;
      return true;
    });
    return true;
  });
  if (key == nullptr) return;
  auto bytes = static_cast<const uint8_t*>(mnl_attr_get_payload(key));
  columns.keys.insert(columns.keys.end(), bytes, bytes + mnl_attr_get_payload_len(key));
  columns.left_ms.push_back(left_ms);
  columns.is_end.push_back((flags & NFT_SET_ELEM_INTERVAL_END) != 0 ? 1 : 0);
}

void ParseElements(const nlmsghdr* message, ElementColumns& columns) {
  ForEachAttribute(message, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS) return true;
    ForEachAttribute(attribute, [&](const nlattr* element) {
      ParseElement(element, columns);
      return true;
    });
    return true;
  });
}
}  // namespace

Napi::Function TableReader::Define(Napi::Env env) {
  return DefineClass(env, "TableReader",
                     {
                         InstanceMethod<&TableReader::Objects>("objects"),
                         InstanceMethod<&TableReader::Elements>("elements"),
                     });
}

TableReader::TableReader(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<TableReader>(info), table_(info[0].As<Napi::String>().Utf8Value()) {
  if (socket_.open_error() != 0) throw SystemError(info.Env(), socket_.open_error(), "socket", "NETLINK_NETFILTER");
}

Napi::Value TableReader::Objects(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  for (int attempt = 0; attempt < kMaxAttempts; attempt++) {
    std::vector<Object> objects;
    int error = Ask(NFT_MSG_GETTABLE, NLM_F_ACK, {{NFTA_TABLE_NAME, table_}},
                    [&](const nlmsghdr* message) { objects.push_back(ParseObject(message, kTable)); });
    if (error == ENOENT) return Napi::Array::New(env);
    for (const Kind& kind : kKinds) {
      if (error != 0) break;
      // Kernels before 5.x ignore the table for some kinds: so it is looked at here, too.
      error = Ask(kind.request, NLM_F_DUMP, {{kind.table_attribute, table_}}, [&](const nlmsghdr* message) {
        Object object = ParseObject(message, kind);
        if (object.table == table_ && (kind.request != NFT_MSG_GETOBJ || object.is_counter)) objects.push_back(std::move(object));
      });
    }
    // The table went, or somebody changed something, while it was listed.
    if (error == EINTR || error == ENOENT) continue;
    if (error != 0) throw SystemError(env, error, "recvfrom", "NETLINK_NETFILTER");
    Napi::Array result = Napi::Array::New(env, objects.size());
    for (uint32_t index = 0; index < objects.size(); index++) result.Set(index, ToJavaScript(env, objects[index]));
    return result;
  }
  throw SystemError(env, EAGAIN, "recvfrom", "NETLINK_NETFILTER");
}

Napi::Value TableReader::Elements(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string set = info[0].As<Napi::String>().Utf8Value();
  for (int attempt = 0; attempt < kMaxAttempts; attempt++) {
    ElementColumns columns;
    int error = Ask(NFT_MSG_GETSETELEM, NLM_F_DUMP, {{NFTA_SET_ELEM_LIST_TABLE, table_}, {NFTA_SET_ELEM_LIST_SET, set}},
                    [&](const nlmsghdr* message) { ParseElements(message, columns); });
    if (error == ENOENT) return env.Undefined();
    // The last attempt is taken as it is: where others change the ruleset without end, the caller asks again for what is missing.
    if (error == EINTR && attempt + 1 < kMaxAttempts) continue;
    if (error != 0 && error != EINTR) throw SystemError(env, error, "recvfrom", "NETLINK_NETFILTER");
    Napi::Object result = Napi::Object::New(env);
    result.Set("keys", Napi::Buffer<uint8_t>::Copy(env, columns.keys.data(), columns.keys.size()));
    Napi::Float64Array left_ms = Napi::Float64Array::New(env, columns.left_ms.size());
    if (!columns.left_ms.empty()) memcpy(left_ms.Data(), columns.left_ms.data(), columns.left_ms.size() * sizeof(double));
    result.Set("leftMs", left_ms);
    result.Set("isEnd", Napi::Buffer<uint8_t>::Copy(env, columns.is_end.data(), columns.is_end.size()));
    return result;
  }
  throw SystemError(env, EAGAIN, "recvfrom", "NETLINK_NETFILTER");
}

// 0, or the error of the kernel's answer (EINTR: a dump that a change has interrupted, and that was read to its end).
int TableReader::Ask(uint16_t type, uint16_t flags, const std::vector<std::pair<uint16_t, std::string>>& attributes,
                     const OnMessage& on_message) {
  char request[1024];
  nlmsghdr* header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = static_cast<uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | type);
  auto generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  generic->nfgen_family = NFPROTO_INET;
  generic->version = NFNETLINK_V0;
  generic->res_id = 0;
  for (const auto& [attribute, text] : attributes) {
    if (!mnl_attr_put_strz_check(header, sizeof request, attribute, text.c_str())) return ENAMETOOLONG;
  }
  if (flags == NLM_F_ACK) return socket_.Ask(header, on_message);
  int error = socket_.Dump(header, on_message);
  return error == 0 && socket_.is_interrupted() ? EINTR : error;
}
