// Where a journal file ends, by its header (https://systemd.io/JOURNAL_FILE_FORMAT). It is remembered, as a vacuum leaves nothing of it:
// journald makes holes of what it deletes, also where others have it open.
#pragma once

#include <systemd/sd-id128.h>

#include <cstdint>

struct JournalTail {
  sd_id128_t file_id = {};
  // How many it holds; 0 where the rest says nothing.
  uint64_t entries = 0;
  // Of the last one. The numbers of files of the same id follow each other.
  sd_id128_t seqnum_id = {};
  uint64_t seqnum = 0;
  // Before systemd 254 of who wrote last, which need not be the last entry's.
  sd_id128_t boot_id = {};
  uint64_t realtime_usec = 0;
  uint64_t monotonic_usec = 0;
  // Nothing is added any more.
  bool is_archived = false;

  /** False where it is no journal file, or none any more: then it stays as it was. */
  bool ReadFrom(int fd);
};
