// The place in a journal from where reading goes on, as sd-journal(3) knows them: sought anew whenever the matches change.
#pragma once

#include <systemd/sd-journal.h>

#include <cstdint>
#include <string>

#include "journal_tail.h"

/** Statuses are sd-journal's: negative errno values, or as sd_journal_next(3) has them. */
class JournalAnchor {
 public:
  /** Before the first entry: so it begins. */
  void SetHead() { kind_ = Kind::kHead; }
  /** After the entry of that cursor. */
  void SetCursor(const std::string& cursor);
  /** Before the first entry of that time or later. */
  void SetRealtime(uint64_t usec);
  void SetMonotonic(const sd_id128_t& boot_id, uint64_t usec);

  /** Puts the journal there. */
  int Seek(sd_journal* journal);
  /** sd_journal_next, past the anchor's own entry, which Seek leads to. */
  int Next(sd_journal* journal);
  /** Whether the journal is at the entry of the cursor. */
  bool IsAt(sd_journal* journal) const;
  /** Whether the end of a file lies before it, in the order of sd_journal_next(3); false where that is not sure. */
  bool IsPast(const JournalTail& tail) const;

 private:
  enum class Kind { kHead, kCursor, kRealtime, kMonotonic };

  Kind kind_ = Kind::kHead;
  std::string cursor_;
  uint64_t usec_ = 0;
  sd_id128_t boot_id_ = {};
  // How many of the next entries may be the anchor's own.
  int beside_ = 0;
};

/** Of the entry that the journal is at; empty where it cannot be told. */
std::string CursorOf(sd_journal* journal);
