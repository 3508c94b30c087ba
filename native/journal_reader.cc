#include "journal_reader.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "arguments.h"
#include "journal_place.h"
#include "sigbus_guard.h"
#include "system_error.h"

namespace {
// Compressed fields are unpacked this far at most (sd_journal_set_data_threshold(3)).
constexpr size_t kDataThreshold = 64 * 1024;
// The index costs several times what reading an entry does (measured: bench/journal.ts), so it pays where it skips three entries of four.
// Which it is, reading a few without it tells, now and then.
constexpr uint32_t kSampledEntries = 512;
constexpr uint32_t kEntriesPerSample = 16384;
constexpr uint32_t kIndexPaysBelow = 4;
constexpr size_t kMaxRecords = 1 << 20;
constexpr size_t kMaxBytes = 1 << 30;

uint64_t UsecOf(const Napi::Value& value) { return static_cast<uint64_t>(std::max(0.0, value.ToNumber().DoubleValue())); }

// What a damaged file answers, as opposed to a machine without memory.
bool IsDamage(int status) { return status == -EBADMSG || status == -EADDRNOTAVAIL || status == -EIO || status == -ENODATA || status == -ENOENT; }
}  // namespace

Napi::Function JournalReader::Define(Napi::Env env) {
  return DefineClass(env, "JournalReader",
                     {
                         InstanceMethod<&JournalReader::Select>("select"),
                         InstanceMethod<&JournalReader::SeekHead>("seekHead"),
                         InstanceMethod<&JournalReader::SeekTail>("seekTail"),
                         InstanceMethod<&JournalReader::SeekCursor>("seekCursor"),
                         InstanceMethod<&JournalReader::SeekRealtime>("seekRealtime"),
                         InstanceMethod<&JournalReader::SeekMonotonic>("seekMonotonic"),
                         InstanceMethod<&JournalReader::Read>("read"),
                         InstanceMethod<&JournalReader::Start>("start"),
                         InstanceMethod<&JournalReader::Stop>("stop"),
                         InstanceMethod<&JournalReader::Close>("close"),
                     });
}

JournalReader::JournalReader(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<JournalReader>(info),
      on_readable_(info[1].As<Napi::Function>(), "ringjail:JournalReader") {
  Napi::Env env = info.Env();
  selection_.Set({});
  SigbusGuard guard;
  journal_ = OpenJournal(env, info[0].As<Napi::Object>(), &name_);
  try {
    sd_journal_set_data_threshold(journal_, kDataThreshold);
    // Watches first, entries after: what is written between the two is not missed.
    int fd = sd_journal_get_fd(journal_);
    Require(env, fd, "sd_journal_get_fd");
    Require(env, readiness_.Open(env, fd, [this](int status) { OnWake(status); }), "poll");
    timer_.Open(env, [this] { OnWake(0); });
  } catch (...) {
    sd_journal_close(journal_);
    journal_ = nullptr;
    throw;
  }
}

// Reached by the garbage collector only while not polling: Start() holds a reference.
JournalReader::~JournalReader() { Release(); }

void JournalReader::Select(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "select");
  std::vector<JournalSelector> selectors;
  Napi::Array given = info[0].As<Napi::Array>();
  for (uint32_t index = 0; index < given.Length(); index++) {
    Napi::Object object = given.Get(index).As<Napi::Object>();
    JournalSelector selector;
    Napi::Array alternatives = object.Get("matches").As<Napi::Array>();
    for (uint32_t i = 0; i < alternatives.Length(); i++) selector.alternatives.push_back(StringsOf(alternatives.Get(i)));
    selector.is_system_only = object.Get("isSystemOnly").ToBoolean();
    selectors.push_back(std::move(selector));
  }
  if (!selection_.Set(selectors)) throw SystemError(env, EINVAL, "sd_journal_add_match", name_);
  is_placed_ = false;
  uses_index_ = false;
  sampled_ = sampled_selected_ = 0;
}

