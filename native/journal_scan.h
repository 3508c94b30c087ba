// One pass over a journal: what is selected, from a place on, batch by batch. Knows nothing of JavaScript; one thread has it.
#pragma once

#include <systemd/sd-journal.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "journal_anchor.h"
#include "journal_batch.h"
#include "journal_entry.h"
#include "journal_files.h"
#include "journal_place.h"
#include "journal_selection.h"

/** Where a scan is, and what it looks for: another one can go on from there. */
struct JournalProgress {
  JournalSelection selection;
  JournalAnchor anchor;
  // Of the entries that were selected so far.
  double next_sequence = 0;
};

class JournalScan {
 public:
  explicit JournalScan(JournalPlace place) : place_(std::move(place)) { progress_.selection.Set({}); }
  ~JournalScan() { Close(); }
  JournalScan(const JournalScan&) = delete;
  JournalScan& operator=(const JournalScan&) = delete;

  JournalStatus Open();
  /** The same files as another handle; follows no changes. Takes the descriptors, but where it fails. */
  JournalStatus OpenFiles(HeldJournalFiles& files);
  bool IsOpen() const { return journal_ != nullptr; }
  /** Idempotent. */
  void Close();

  /** False where a match is no FIELD=value. The place is kept. */
  bool Select(const std::vector<JournalSelector>& selectors);
  /** The next Read goes on from where that scan is. */
  void GoOnFrom(const JournalProgress& progress);
  const JournalProgress& progress() const { return progress_; }
  const JournalPlace& place() const { return place_; }
  /** As sd_journal_process(3): takes in which files came and went, after sd_journal_get_fd was called. Read does not. */
  int Process();
  /** Past a batch that another scan read. */
  void Skip(const JournalBatch& batch);

  /** For looking at it, which loses no place. */
  sd_journal* journal() { return journal_; }
  /** The next Read begins at what the anchor is set to. */
  JournalAnchor& MoveTo();

  /**
   * The entries that come next. EFAULT where a file was truncated while it was read: then nothing has moved, and the scan is of no more use.
   * Damage is no failure, but a loss in the batch.
   */
  JournalStatus Read(JournalBatch& batch, size_t max_records, size_t max_bytes);

 private:
  JournalStatus Place();
  void MoveOn(const JournalBatch& batch);
  /** With the index where few entries are selected, without where many are. */
  void ChooseIndex(const JournalBatch& batch);

  JournalPlace place_;
  sd_journal* journal_ = nullptr;
  JournalProgress progress_;
  JournalEntry entry_;
  bool is_placed_ = false;
  // Whether libsystemd's index skips what is not selected.
  bool uses_index_ = false;
  uint32_t sampled_ = 0;
  uint32_t sampled_selected_ = 0;
  // One loss for a journal that cannot be stepped through, not one at each wake-up.
  bool is_stuck_ = false;
};

/** What a damaged file answers, as opposed to a machine without memory. */
bool IsJournalDamage(int status);
