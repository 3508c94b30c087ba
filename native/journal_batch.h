// What one read of the journal gathers: the entries that are selected, as columns, and the losses that journald tells of.
#pragma once

#include <napi.h>
#include <systemd/sd-journal.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "journal_entry.h"
#include "journal_selection.h"

struct JournalBatch {
  struct Loss {
    double count;  // negative: unknown
    std::string reason;
  };

  // One value for each entry that is selected, but `selected`, which has selection.Words() of them.
  std::vector<char> bytes;
  std::vector<uint32_t> line_start, message_start, message_end, selected;
  std::vector<double> realtime_usec, since_boot_usec, sequence;
  std::vector<uint16_t> priority;
  std::vector<uint8_t> is_of_device;
  std::vector<Loss> losses;
  // Of all entries, selected or not.
  uint32_t read = 0;
  uint32_t unreadable = 0;
  uint64_t last_usec = 0;
  bool is_at_end = false;
  bool is_invalidated = false;
  std::string cursor;

  size_t count() const { return line_start.size(); }

  /**
   * Reads the entry that the journal is at, and appends it where it is selected; false where it cannot be read. `entry` is memory to be
   * used again and again; `next_sequence` counts the entries that were selected.
   */
  bool Take(sd_journal* journal, JournalSelection& selection, JournalEntry& entry, double& next_sequence);

  /** RawJournalRecords in src/binding/addon.ts. */
  Napi::Object ToObject(Napi::Env env) const;

 private:
  void TakeLoss(const JournalEntry& entry);
};
