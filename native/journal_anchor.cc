#include "journal_anchor.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace {
// Entries of the same microsecond in several files may come before the one that was sought.
constexpr int kBesideAnchor = 4;
}  // namespace

void JournalAnchor::SetCursor(const std::string& cursor) {
  kind_ = Kind::kCursor;
  cursor_ = cursor;
}

void JournalAnchor::SetRealtime(uint64_t usec) {
  kind_ = Kind::kRealtime;
  cursor_.clear();
  usec_ = usec;
}

void JournalAnchor::SetMonotonic(const sd_id128_t& boot_id, uint64_t usec) {
  kind_ = Kind::kMonotonic;
  boot_id_ = boot_id;
  usec_ = usec;
}

int JournalAnchor::Seek(sd_journal* journal) {
  beside_ = kind_ == Kind::kCursor ? kBesideAnchor : 0;
  switch (kind_) {
    case Kind::kCursor:
      return sd_journal_seek_cursor(journal, cursor_.c_str());
    case Kind::kRealtime:
      return sd_journal_seek_realtime_usec(journal, usec_);
    case Kind::kMonotonic:
      return sd_journal_seek_monotonic_usec(journal, boot_id_, usec_);
    case Kind::kHead:
      break;
  }
  return sd_journal_seek_head(journal);
}

int JournalAnchor::Next(sd_journal* journal) {
  int status = sd_journal_next(journal);
  if (status <= 0 || beside_ == 0) return status;
  beside_--;
  if (!IsAt(journal)) return status;
  beside_ = 0;
  return sd_journal_next(journal);
}

// An entry that journald copied from /run to /var has another file's numbers in its cursor, so that sd_journal_test_cursor denies it; boot,
// times and checksum, which follow them, are the same.
bool JournalAnchor::IsAt(sd_journal* journal) const {
  if (sd_journal_test_cursor(journal, cursor_.c_str()) > 0) return true;
  std::string cursor = CursorOf(journal);
  size_t own = cursor.find(";b=");
  size_t anchor = cursor_.find(";b=");
  return own != std::string::npos && anchor != std::string::npos && cursor.compare(own, std::string::npos, cursor_, anchor) == 0;
}

bool JournalAnchor::IsPast(const JournalTail& tail) const {
  if (kind_ == Kind::kRealtime) return tail.realtime_usec < usec_;
  if (kind_ == Kind::kMonotonic) return sd_id128_equal(tail.boot_id, boot_id_) && tail.monotonic_usec < usec_;
  if (kind_ == Kind::kHead) return false;
  char seqnum_text[33], boot_text[33];
  uint64_t seqnum, monotonic_usec, realtime_usec;
  constexpr const char* kForm = "s=%32[0-9a-f];i=%" SCNx64 ";b=%32[0-9a-f];m=%" SCNx64 ";t=%" SCNx64;
  sd_id128_t seqnum_id, boot_id;
  if (sscanf(cursor_.c_str(), kForm, seqnum_text, &seqnum, boot_text, &monotonic_usec, &realtime_usec) != 5 ||
      sd_id128_from_string(seqnum_text, &seqnum_id) < 0 || sd_id128_from_string(boot_text, &boot_id) < 0) {
    return false;
  }
  if (sd_id128_equal(tail.seqnum_id, seqnum_id)) return tail.seqnum <= seqnum;
  // By either clock: of the boot it is not sure, and either may have been set anew.
  return tail.realtime_usec < realtime_usec && (!sd_id128_equal(tail.boot_id, boot_id) || tail.monotonic_usec < monotonic_usec);
}

std::string CursorOf(sd_journal* journal) {
  char* text = nullptr;
  if (sd_journal_get_cursor(journal, &text) < 0) return "";
  std::string cursor = text;
  free(text);
  return cursor;
}
