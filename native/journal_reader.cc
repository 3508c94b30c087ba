#include "journal_reader.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "arguments.h"
#include "sigbus_guard.h"
#include "system_error.h"

namespace {
// A thread and a journal opened once more pay where there is much to read.
constexpr uint32_t kBatchesOfBacklog = 8;
constexpr size_t kMaxRecords = 1 << 20;
constexpr size_t kMaxBytes = 1 << 30;

constexpr const char* kWentAway = "a journal file went away before all of it was read";

uint64_t UsecOf(const Napi::Value& value) { return static_cast<uint64_t>(std::max(0.0, value.ToNumber().DoubleValue())); }
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
      scan_(JournalPlaceOf(info[0].As<Napi::Object>())),
      name_(scan_.place().Name()),
      on_readable_(info[1].As<Napi::Function>(), "ringjail:JournalReader") {
  Napi::Env env = info.Env();
  files_.Begin();
  Require(env, scan_.Open());
  try {
    SigbusGuard guard;
    // Watches first, entries after: what is written between the two is not missed.
    int fd = sd_journal_get_fd(scan_.journal());
    Require(env, {fd, "sd_journal_get_fd"});
    files_.End(scan_.progress().anchor);
    RequireAllFiles(env);
    Require(env, {readiness_.Open(env, fd, [this](int status) { OnWake(status); }), "poll"});
    timer_.Open(env, [this] { OnWake(0); });
  } catch (...) {
    scan_.Close();
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
  DropAhead();
  if (!scan_.Select(selectors)) throw SystemError(env, EINVAL, "sd_journal_add_match", name_);
}

JournalAnchor& JournalReader::MoveTo() {
  DropAhead();
  files_.Forget();
  return scan_.MoveTo();
}

void JournalReader::SeekHead(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "seekHead");
  MoveTo().SetHead();
}

Napi::Value JournalReader::SeekTail(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekTail");
  SigbusGuard guard;
  sd_journal* journal = scan_.journal();
  sd_journal_flush_matches(journal);
  JournalAnchor& anchor = MoveTo();
  Require(env, {sd_journal_seek_tail(journal), "sd_journal_seek_tail"});
  // seek_tail alone is no place from where next works (systemd issue 9934); and in an empty journal no entry ever comes after the tail.
  int status = sd_journal_previous(journal);
  if (status < 0 && !IsJournalDamage(status)) Require(env, {status, "sd_journal_previous"});
  std::string cursor = status > 0 ? CursorOf(journal) : "";
  if (cursor.empty()) {
    anchor.SetHead();
    return env.Undefined();
  }
  anchor.SetCursor(cursor);
  uint64_t usec = 0;
  sd_journal_get_realtime_usec(journal, &usec);
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
  sd_journal* journal = scan_.journal();
  // Without matches: the entry need not be one that is selected today.
  sd_journal_flush_matches(journal);
  JournalAnchor& anchor = MoveTo();
  anchor.SetCursor(cursor);
  int status = cursor.empty() ? -EINVAL : sd_journal_seek_cursor(journal, cursor.c_str());
  if (status >= 0) status = sd_journal_next(journal);
  bool is_there = status > 0 && anchor.IsAt(journal);
  if (!is_there && status <= 0) {
    // A cursor of nowhere, or one that lies behind all there is: going by it could be waiting for ever.
    anchor.SetRealtime(after_usec);
    status = sd_journal_seek_realtime_usec(journal, after_usec);
    if (status >= 0) status = sd_journal_next(journal);
  }
  uint64_t next = 0;
  bool is_known = !is_there && status > 0 && sd_journal_get_realtime_usec(journal, &next) >= 0;
  Napi::Object result = Napi::Object::New(env);
  result.Set("isThere", is_there);
  result.Set("nextUsec", is_known ? Napi::Number::New(env, static_cast<double>(next)) : env.Undefined());
  return result;
}

void JournalReader::SeekRealtime(const Napi::CallbackInfo& info) {
  RequireOpen(info.Env(), "seekRealtime");
  MoveTo().SetRealtime(UsecOf(info[0]));
}

void JournalReader::SeekMonotonic(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekMonotonic");
  std::string boot_id = info[0].ToString().Utf8Value();
  sd_id128_t id;
  Require(env, {sd_id128_from_string(boot_id.c_str(), &id), "sd_id128_from_string"});
  MoveTo().SetMonotonic(id, UsecOf(info[1]));
}

Napi::Value JournalReader::Read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "read");
  size_t max_records = SizeArgument(info, 0, "maxRecords", kMaxRecords);
  size_t max_bytes = SizeArgument(info, 1, "maxBytes", kMaxBytes);
  JournalBatch batch;
  files_.Look();
  bool is_changed = Process(env, batch);
  JournalAnchor from = scan_.progress().anchor;
  if (!TakeAhead(batch, max_records, max_bytes)) {
    Require(env, scan_.Read(batch, max_records, max_bytes));
    ReadAhead(batch);
  }
  if (files_.MoveOn(from, scan_.progress().anchor, batch.is_at_end)) batch.losses.push_back({-1, kWentAway});
  batch.is_invalidated = is_changed;
  return batch.ToObject(env);
}