void JournalReader::SeekHead(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "seekHead");
  anchor_.SetHead();
  is_placed_ = false;
}

Napi::Value JournalReader::SeekTail(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekTail");
  SigbusGuard guard;
  sd_journal_flush_matches(journal_);
  is_placed_ = false;
  Require(env, sd_journal_seek_tail(journal_), "sd_journal_seek_tail");
  // seek_tail alone is no place from where next works (systemd issue 9934); and in an empty journal no entry ever comes after the tail.
  int status = sd_journal_previous(journal_);
  if (status < 0 && !IsDamage(status)) Require(env, status, "sd_journal_previous");
  std::string cursor = status > 0 ? CursorOf(journal_) : "";
  if (cursor.empty()) {
    anchor_.SetHead();
    return env.Undefined();
  }
  anchor_.SetCursor(cursor);
  uint64_t usec = 0;
  sd_journal_get_realtime_usec(journal_, &usec);
  Napi::Object result = Napi::Object::New(env);
  result.Set("cursor", cursor);
  result.Set("realtimeUsec", static_cast<double>(usec));
  return result;
}

Napi::Value JournalReader::SeekCursor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekCursor");
  SigbusGuard guard;
  std::string cursor = info[0].ToString().Utf8Value();
  uint64_t after_usec = UsecOf(info[1]) + 1;
  // Without matches: the entry need not be one that is selected today.
  sd_journal_flush_matches(journal_);
  is_placed_ = false;
  anchor_.SetCursor(cursor);
  int status = cursor.empty() ? -EINVAL : sd_journal_seek_cursor(journal_, cursor.c_str());
  if (status >= 0) status = sd_journal_next(journal_);
  bool is_there = status > 0 && anchor_.IsAt(journal_);
  if (!is_there && status <= 0) {
    // A cursor of nowhere, or one that lies behind all there is: going by it could be waiting for ever.
    anchor_.SetRealtime(after_usec);
    status = sd_journal_seek_realtime_usec(journal_, after_usec);
    if (status >= 0) status = sd_journal_next(journal_);
  }
  uint64_t next = 0;
  bool is_known = !is_there && status > 0 && sd_journal_get_realtime_usec(journal_, &next) >= 0;
  Napi::Object result = Napi::Object::New(env);
  result.Set("isThere", is_there);
  result.Set("nextUsec", is_known ? Napi::Number::New(env, static_cast<double>(next)) : env.Undefined());
  return result;
}

void JournalReader::SeekRealtime(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "seekRealtime");
  anchor_.SetRealtime(UsecOf(info[0]));
  is_placed_ = false;
}

void JournalReader::SeekMonotonic(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekMonotonic");
  std::string boot_id = info[0].ToString().Utf8Value();
  sd_id128_t id;
  Require(env, sd_id128_from_string(boot_id.c_str(), &id), "sd_id128_from_string");
  anchor_.SetMonotonic(id, UsecOf(info[1]));
  is_placed_ = false;
}

Napi::Value JournalReader::Read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "read");
  size_t max_records = SizeArgument(info, 0, "maxRecords", kMaxRecords);
  size_t max_bytes = SizeArgument(info, 1, "maxBytes", kMaxBytes);
  JournalBatch batch;
  {
    SigbusGuard guard;
    // At each read and not only when woken, so that notices of new and deleted files do not pile up during a long backlog.
    int change = sd_journal_process(journal_);
    Require(env, change, "sd_journal_process");
    batch.is_invalidated = change == SD_JOURNAL_INVALIDATE;
    if (!is_placed_) Place(env);
    // Entries that are read count, selected or not: the bound is one of work.
    while (batch.read + batch.unreadable < max_records && batch.bytes.size() < max_bytes) {
      int status = anchor_.Next(journal_);
      if (status > 0) {
        is_stuck_ = false;
        if (!batch.Take(journal_, selection_, entry_, sequence_)) batch.unreadable++;
        if (guard.Hit()) break;
        continue;
      }
      batch.is_at_end = true;
      if (status < 0) {
        if (!IsDamage(status)) Require(env, status, "sd_journal_next");
        if (!is_stuck_) batch.losses.push_back({-1, "a damaged journal file cannot be read on"});
        is_stuck_ = true;
      }
      break;
    }
    if (batch.read > 0) {
      batch.cursor = CursorOf(journal_);
      if (!guard.Hit()) MoveOn(batch);
    }
    if (guard.Hit()) throw SystemError(env, EFAULT, "read", name_);
  }
  if (batch.unreadable > 0) batch.losses.push_back({static_cast<double>(batch.unreadable), "entries in a damaged journal file"});
  return batch.ToObject(env);
}

