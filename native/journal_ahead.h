// Reads a backlog of the journal on a thread of its own, while JavaScript is at work on what was read before. For a backlog only: what is
// written from now on is met by the event loop, and there is no thread then.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

#include "journal_batch.h"
#include "journal_files.h"
#include "journal_scan.h"

/**
 * Event-loop thread only. The thread has a handle of its own (sd-journal(3): only a single thread may operate on one, from its opening to
 * its closing). It ends with the backlog, or with any trouble, which whoever goes on then meets in turn.
 */
class JournalAhead {
 public:
  /** Begins to open the files. */
  explicit JournalAhead(HeldJournalFiles files);
  /** Waits for what is being read. */
  ~JournalAhead();
  JournalAhead(const JournalAhead&) = delete;
  JournalAhead& operator=(const JournalAhead&) = delete;

  /** Reads on from there, in batches as Read of JournalScan has them; once. False while the files are still being opened. */
  bool Begin(const JournalProgress& progress, size_t max_records, size_t max_bytes);
  /** After Begin: the batch that comes next, waited for; one that is not the last. False where there is none. `max_records`: of later ones. */
  bool Take(JournalBatch& batch, size_t max_records);

 private:
  void Run();
  bool AwaitBegin();
  bool AwaitRoom(size_t* max_records);

  HeldJournalFiles files_;  // until they are open
  JournalScan scan_;  // the thread's, but before Begin
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<JournalBatch> ready_;
  bool is_open_ = false;
  bool is_begun_ = false;
  bool is_over_ = false;
  bool is_stopped_ = false;
  size_t max_records_ = 0;
  size_t max_bytes_ = 0;
  std::thread thread_;
};
