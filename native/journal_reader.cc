#include "journal_reader.h"

#include <glob.h>
#include <poll.h>
#include <time.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "sigbus_guard.h"
#include "system_error.h"

namespace {
// Compressed fields are unpacked this far at most (sd_journal_set_data_threshold(3)).
constexpr size_t kDataThreshold = 64 * 1024;
// journald's own limit on the fields of an entry (journal-importer.h, ENTRY_FIELD_COUNT_MAX): more is a damaged file.
constexpr size_t kMaxFields = 1024;
// The index costs several times what reading an entry does (measured: bench/journal.ts), so it pays where it skips three entries of four.
// Which it is, reading a few without it tells, now and then.
constexpr uint32_t kSampledEntries = 512;
constexpr uint32_t kEntriesPerSample = 16384;
constexpr uint32_t kIndexPaysBelow = 4;
// Entries of the same microsecond in several files may come before the one that was sought.
constexpr int kBesideAnchor = 4;
constexpr size_t kMaxRecords = 1 << 20;
constexpr size_t kMaxBytes = 1 << 30;

template <typename Array, typename T>
Array ColumnOf(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size());
  if (!values.empty()) memcpy(array.Data(), values.data(), values.size() * sizeof(T));
  return array;
}

std::vector<std::string> StringsOf(const Napi::Value& value) {
  std::vector<std::string> strings;
  if (!value.IsArray()) return strings;
  Napi::Array array = value.As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); index++) strings.push_back(array.Get(index).ToString().Utf8Value());
  return strings;
}

// What a damaged file answers, as opposed to a machine without memory.
bool IsDamage(int status) { return status == -EBADMSG || status == -EADDRNOTAVAIL || status == -EIO || status == -ENODATA || status == -ENOENT; }
}  // namespace

struct JournalReader::Columns {
  struct Loss {
    double count;  // negative: unknown
    std::string reason;
  };
  std::vector<char> bytes;
  std::vector<uint32_t> line_start, message_start, message_end, selected;
  std::vector<double> realtime_usec, since_boot_usec, sequence;
  std::vector<uint16_t> priority;
  std::vector<uint8_t> is_of_device;
  std::vector<Loss> losses;
  uint32_t read = 0;
  uint32_t unreadable = 0;
  uint64_t last_usec = 0;
  bool is_at_end = false;
  bool is_invalidated = false;
  std::string cursor;
};

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
  Open(env, info[0].As<Napi::Object>());
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

void JournalReader::Open(Napi::Env env, const Napi::Object& place) {
  int flags = place.Get("flags").IsNumber() ? place.Get("flags").ToNumber().Int32Value() : 0;
  if (place.Get("files").IsArray()) {
    glob_t found = {};
    int added = 0;
    for (const std::string& pattern : StringsOf(place.Get("files"))) {
      name_ += (name_.empty() ? "" : " ") + pattern;
      // A pattern that names nothing stays as it is, and opening says ENOENT.
      glob(pattern.c_str(), GLOB_NOCHECK | (added++ > 0 ? GLOB_APPEND : 0), nullptr, &found);
    }
    std::vector<const char*> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    paths.push_back(nullptr);
    int status = paths.size() == 1 ? -ENOENT : sd_journal_open_files(&journal_, paths.data(), 0);
    if (added > 0) globfree(&found);
    Require(env, status, "sd_journal_open_files");
  } else if (place.Get("path").IsString()) {
    name_ = place.Get("path").ToString().Utf8Value();
    Require(env, sd_journal_open_directory(&journal_, name_.c_str(), flags), "sd_journal_open_directory");
  } else if (place.Get("namespace").IsString()) {
    std::string journal_namespace = place.Get("namespace").ToString().Utf8Value();
    name_ = "namespace " + journal_namespace;
    Require(env, sd_journal_open_namespace(&journal_, journal_namespace.c_str(), flags == 0 ? SD_JOURNAL_LOCAL_ONLY : flags),
            "sd_journal_open_namespace");
  } else {
    name_ = "the journal";
    Require(env, sd_journal_open(&journal_, flags == 0 ? SD_JOURNAL_LOCAL_ONLY : flags), "sd_journal_open");
  }
}

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
  anchor_ = Anchor::kHead;
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
  std::string cursor = status > 0 ? CurrentCursor() : "";
  if (cursor.empty()) {
    anchor_ = Anchor::kHead;
    return env.Undefined();
  }
  anchor_ = Anchor::kCursor;
  cursor_ = cursor;
  uint64_t usec = 0;
  sd_journal_get_realtime_usec(journal_, &usec);
  Napi::Object result = Napi::Object::New(env);
  result.Set("cursor", cursor_);
  result.Set("realtimeUsec", static_cast<double>(usec));
  return result;
}