void JournalReader::MoveOn(const JournalBatch& batch) {
  if (batch.cursor.empty()) {
    anchor_.SetRealtime(batch.last_usec + 1);
  } else {
    anchor_.SetCursor(batch.cursor);
    ChooseIndex(batch);
  }
}

void JournalReader::ChooseIndex(const JournalBatch& batch) {
  if (selection_.TakesAll()) return;
  sampled_ += batch.read;
  sampled_selected_ += static_cast<uint32_t>(batch.count());
  if (sampled_ < (uses_index_ ? kEntriesPerSample : kSampledEntries)) return;
  bool pays = uses_index_ ? false : sampled_selected_ < sampled_ / kIndexPaysBelow;
  if (pays != uses_index_) is_placed_ = false;
  uses_index_ = pays;
  sampled_ = sampled_selected_ = 0;
}

void JournalReader::Place(Napi::Env env) {
  if (uses_index_) {
    Require(env, selection_.PushDown(journal_), "sd_journal_add_match");
  } else {
    sd_journal_flush_matches(journal_);
  }
  Require(env, anchor_.Seek(journal_), "sd_journal_seek");
  is_placed_ = true;
}

void JournalReader::Start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "poll");
  SetTimer();
  if (readiness_.is_started()) return;
  int events = sd_journal_get_events(journal_);
  Require(env, events, "sd_journal_get_events");
  int status = readiness_.Start(((events & POLLIN) != 0 ? UV_READABLE : 0) | ((events & POLLOUT) != 0 ? UV_WRITABLE : 0));
  Require(env, status, "poll");
  Ref();
}

// Only for file systems that tell nothing of changes (NFS); on local disks there is no timeout.
void JournalReader::SetTimer() {
  uint64_t at = UINT64_MAX;
  if (sd_journal_get_timeout(journal_, &at) < 0 || at == UINT64_MAX) return;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t now_usec = static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  timer_.Start(at > now_usec ? (at - now_usec + 999) / 1000 : 1);
}

void JournalReader::Stop(const Napi::CallbackInfo& info) { StopPolling(); }

void JournalReader::Close(const Napi::CallbackInfo& info) { Release(); }

void JournalReader::Require(Napi::Env env, int status, const char* call) const {
  if (status < 0) throw SystemError(env, -status, call, name_);
}

void JournalReader::RequireOpen(Napi::Env env, const char* call) const {
  if (journal_ == nullptr) throw SystemError(env, EBADF, call, name_);
}

void JournalReader::StopPolling() {
  if (!readiness_.Stop()) return;
  timer_.Stop();
  Unref();
}

void JournalReader::Release() {
  if (journal_ == nullptr) return;
  StopPolling();
  readiness_.Close();
  timer_.Close();
  SigbusGuard guard;
  sd_journal_close(journal_);
  journal_ = nullptr;
}

// Event-loop thread. A bad status is not judged here: the read that follows meets the same trouble and says what it is.
void JournalReader::OnWake(int status) {
  if (status < 0) StopPolling();
  on_readable_.Call();
}
