#include "journal_entry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace {
// journald takes messages of many megabytes from whoever writes to it; of such a one no filter needs the rest.
constexpr size_t kMaxMessageBytes = 64 * 1024;
// Host names have at most 64 bytes (hostname(7)); identifiers are what processes call themselves.
constexpr size_t kMaxNameBytes = 256;

template <size_t N>
bool IsField(const char* data, size_t length, const char (&name)[N]) {
  return length >= N - 1 && memcmp(data, name, N - 1) == 0;
}

// Writers choose their identifier: it shall not begin a line of its own.
void AppendName(std::vector<char>& out, std::string_view name) {
  size_t start = out.size();
  name = name.substr(0, kMaxNameBytes);
  out.insert(out.end(), name.begin(), name.end());
  for (size_t index = start; index < out.size(); index++) {
    if (static_cast<unsigned char>(out[index]) < 0x20 || out[index] == 0x7f) out[index] = '?';
  }
}

void Append(std::vector<char>& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

void AppendNumber(std::vector<char>& out, uint64_t number, size_t width, char padding) {
  char digits[20];
  size_t length = static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  if (length < width) out.insert(out.end(), width - length, padding);
  Append(out, {digits, length});
}
}  // namespace

uint64_t NumberOf(std::string_view text, uint64_t fallback) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : fallback;
}

void JournalEntry::Clear() {
  bytes_.clear();
  for (Value* value : {&message_, &message_id_, &dropped_, &priority_, &facility_, &identifier_, &syslog_pid_, &host_, &comm_, &pid_,
                       &transport_, &uid_, &source_monotonic_, &device_}) {
    *value = Value();
  }
}

void JournalEntry::Take(const char* data, size_t length) {
  size_t name_length = 0;
  Value* value = ValueFor(data, length, &name_length);
  if (value == nullptr || value->is_set) return;
  size_t kept = std::min(length - name_length, kMaxMessageBytes);
  value->start = static_cast<uint32_t>(bytes_.size());
  value->length = static_cast<uint32_t>(kept);
  value->is_set = true;
  bytes_.insert(bytes_.end(), data + name_length, data + name_length + kept);
}

#define FIELD(name, value)                    \
  if (IsField(data, length, name "=")) {      \
    *name_length = sizeof(name "=") - 1;      \
    return &value;                            \
  }

JournalEntry::Value* JournalEntry::ValueFor(const char* data, size_t length, size_t* name_length) {
  if (length < 2) return nullptr;
  switch (data[0]) {
    case 'M':
      FIELD("MESSAGE", message_)
      FIELD("MESSAGE_ID", message_id_)
      return nullptr;
    case 'N':
      FIELD("N_DROPPED", dropped_)
      return nullptr;
    case 'P':
      FIELD("PRIORITY", priority_)
      return nullptr;
    case 'S':
      FIELD("SYSLOG_IDENTIFIER", identifier_)
      FIELD("SYSLOG_PID", syslog_pid_)
      FIELD("SYSLOG_FACILITY", facility_)
      return nullptr;
    case '_':
      break;
    default:
      return nullptr;
  }
  switch (data[1]) {
    case 'C':
      FIELD("_COMM", comm_)
      return nullptr;
    case 'H':
      FIELD("_HOSTNAME", host_)
      return nullptr;
    case 'K':
      FIELD("_KERNEL_DEVICE", device_)
      return nullptr;
    case 'P':
      FIELD("_PID", pid_)
      return nullptr;
    case 'S':
      FIELD("_SOURCE_MONOTONIC_TIMESTAMP", source_monotonic_)
      return nullptr;
    case 'T':
      FIELD("_TRANSPORT", transport_)
      return nullptr;
    case 'U':
      FIELD("_UID", uid_)
      return nullptr;
    default:
      return nullptr;
  }
}

#undef FIELD

uint16_t JournalEntry::Priority() const {
  uint64_t facility = NumberOf(View(facility_), IsOfTransport("kernel") ? 0 : 1);
  uint64_t severity = NumberOf(View(priority_), 6);
  // RFC 5424 has 24 facilities; what is out of range a writer made up.
  return static_cast<uint16_t>((facility > 127 ? 1 : facility) * 8 + (severity > 7 ? 6 : severity));
}

bool JournalEntry::IsOfUser() const {
  uint64_t uid = NumberOf(View(uid_), 0);
  // systemd's dynamic users (61184 to 65519) and nobody are services; all others, up to the ranges of /etc/subuid, people can be at will.
  return uid >= 1000 && (uid < 61184 || uid > 65535);
}

double JournalEntry::SinceBootUsec() const {
  if (!IsOfTransport("kernel") || !source_monotonic_.is_set) return std::nan("");
  uint64_t usec = NumberOf(View(source_monotonic_), UINT64_MAX);
  return usec == UINT64_MAX ? std::nan("") : static_cast<double>(usec);
}

JournalLine JournalEntry::AppendLine(std::vector<char>& out, uint64_t monotonic_usec) const {
  JournalLine line;
  line.line_start = static_cast<uint32_t>(out.size());
  AppendName(out, View(host_));
  if (IsOfTransport("kernel") && Priority() < 8) {
    uint64_t usec = NumberOf(View(source_monotonic_), monotonic_usec);
    // %12.6f of the seconds, as fail2ban prints them.
    Append(out, host_.length > 0 ? " kernel: [" : "kernel: [");
    AppendNumber(out, usec / 1000000, 5, ' ');
    out.push_back('.');
    AppendNumber(out, usec % 1000000, 6, '0');
    Append(out, "] ");
  } else {
    const Value& program = identifier_.length > 0 ? identifier_ : comm_;
    if (program.length > 0) {
      if (host_.length > 0) out.push_back(' ');
      AppendName(out, View(program));
      // Writers choose SYSLOG_PID, too: digits or nothing.
      uint64_t pid = NumberOf(View(syslog_pid_), NumberOf(View(pid_), 0));
      if (pid > 0) {
        out.push_back('[');
        AppendNumber(out, pid, 0, ' ');
        out.push_back(']');
      }
    }
    Append(out, ": ");
  }
  line.message_start = static_cast<uint32_t>(out.size());
  std::string_view message = Message();
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.remove_suffix(1);
  Append(out, message);
  line.message_end = static_cast<uint32_t>(out.size());
  out.push_back('\n');
  return line;
}
