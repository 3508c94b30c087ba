#include "journal_scan.h"

#include <cerrno>

#include "sigbus_guard.h"

namespace {
// Compressed fields are unpacked this far at most (sd_journal_set_data_threshold(3)).
constexpr size_t kDataThreshold = 64 * 1024;
// The index costs several times what reading an entry does (measured: bench/journal.ts), so it pays where it skips three entries of four.
// Which it is, reading a few without it tells, now and then.
constexpr uint32_t kSampledEntries = 512;
constexpr uint32_t kEntriesPerSample = 16384;
constexpr uint32_t kIndexPaysBelow = 4;
}  // namespace

JournalStatus JournalScan::Open() {
  SigbusGuard guard;
  JournalStatus opened = place_.Open(&journal_);
  if (!opened.Failed()) sd_journal_set_data_threshold(journal_, kDataThreshold);
  return opened;
}

JournalStatus JournalScan::OpenFiles(HeldJournalFiles& files) {
  SigbusGuard guard;
  std::vector<int> descriptors = files.descriptors();
  int status = sd_journal_open_files_fd(&journal_, descriptors.data(), static_cast<unsigned>(descriptors.size()), 0);
  if (status >= 0) {
    files.Release();
    sd_journal_set_data_threshold(journal_, kDataThreshold);
  }
  return {status, "sd_journal_open_files_fd"};
}

void JournalScan::Close() {
  if (journal_ == nullptr) return;
  SigbusGuard guard;
  sd_journal_close(journal_);
  journal_ = nullptr;
}

bool JournalScan::Select(const std::vector<JournalSelector>& selectors) {
  if (!progress_.selection.Set(selectors)) return false;
  is_placed_ = false;
  uses_index_ = false;
  sampled_ = sampled_selected_ = 0;
  return true;
}

void JournalScan::GoOnFrom(const JournalProgress& progress) {
  progress_ = progress;
  is_placed_ = false;
}

JournalAnchor& JournalScan::MoveTo() {
  is_placed_ = false;
  return progress_.anchor;
}

void JournalScan::Skip(const JournalBatch& batch) {
  if (batch.read > 0) MoveOn(batch);
  progress_.next_sequence += static_cast<double>(batch.count());
  is_placed_ = false;
}

int JournalScan::Process() {
  SigbusGuard guard;
  return sd_journal_process(journal_);
}

JournalStatus JournalScan::Read(JournalBatch& batch, size_t max_records, size_t max_bytes) {
  SigbusGuard guard;
  if (!is_placed_) {
    JournalStatus placed = Place();
    if (placed.Failed()) return placed;
  }
  // Entries that are read count, selected or not: the bound is one of work.
  while (batch.read + batch.unreadable < max_records && batch.bytes.size() < max_bytes) {
    int status = progress_.anchor.Next(journal_);
    if (status > 0) {
      is_stuck_ = false;
      if (!batch.Take(journal_, progress_.selection, entry_, progress_.next_sequence)) batch.unreadable++;
      if (guard.Hit()) break;
      continue;
    }
    batch.is_at_end = true;
    if (status < 0) {
      if (!IsJournalDamage(status)) return {status, "sd_journal_next"};
      if (!is_stuck_) batch.losses.push_back({-1, "a damaged journal file cannot be read on"});
      is_stuck_ = true;
    }
    break;
  }
  if (batch.read > 0) {
    batch.cursor = CursorOf(journal_);
    if (!guard.Hit()) MoveOn(batch);
  }
  if (guard.Hit()) return {-EFAULT, "read"};
  if (batch.unreadable > 0) batch.losses.push_back({static_cast<double>(batch.unreadable), "entries in a damaged journal file"});
  return {};
}

JournalStatus JournalScan::Place() {
  if (uses_index_) {
    int pushed = progress_.selection.PushDown(journal_);
    if (pushed < 0) return {pushed, "sd_journal_add_match"};
  } else {
    sd_journal_flush_matches(journal_);
  }
  int sought = progress_.anchor.Seek(journal_);
  if (sought < 0) return {sought, "sd_journal_seek"};
  is_placed_ = true;
  return {};
}

void JournalScan::MoveOn(const JournalBatch& batch) {
  if (batch.cursor.empty()) {
    progress_.anchor.SetRealtime(batch.last_usec + 1);
  } else {
    progress_.anchor.SetCursor(batch.cursor);
    ChooseIndex(batch);
  }
}

void JournalScan::ChooseIndex(const JournalBatch& batch) {
  if (progress_.selection.TakesAll()) return;
  sampled_ += batch.read;
  sampled_selected_ += static_cast<uint32_t>(batch.count());
  if (sampled_ < (uses_index_ ? kEntriesPerSample : kSampledEntries)) return;
  bool pays = uses_index_ ? false : sampled_selected_ < sampled_ / kIndexPaysBelow;
  if (pays != uses_index_) is_placed_ = false;
  uses_index_ = pays;
  sampled_ = sampled_selected_ = 0;
}

bool IsJournalDamage(int status) {
  return status == -EBADMSG || status == -EADDRNOTAVAIL || status == -EIO || status == -ENODATA || status == -ENOENT;
}
