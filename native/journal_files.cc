#include "journal_files.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace {
// For what else the process opens, and above what libsystemd itself opens and closes on the way (folders, its inotify).
constexpr int kSpareDescriptors = 16;

std::vector<JournalFile> OpenFiles() {
  std::vector<JournalFile> files;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return files;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    int fd = atoi(entry->d_name);
    struct stat stats;
    if (fstat(fd, &stats) == 0 && S_ISREG(stats.st_mode)) files.push_back({fd, stats.st_dev, stats.st_ino});
  }
  closedir(folder);
  return files;
}

bool IsSame(const JournalFile& a, const JournalFile& b) { return a.fd == b.fd && a.device == b.device && a.inode == b.inode; }

bool IsAmong(const std::vector<JournalFile>& files, const JournalFile& file) {
  return std::any_of(files.begin(), files.end(), [&](const JournalFile& other) { return IsSame(other, file); });
}

// In the header.
constexpr off_t kHeadRealtimeAt = 184;
constexpr off_t kTailRealtimeAt = 192;

uint64_t UsecAt(const JournalFile& file, off_t offset) {
  uint64_t usec = 0;
  return pread(file.fd, &usec, sizeof usec, offset) == sizeof usec ? le64toh(usec) : 0;
}

// What other threads open meanwhile is none: to hold that could harm (a lock of fcntl(2) ends with any descriptor of its file).
bool IsJournal(const JournalFile& file) {
  char signature[8];
  return pread(file.fd, signature, sizeof signature, 0) == sizeof signature && memcmp(signature, "LPKSHHRH", sizeof signature) == 0;
}
}  // namespace

bool HasInode(const std::vector<JournalFile>& files, const JournalFile& file) {
  return std::any_of(files.begin(), files.end(), [&](const JournalFile& other) {
    return other.device == file.device && other.inode == file.inode;
  });
}

uint64_t HeadUsec(const JournalFile& file) { return UsecAt(file, kHeadRealtimeAt); }
uint64_t TailUsec(const JournalFile& file) { return UsecAt(file, kTailRealtimeAt); }

bool IsDeleted(const JournalFile& file) {
  struct stat stats;
  return fstat(file.fd, &stats) == 0 && stats.st_nlink == 0;
}

bool HasSpareDescriptors() {
  int spare[kSpareDescriptors];
  int count = 0;
  while (count < kSpareDescriptors && (spare[count] = open("/", O_PATH | O_CLOEXEC)) >= 0) count++;
  for (int index = 0; index < count; index++) close(spare[index]);
  return count == kSpareDescriptors;
}

void JournalFiles::Begin() { before_ = OpenFiles(); }

void JournalFiles::End() {
  std::vector<JournalFile> files;
  for (const JournalFile& file : OpenFiles()) {
    if (IsAmong(files_, file) || (!IsAmong(before_, file) && IsJournal(file))) files.push_back(file);
  }
  files_ = std::move(files);
  before_.clear();
}

HeldJournalFiles::~HeldJournalFiles() {
  for (int descriptor : descriptors_) close(descriptor);
}

bool HeldJournalFiles::Hold(const std::vector<JournalFile>& files) {
  for (const JournalFile& file : files) {
    int descriptor = fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) return false;
    descriptors_.push_back(descriptor);
  }
  return !files.empty() && HasSpareDescriptors();
}