Napi::Value JournalReader::SeekCursor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekCursor");
  SigbusGuard guard;
  std::string cursor = info[0].ToString().Utf8Value();
  uint64_t usec = static_cast<uint64_t>(std::max(0.0, info[1].ToNumber().DoubleValue()));
  // Without matches: the entry need not be one that is selected today.
  sd_journal_flush_matches(journal_);
  is_placed_ = false;
  anchor_ = Anchor::kCursor;
  cursor_ = cursor;
  int status = cursor.empty() ? -EINVAL : sd_journal_seek_cursor(journal_, cursor.c_str());
  if (status >= 0) status = sd_journal_next(journal_);
  bool is_there = status > 0 && IsAtAnchor();
  if (!is_there && status <= 0) {
    // A cursor of nowhere, or one that lies behind all there is: going by it could be waiting for ever.
    anchor_ = Anchor::kRealtime;
    usec_ = usec + 1;
    status = sd_journal_seek_realtime_usec(journal_, usec_);
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
  anchor_ = Anchor::kRealtime;
  usec_ = static_cast<uint64_t>(std::max(0.0, info[0].ToNumber().DoubleValue()));
  is_placed_ = false;
}

void JournalReader::SeekMonotonic(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "seekMonotonic");
  std::string boot_id = info[0].ToString().Utf8Value();
  Require(env, sd_id128_from_string(boot_id.c_str(), &boot_id_), "sd_id128_from_string");
  anchor_ = Anchor::kMonotonic;
  usec_ = static_cast<uint64_t>(std::max(0.0, info[1].ToNumber().DoubleValue()));
  is_placed_ = false;
}

Napi::Value JournalReader::Read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireOpen(env, "read");
  size_t max_records = SizeArgument(info, 0, "maxRecords", kMaxRecords);
  size_t max_bytes = SizeArgument(info, 1, "maxBytes", kMaxBytes);
  Columns columns;
  {
    SigbusGuard guard;
    // At each read and not only when woken, so that notices of new and deleted files do not pile up during a long backlog.
    int change = sd_journal_process(journal_);
    Require(env, change, "sd_journal_process");
    columns.is_invalidated = change == SD_JOURNAL_INVALIDATE;
    if (!is_placed_) Place(env);
    // Entries that are read count, selected or not: the bound is one of work.
    while (columns.read + columns.unreadable < max_records && columns.bytes.size() < max_bytes) {
      int status = Next();
      if (status > 0) {
        is_stuck_ = false;
        if (!ReadEntry(columns)) columns.unreadable++;
        if (guard.Hit()) break;
        continue;
      }
      columns.is_at_end = true;
      if (status < 0) {
        if (!IsDamage(status)) Require(env, status, "sd_journal_next");
        if (!is_stuck_) columns.losses.push_back({-1, "a damaged journal file cannot be read on"});
        is_stuck_ = true;
      }
      break;
    }
    if (columns.read > 0) {
      columns.cursor = CurrentCursor();
      if (!guard.Hit()) {
        anchor_ = columns.cursor.empty() ? Anchor::kRealtime : Anchor::kCursor;
        cursor_ = columns.cursor;
        usec_ = columns.last_usec + 1;
        if (!cursor_.empty()) ChooseIndex(columns);
      }
    }
    if (guard.Hit()) throw SystemError(env, EFAULT, "read", name_);
  }
  if (columns.unreadable > 0) columns.losses.push_back({static_cast<double>(columns.unreadable), "entries in a damaged journal file"});
  return ToObject(env, columns);
}

void JournalReader::ChooseIndex(const Columns& columns) {
  if (selection_.TakesAll()) return;
  sampled_ += columns.read;
  sampled_selected_ += static_cast<uint32_t>(columns.line_start.size());
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
  int status = 0;
  switch (anchor_) {
    case Anchor::kHead:
      status = sd_journal_seek_head(journal_);
      break;
    case Anchor::kCursor:
      status = sd_journal_seek_cursor(journal_, cursor_.c_str());
      break;
    case Anchor::kRealtime:
      status = sd_journal_seek_realtime_usec(journal_, usec_);
      break;
    case Anchor::kMonotonic:
      status = sd_journal_seek_monotonic_usec(journal_, boot_id_, usec_);
      break;
  }
  Require(env, status, "sd_journal_seek");
  beside_anchor_ = anchor_ == Anchor::kCursor ? kBesideAnchor : 0;
  is_placed_ = true;
}

int JournalReader::Next() {
  int status = sd_journal_next(journal_);
  if (status <= 0 || beside_anchor_ == 0) return status;
  beside_anchor_--;
  if (!IsAtAnchor()) return status;
  beside_anchor_ = 0;
  return sd_journal_next(journal_);
}

// An entry that journald copied from /run to /var has another file's numbers in its cursor, so that sd_journal_test_cursor denies it; boot,
// times and checksum, which follow them, are the same.
bool JournalReader::IsAtAnchor() {
  if (sd_journal_test_cursor(journal_, cursor_.c_str()) > 0) return true;
  std::string cursor = CurrentCursor();
  size_t own = cursor.find(";b=");
  size_t anchor = cursor_.find(";b=");
  return own != std::string::npos && anchor != std::string::npos && cursor.compare(own, std::string::npos, cursor_, anchor) == 0;
}