// At each read and not only when woken, so that notices of new and deleted files do not pile up during a long backlog.
bool JournalReader::Process(Napi::Env env, JournalBatch& batch) {
  if (!HasNotices()) return false;
  files_.Begin();
  int change = scan_.Process();
  Require(env, {change, "sd_journal_process"});
  if (change != SD_JOURNAL_INVALIDATE) return false;
  if (files_.End(scan_.progress().anchor)) batch.losses.push_back({-1, kWentAway});
  // Whoever reads ahead does not see files that came since, whose entries may lie before what it has read.
  DropAhead();
  RequireAllFiles(env);
  return true;
}

bool JournalReader::HasNotices() {
  sd_journal* journal = scan_.journal();
  pollfd notices = {sd_journal_get_fd(journal), POLLIN, 0};
  return poll(&notices, 1, 0) > 0 || sd_journal_reliable_fd(journal) <= 0;
}

void JournalReader::RequireAllFiles(Napi::Env env) const {
  if (!HasSpareDescriptors()) throw SystemError(env, EMFILE, "sd_journal_open", name_);
}

bool JournalReader::TakeAhead(JournalBatch& batch, size_t max_records, size_t max_bytes) {
  if (ahead_ == nullptr || !ahead_->Begin(scan_.progress(), max_records, max_bytes)) return false;
  std::vector<JournalBatch::Loss> told = std::move(batch.losses);
  bool is_taken = ahead_->Take(batch, max_records);
  batch.losses.insert(batch.losses.begin(), told.begin(), told.end());
  if (is_taken) scan_.Skip(batch);
  else DropAhead();
  return is_taken;
}

void JournalReader::ReadAhead(const JournalBatch& batch) {
  if (batch.is_at_end) {
    DropAhead();
  } else if (++backlog_ == kBatchesOfBacklog) {
    // Without descriptors to spare, or a thread to be had, it goes on here, as it did so far.
    HeldJournalFiles files;
    if (!files.Hold(files_.all())) return;
    try {
      ahead_ = std::make_unique<JournalAhead>(std::move(files));
    } catch (const std::exception&) {
    }
  }
}

void JournalReader::DropAhead() {
  ahead_.reset();
  backlog_ = 0;
}

void JournalReader::Start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "poll");
  SetTimer();
  if (readiness_.is_started()) return;
  int events = sd_journal_get_events(scan_.journal());
  Require(env, {events, "sd_journal_get_events"});
  int status = readiness_.Start(((events & POLLIN) != 0 ? UV_READABLE : 0) | ((events & POLLOUT) != 0 ? UV_WRITABLE : 0));
  Require(env, {status, "poll"});
  Ref();
}

// Only for file systems that tell nothing of changes (NFS); on local disks there is no timeout.
void JournalReader::SetTimer() {
  uint64_t at = UINT64_MAX;
  if (sd_journal_get_timeout(scan_.journal(), &at) < 0 || at == UINT64_MAX) return;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t now_usec = static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  timer_.Start(at > now_usec ? (at - now_usec + 999) / 1000 : 1);
}

void JournalReader::Stop(const Napi::CallbackInfo& info) { StopPolling(); }

void JournalReader::Close(const Napi::CallbackInfo& info) { Release(); }

void JournalReader::Require(Napi::Env env, const JournalStatus& status) const {
  if (status.Failed()) throw SystemError(env, -status.status, status.call, name_);
}

void JournalReader::RequireOpen(Napi::Env env, const char* call) const {
  if (!scan_.IsOpen()) throw SystemError(env, EBADF, call, name_);
}

void JournalReader::StopPolling() {
  if (!readiness_.Stop()) return;
  timer_.Stop();
  Unref();
}

void JournalReader::Release() {
  if (!scan_.IsOpen()) return;
  StopPolling();
  readiness_.Close();
  timer_.Close();
  DropAhead();
  scan_.Close();
}

// Event-loop thread. A bad status is not judged here: the read that follows meets the same trouble and says what it is.
void JournalReader::OnWake(int status) {
  if (status < 0) StopPolling();
  on_readable_.Call();
}
