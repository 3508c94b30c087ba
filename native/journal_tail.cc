#include "journal_tail.h"

#include <endian.h>
#include <unistd.h>

#include <cstring>

namespace {
constexpr char kSignature[8] = {'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H'};
constexpr uint8_t kArchived = 2;

struct Header {
  char signature[8];
  uint32_t flags[2];
  uint8_t state;
  uint8_t reserved[7];
  sd_id128_t file_id, machine_id, tail_boot_id, seqnum_id;
  uint64_t sizes_and_offsets[8];
  uint64_t entries;
  uint64_t tail_seqnum, head_seqnum;
  uint64_t entry_array_offset;
  uint64_t head_realtime, tail_realtime, tail_monotonic;
};
static_assert(sizeof(Header) == 208);
}  // namespace

bool JournalTail::ReadFrom(int fd) {
  Header header;
  if (pread(fd, &header, sizeof header, 0) != sizeof header || memcmp(header.signature, kSignature, sizeof kSignature) != 0) return false;
  file_id = header.file_id;
  entries = le64toh(header.entries);
  seqnum_id = header.seqnum_id;
  seqnum = le64toh(header.tail_seqnum);
  boot_id = header.tail_boot_id;
  realtime_usec = le64toh(header.tail_realtime);
  monotonic_usec = le64toh(header.tail_monotonic);
  is_archived = header.state == kArchived;
  return true;
}
