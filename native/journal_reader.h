// Reads the journal through libsystemd (sd-journal(3)), woken by the event loop: one handle, no thread, no timer on local disks.
#pragma once

#include <napi.h>
#include <systemd/sd-journal.h>

#include <string>
#include <vector>

#include "event_callback.h"
#include "journal_anchor.h"
#include "journal_batch.h"
#include "journal_entry.h"
#include "journal_selection.h"
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

  void Require(Napi::Env env, int status, const char* call) const;
  void RequireOpen(Napi::Env env, const char* call) const;
  /** Puts the handle where the anchor says, with the selection's matches. */
  void Place(Napi::Env env);
  /** After a batch: the anchor to its end. */
  void MoveOn(const JournalBatch& batch);
  /** With the index where few entries are selected, without where many are. */
  void ChooseIndex(const JournalBatch& batch);
  void SetTimer();
  void StopPolling();
  void Release();
  void OnWake(int status);

  sd_journal* journal_ = nullptr;
  Readiness readiness_;
  WakeTimer timer_;
  std::string name_;
  JournalSelection selection_;
  JournalEntry entry_;

  JournalAnchor anchor_;
  bool is_placed_ = false;
  // Whether libsystemd's index skips what is not selected.
  bool uses_index_ = false;
  uint32_t sampled_ = 0;
  uint32_t sampled_selected_ = 0;
  // One loss for a journal that cannot be stepped through, not one at each wake-up.
  bool is_stuck_ = false;
  double sequence_ = 0;

  EventCallback on_readable_;
};
