#include "journal_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

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

bool IsSameInode(const JournalFile& a, const JournalFile& b) { return a.device == b.device && a.inode == b.inode; }

template <typename IsIt>
const JournalFile* Find(const std::vector<JournalFile>& files, const JournalFile& file, IsIt is_it) {
  auto found = std::find_if(files.begin(), files.end(), [&](const JournalFile& other) { return is_it(other, file); });
  return found == files.end() ? nullptr : &*found;
}

bool IsSameDescriptor(const JournalFile& a, const JournalFile& b) { return a.fd == b.fd && IsSameInode(a, b); }

// Whatever its name is; a number of an inode is given again.
bool IsSameFile(const JournalFile& a, const JournalFile& b) { return IsSameInode(a, b) && sd_id128_equal(a.tail.file_id, b.tail.file_id); }

// libsystemd closes by itself what it finds damaged; the number may be another file's then.
bool IsOpen(const JournalFile& file, struct stat& stats) {
  return fstat(file.fd, &stats) == 0 && stats.st_dev == file.device && stats.st_ino == file.inode;
}

// Before it is made empty a file loses its name, so that one which has a name could be read so far.
bool IsWhole(const JournalFile& file) {
  struct stat stats;
  return IsOpen(file, stats) && stats.st_nlink > 0;
}
}  // namespace

bool JournalFile::IsPassedBy(const JournalAnchor& place) const {
  return is_read || read_entries >= tail.entries || place.IsPast(tail);
}

bool HasSpareDescriptors() {
  int spare[kSpareDescriptors];
  int count = 0;
  while (count < kSpareDescriptors && (spare[count] = open("/", O_PATH | O_CLOEXEC)) >= 0) count++;
  for (int index = 0; index < count; index++) close(spare[index]);
  return count == kSpareDescriptors;
}

void JournalFiles::Begin() { before_ = OpenFiles(); }

bool JournalFiles::End(const JournalAnchor& place) {
  std::vector<JournalFile> former = std::move(files_);
  files_.clear();
  for (JournalFile& file : OpenFiles()) {
    if (const JournalFile* same = Find(former, file, IsSameDescriptor)) {
      files_.push_back(*same);
      continue;
    }
    // What other threads open meanwhile is none: to hold that could harm (a lock of fcntl(2) ends with any descriptor of its file).
    if (Find(before_, file, IsSameDescriptor) != nullptr || !file.tail.ReadFrom(file.fd)) continue;
    files_.push_back(file);
    // One that was renamed is opened anew.
    if (const JournalFile* same = Find(former, file, IsSameFile)) {
      files_.back() = *same;
      files_.back().fd = file.fd;
    }
  }
  before_.clear();
  return std::any_of(former.begin(), former.end(), [&](const JournalFile& file) {
    return !file.is_told_lost && !file.IsPassedBy(place) && Find(files_, file, IsSameFile) == nullptr;
  });
}

void JournalFiles::Look() {
  struct stat stats;
  for (JournalFile& file : files_) {
    if (!file.is_read && !file.tail.is_archived && IsOpen(file, stats)) file.tail.ReadFrom(file.fd);
  }
}

bool JournalFiles::MoveOn(const JournalAnchor& from, const JournalAnchor& to, bool is_at_end) {
  bool is_lost = false;
  for (JournalFile& file : files_) {
    if (file.is_read || file.is_told_lost) continue;
    if (IsWhole(file)) {
      if (is_at_end) file.read_entries = file.tail.entries;
      file.is_read = file.tail.is_archived && file.IsPassedBy(to);
    } else if (!file.IsPassedBy(from)) {
      is_lost = file.is_told_lost = true;
    }
  }
  return is_lost;
}

void JournalFiles::Forget() {
  for (JournalFile& file : files_) {
    file.read_entries = 0;
    file.is_read = file.is_told_lost = false;
  }
}

HeldJournalFiles::~HeldJournalFiles() {
  for (int descriptor : descriptors_) close(descriptor);
}

bool HeldJournalFiles::Hold(const std::vector<JournalFile>& files) {
  struct stat stats;
  for (const JournalFile& file : files) {
    if (!IsOpen(file, stats)) continue;
    int descriptor = fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) return false;
    descriptors_.push_back(descriptor);
  }
  return !descriptors_.empty() && HasSpareDescriptors();
}