std::string JournalReader::CurrentCursor() {
  char* text = nullptr;
  if (sd_journal_get_cursor(journal_, &text) < 0) return "";
  std::string cursor = text;
  free(text);
  return cursor;
}

bool JournalReader::ReadEntry(Columns& columns) {
  uint64_t realtime = 0;
  if (sd_journal_get_realtime_usec(journal_, &realtime) < 0) return false;
  entry_.Clear();
  selection_.Begin();
  sd_journal_restart_data(journal_);
  const void* data = nullptr;
  size_t length = 0;
  int status = 0;
  size_t fields = 0;
  while (fields++ < kMaxFields && (status = sd_journal_enumerate_available_data(journal_, &data, &length)) > 0) {
    entry_.Take(static_cast<const char*>(data), length);
    selection_.Observe(static_cast<const char*>(data), length);
  }
  if (status < 0) return false;
  columns.read++;
  columns.last_usec = realtime;
  if (entry_.IsOfTransport("driver")) TakeLoss(columns);
  size_t words = columns.selected.size();
  columns.selected.resize(words + selection_.Words());
  if (!selection_.Evaluate(entry_, columns.selected.data() + words)) {
    columns.selected.resize(words);
    return true;
  }
  uint64_t monotonic = 0;
  sd_id128_t boot_id;  // asked for, as else it says nothing of other boots
  if (entry_.IsOfTransport("kernel")) sd_journal_get_monotonic_usec(journal_, &monotonic, &boot_id);
  JournalLine line = entry_.AppendLine(columns.bytes, monotonic);
  columns.line_start.push_back(line.line_start);
  columns.message_start.push_back(line.message_start);
  columns.message_end.push_back(line.message_end);
  columns.realtime_usec.push_back(static_cast<double>(realtime));
  columns.priority.push_back(entry_.Priority());
  columns.sequence.push_back(sequence_++);
  columns.since_boot_usec.push_back(entry_.SinceBootUsec());
  columns.is_of_device.push_back(entry_.IsOfDevice());
  return true;
}

// journald's word: nobody else can write _TRANSPORT=driver.
void JournalReader::TakeLoss(Columns& columns) const {
  bool is_suppressed = entry_.MessageId() == kSuppressedId;
  if (!is_suppressed && entry_.MessageId() != kMissedId) return;
  std::string message(entry_.Message());
  // "Missed 12 kernel messages" has its number in the text alone (journald-kmsg.c).
  uint64_t count = is_suppressed ? NumberOf(entry_.Dropped(), UINT64_MAX) : UINT64_MAX;
  if (count == UINT64_MAX) {
    size_t digits = message.find(' ') + 1;
    count = NumberOf(std::string_view(message).substr(digits, message.find(' ', digits) - digits), UINT64_MAX);
  }
  columns.losses.push_back({count == UINT64_MAX ? -1.0 : static_cast<double>(count), "journald says: " + message});
}

Napi::Object JournalReader::ToObject(Napi::Env env, const Columns& columns) const {
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", Napi::Number::New(env, static_cast<double>(columns.line_start.size())));
  result.Set("bytes", Napi::Buffer<char>::Copy(env, columns.bytes.data(), columns.bytes.size()));
  result.Set("lineStart", ColumnOf<Napi::Uint32Array>(env, columns.line_start));
  result.Set("messageStart", ColumnOf<Napi::Uint32Array>(env, columns.message_start));
  result.Set("messageEnd", ColumnOf<Napi::Uint32Array>(env, columns.message_end));
  result.Set("realtimeUsec", ColumnOf<Napi::Float64Array>(env, columns.realtime_usec));
  result.Set("priority", ColumnOf<Napi::Uint16Array>(env, columns.priority));
  result.Set("selected", ColumnOf<Napi::Uint32Array>(env, columns.selected));
  result.Set("sequence", ColumnOf<Napi::Float64Array>(env, columns.sequence));
  result.Set("sinceBootUsec", ColumnOf<Napi::Float64Array>(env, columns.since_boot_usec));
  result.Set("isOfDevice", ColumnOf<Napi::Uint8Array>(env, columns.is_of_device));
  result.Set("read", Napi::Number::New(env, columns.read));
  result.Set("cursor", Napi::String::New(env, columns.cursor));
  result.Set("lastUsec", Napi::Number::New(env, static_cast<double>(columns.last_usec)));
  result.Set("isAtEnd", Napi::Boolean::New(env, columns.is_at_end));
  result.Set("isInvalidated", Napi::Boolean::New(env, columns.is_invalidated));
  Napi::Array losses = Napi::Array::New(env, columns.losses.size());
  for (uint32_t index = 0; index < columns.losses.size(); index++) {
    const Columns::Loss& loss = columns.losses[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("count", loss.count < 0 ? env.Undefined() : Napi::Number::New(env, loss.count));
    object.Set("reason", loss.reason);
    losses.Set(index, object);
  }
  result.Set("losses", losses);
  return result;
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
