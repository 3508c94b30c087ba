// Reads the journal through libsystemd (sd-journal(3)), woken by the event loop: one handle, no timer on local disks, and no thread but for
// a backlog (journal_ahead.h).
#pragma once

#include <napi.h>
#include <systemd/sd-journal.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event_callback.h"
#include "journal_ahead.h"
#include "journal_batch.h"
#include "journal_files.h"
#include "journal_scan.h"
#include "readiness.h"
#include "wake_timer.h"

/**
 * new JournalReader({ path?, files?, flags?, namespace? }, onReadable): opens; throws a system error. `files` are patterns of glob(7).
 *  select(selectors)                  [{ matches: string[][], isSystemOnly }]; keeps the place. EINVAL where a match is no FIELD=value
 *  seekHead()                         to the first entry
 *  seekTail()                         after the last entry, selected or not; its { cursor, realtimeUsec }, undefined in an empty journal
 *  seekCursor(cursor, realtimeUsec)   after that entry; where it is gone, after its place, or after its time where that is unknown:
 *                                     { isThere, nextUsec }, the time of the entry that follows
 *  seekRealtime(usec)                 to the first entry of that time or later
 *  seekMonotonic(bootId, usec)        to the first entry of that boot's time or later
 *  read(maxRecords, maxBytes)         the entries that come next, as columns; see RawJournalRecords in src/binding/addon.ts
 *  start(), stop()                    onReadable() is called whenever something changed, until stop(); keeps the process alive
 *  close()                            idempotent; everything else throws EBADF after it
 * Where a file goes away before it was read to its end, a loss is told. Where descriptors are too few for all files of the journal, opening
 * and read throw EMFILE.
 * A journal file that is truncated while it is read: read throws EFAULT and has moved on nowhere; this reader is of no more use, a new one
 * at the last place is.
 */
class JournalReader : public Napi::ObjectWrap<JournalReader> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit JournalReader(const Napi::CallbackInfo& info);
  ~JournalReader() override;

 private:
  void Select(const Napi::CallbackInfo& info);
  void SeekHead(const Napi::CallbackInfo& info);
  Napi::Value SeekTail(const Napi::CallbackInfo& info);
  Napi::Value SeekCursor(const Napi::CallbackInfo& info);
  void SeekRealtime(const Napi::CallbackInfo& info);
  void SeekMonotonic(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  void Require(Napi::Env env, const JournalStatus& status) const;
  void RequireOpen(Napi::Env env, const char* call) const;
  /** To set the anchor: what was read ahead is of no use from there. */
  JournalAnchor& MoveTo();
  /** Takes in which files came and went: whether any did. A loss in the batch where entries of such may be missing. */
  bool Process(Napi::Env env, JournalBatch& batch);
  /** Notices of changes; on file systems that give none (NFS) always. */
  bool HasNotices();
  void RequireAllFiles(Napi::Env env) const;
  /** The next batch of a backlog, where one is read ahead; false where it is to be read here. */
  bool TakeAhead(JournalBatch& batch, size_t max_records, size_t max_bytes);
  /** After a batch that was read here. */
  void ReadAhead(const JournalBatch& batch);
  /** What it read and nobody took is read again. */
  void DropAhead();
  void SetTimer();
  void StopPolling();
  void Release();
  void OnWake(int status);

  JournalScan scan_;
  std::string name_;
  Readiness readiness_;
  WakeTimer timer_;
  JournalFiles files_;
  std::unique_ptr<JournalAhead> ahead_;
  // Batches in a row that were not the last, read here.
  uint32_t backlog_ = 0;
  EventCallback on_readable_;
};
