// One entry of the journal: the fields that a record needs (systemd.journal-fields(7)), copied as they are enumerated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/** Where the parts of a record lie in the buffer it was written to; bytes[message_end] is "\n". */
struct JournalLine {
  uint32_t line_start;
  uint32_t message_start;
  uint32_t message_end;
};

class JournalEntry {
 public:
  void Clear();
  /** One `FIELD=value` of the entry; of several values of one field the first is kept. */
  void Take(const char* data, size_t length);

  /**
   * Appends `host program[pid]: message\n`, for the kernel's own records `host kernel: [seconds since boot] message\n`, as fail2ban's
   * filters expect a line. `monotonic_usec`: the entry's own, where the kernel's time is missing.
   */
  JournalLine AppendLine(std::vector<char>& out, uint64_t monotonic_usec) const;

  /** facility * 8 + severity; where the entry says nothing: user (kernel for the kernel's) and informational. */
  uint16_t Priority() const;
  bool IsOfTransport(std::string_view name) const { return View(transport_) == name; }
  bool IsOfDevice() const { return device_.is_set; }
  /** Of users' own processes: `_UID` from 1000 on, but those that systemd gives to services. */
  bool IsOfUser() const;
  /** Microseconds since boot by the kernel's clock, of a record of the kernel's log; else NaN. */
  double SinceBootUsec() const;
  std::string_view Message() const { return View(message_); }
  std::string_view MessageId() const { return View(message_id_); }
  std::string_view Dropped() const { return View(dropped_); }

 private:
  struct Value {
    uint32_t start = 0;
    uint32_t length = 0;
    bool is_set = false;
  };

  Value* ValueFor(const char* data, size_t length, size_t* name_length);
  std::string_view View(const Value& value) const { return {bytes_.data() + value.start, value.length}; }

  std::vector<char> bytes_;
  Value message_, message_id_, dropped_, priority_, facility_, identifier_, syslog_pid_;
  Value host_, comm_, pid_, transport_, uid_, source_monotonic_, device_;
};

/** The decimal number that the whole text is, and `fallback` where it is none. */
uint64_t NumberOf(std::string_view text, uint64_t fallback);
