#include "journal_ahead.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace {
// One to be taken while the next is read; more would be memory only.
constexpr size_t kBatchesAhead = 2;

// The program's signals are for its own threads; those that a fault raises come to the thread that made it.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  for (int number : {SIGBUS, SIGSEGV, SIGILL, SIGFPE}) sigdelset(&all, number);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}
}  // namespace

JournalAhead::JournalAhead(HeldJournalFiles files) : files_(std::move(files)), scan_({}), thread_([this] { Run(); }) {}

JournalAhead::~JournalAhead() {
  {
    std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool JournalAhead::Begin(const JournalProgress& progress, size_t max_records, size_t max_bytes) {
  std::lock_guard lock(mutex_);
  if (is_begun_ || is_over_) return true;
  if (!is_open_) return false;
  scan_.GoOnFrom(progress);
  max_records_ = max_records;
  max_bytes_ = max_bytes;
  is_begun_ = true;
  changed_.notify_all();
  return true;
}

bool JournalAhead::Take(JournalBatch& batch, size_t max_records) {
  std::unique_lock lock(mutex_);
  max_records_ = max_records;
  changed_.wait(lock, [this] { return !ready_.empty() || is_over_; });
  if (ready_.empty()) return false;
  batch = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return true;
}

void JournalAhead::Run() {
  BlockSignals();
  pthread_setname_np(pthread_self(), "journal-ahead");
  try {
    size_t max_records = 0;
    if (!scan_.OpenFiles(files_).Failed() && AwaitBegin()) {
      while (AwaitRoom(&max_records)) {
        JournalBatch batch;
        // The last one is left to whoever goes on: it is the same again, and the end may be another by then.
        if (scan_.Read(batch, max_records, max_bytes_).Failed() || batch.is_at_end) break;
        std::lock_guard lock(mutex_);
        ready_.push_back(std::move(batch));
        changed_.notify_all();
      }
    }
  } catch (const std::exception&) {
    // No memory, for one: whoever goes on will see.
  }
  scan_.Close();
  std::lock_guard lock(mutex_);
  is_over_ = true;
  changed_.notify_all();
}

bool JournalAhead::AwaitBegin() {
  std::unique_lock lock(mutex_);
  is_open_ = true;
  changed_.wait(lock, [this] { return is_begun_ || is_stopped_; });
  return !is_stopped_;
}

bool JournalAhead::AwaitRoom(size_t* max_records) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.size() < kBatchesAhead || is_stopped_; });
  *max_records = max_records_;
  return !is_stopped_;
}
