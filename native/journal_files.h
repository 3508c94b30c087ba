// The files that a handle of sd-journal's has open, which it does not tell, and what their headers say
// (https://systemd.io/JOURNAL_FILE_FORMAT).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

struct JournalFile {
  int fd;
  dev_t device;
  ino_t inode;
};

/** Whether a file of the same inode is among them. */
bool HasInode(const std::vector<JournalFile>& files, const JournalFile& file);

/** Of its first and its last entry, in microseconds; 0 where it has none, or is not open any more. */
uint64_t HeadUsec(const JournalFile& file);
uint64_t TailUsec(const JournalFile& file);

/** It has no name any more. */
bool IsDeleted(const JournalFile& file);

/**
 * Whether descriptors are left, more than a few. Where they run out libsystemd leaves out files without a word (sd_journal_open(3) tells
 * only where it has none at all).
 */
bool HasSpareDescriptors();

/** Follows which files a handle has: by what this process has open (proc(5), /proc/self/fd) before and after. Its own thread's calls only. */
class JournalFiles {
 public:
  /** Before calls by which the handle opens and closes files. */
  void Begin();
  /** After them. */
  void End();
  const std::vector<JournalFile>& all() const { return files_; }

 private:
  std::vector<JournalFile> before_;
  std::vector<JournalFile> files_;
};

/** Descriptors of files that others have, too, for somebody who reads ahead. Closes them. */
class HeldJournalFiles {
 public:
  HeldJournalFiles() = default;
  ~HeldJournalFiles();
  HeldJournalFiles(HeldJournalFiles&& other) noexcept { descriptors_.swap(other.descriptors_); }
  HeldJournalFiles& operator=(HeldJournalFiles&&) = delete;

  /** False where there are no descriptors to spare, or no files: some are not held then. */
  bool Hold(const std::vector<JournalFile>& files);
  const std::vector<int>& descriptors() const { return descriptors_; }
  /** They are another's to close. */
  void Release() { descriptors_.clear(); }

 private:
  std::vector<int> descriptors_;
};
