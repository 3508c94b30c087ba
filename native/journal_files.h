// The files that a handle of sd-journal's has open, which it does not tell, and how far they are read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "journal_anchor.h"
#include "journal_tail.h"

struct JournalFile {
  int fd;
  dev_t device;
  ino_t inode;
  JournalTail tail = {};
  // So many of its entries were there when the end of the journal was read.
  uint64_t read_entries = 0;
  // Read to its end, to which nothing is added any more.
  bool is_read = false;
  bool is_told_lost = false;

  bool IsPassedBy(const JournalAnchor& place) const;
};

/**
 * Whether descriptors are left, more than a few. Where they run out libsystemd leaves out files without a word (sd_journal_open(3) tells
 * only where it has none at all).
 */
bool HasSpareDescriptors();

/**
 * Follows which files a handle has, by what this process has open (proc(5), /proc/self/fd) before and after, and which go away before they
 * are read. A file that is written, deleted and made empty between two looks is as it was at the first one. Its own thread's calls only.
 */
class JournalFiles {
 public:
  /** Before calls by which the handle opens and closes files. */
  void Begin();
  /** After them, at a place: whether a file went away that was not read to its end. */
  bool End(const JournalAnchor& place);
  const std::vector<JournalFile>& all() const { return files_; }

  /** Before reading: to where they go. */
  void Look();
  /** After reading on, since Look, from a place to a place, or to the end of all: whether a file went away that was not read to its end. */
  bool MoveOn(const JournalAnchor& from, const JournalAnchor& to, bool is_at_end);
  /** Another place: what was read may be read again. */
  void Forget();

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
