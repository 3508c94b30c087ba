#include "journal_batch.h"

#include <cstring>
#include <string_view>

namespace {
// journald's own limit on the fields of an entry (journal-importer.h, ENTRY_FIELD_COUNT_MAX): more is a damaged file.
constexpr size_t kMaxFields = 1024;

template <typename Array, typename T>
Array ColumnOf(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size());
  if (!values.empty()) memcpy(array.Data(), values.data(), values.size() * sizeof(T));
  return array;
}
}  // namespace

bool JournalBatch::Take(sd_journal* journal, JournalSelection& selection, JournalEntry& entry, double& next_sequence) {
  uint64_t realtime = 0;
  if (sd_journal_get_realtime_usec(journal, &realtime) < 0) return false;
  entry.Clear();
  selection.Begin();
  sd_journal_restart_data(journal);
  const void* data = nullptr;
  size_t length = 0;
  int status = 0;
  size_t fields = 0;
  while (fields++ < kMaxFields && (status = sd_journal_enumerate_available_data(journal, &data, &length)) > 0) {
    entry.Take(static_cast<const char*>(data), length);
    selection.Observe(static_cast<const char*>(data), length);
  }
  if (status < 0) return false;
  read++;
  last_usec = realtime;
  if (entry.IsOfTransport("driver")) TakeLoss(entry);
  size_t words = selected.size();
  selected.resize(words + selection.Words());
  if (!selection.Evaluate(entry, selected.data() + words)) {
    selected.resize(words);
    return true;
  }
  uint64_t monotonic = 0;
  sd_id128_t boot_id;  // asked for, as else it says nothing of other boots
  if (entry.IsOfTransport("kernel")) sd_journal_get_monotonic_usec(journal, &monotonic, &boot_id);
  JournalLine line = entry.AppendLine(bytes, monotonic);
  line_start.push_back(line.line_start);
  message_start.push_back(line.message_start);
  message_end.push_back(line.message_end);
  realtime_usec.push_back(static_cast<double>(realtime));
  priority.push_back(entry.Priority());
  sequence.push_back(next_sequence++);
  since_boot_usec.push_back(entry.SinceBootUsec());
  is_of_device.push_back(entry.IsOfDevice());
  return true;
}

// journald's word: nobody else can write _TRANSPORT=driver.
void JournalBatch::TakeLoss(const JournalEntry& entry) {
  bool is_suppressed = entry.MessageId() == kSuppressedId;
  if (!is_suppressed && entry.MessageId() != kMissedId) return;
  std::string message(entry.Message());
  // "Missed 12 kernel messages" has its number in the text alone (journald-kmsg.c).
  uint64_t lost = is_suppressed ? NumberOf(entry.Dropped(), UINT64_MAX) : UINT64_MAX;
  if (lost == UINT64_MAX) {
    size_t digits = message.find(' ') + 1;
    lost = NumberOf(std::string_view(message).substr(digits, message.find(' ', digits) - digits), UINT64_MAX);
  }
  losses.push_back({lost == UINT64_MAX ? -1.0 : static_cast<double>(lost), "journald says: " + message});
}

Napi::Object JournalBatch::ToObject(Napi::Env env) const {
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", Napi::Number::New(env, static_cast<double>(count())));
  result.Set("bytes", Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size()));
  result.Set("lineStart", ColumnOf<Napi::Uint32Array>(env, line_start));
  result.Set("messageStart", ColumnOf<Napi::Uint32Array>(env, message_start));
  result.Set("messageEnd", ColumnOf<Napi::Uint32Array>(env, message_end));
  result.Set("realtimeUsec", ColumnOf<Napi::Float64Array>(env, realtime_usec));
  result.Set("priority", ColumnOf<Napi::Uint16Array>(env, priority));
  result.Set("selected", ColumnOf<Napi::Uint32Array>(env, selected));
  result.Set("sequence", ColumnOf<Napi::Float64Array>(env, sequence));
  result.Set("sinceBootUsec", ColumnOf<Napi::Float64Array>(env, since_boot_usec));
  result.Set("isOfDevice", ColumnOf<Napi::Uint8Array>(env, is_of_device));
  result.Set("read", Napi::Number::New(env, read));
  result.Set("cursor", Napi::String::New(env, cursor));
  result.Set("lastUsec", Napi::Number::New(env, static_cast<double>(last_usec)));
  result.Set("isAtEnd", Napi::Boolean::New(env, is_at_end));
  result.Set("isInvalidated", Napi::Boolean::New(env, is_invalidated));
  Napi::Array told = Napi::Array::New(env, losses.size());
  for (uint32_t index = 0; index < losses.size(); index++) {
    const Loss& loss = losses[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("count", loss.count < 0 ? env.Undefined() : Napi::Number::New(env, loss.count));
    object.Set("reason", loss.reason);
    told.Set(index, object);
  }
  result.Set("losses", told);
  return result;
}
