// Which entries of a journal are wanted: what libsystemd's index skips the rest by, and which of the selectors an entry meets.
#pragma once

#include <systemd/sd-journal.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "journal_entry.h"

// sd-messages.h: SD_MESSAGE_JOURNAL_DROPPED and SD_MESSAGE_JOURNAL_MISSED.
inline constexpr char kSuppressedId[] = "a596d6fe7bfa4994828e72309e95d61e";
inline constexpr char kMissedId[] = "e9bf28e6e834481bb6f48f548ad13606";

/** Any of `alternatives`, all of whose FIELD=value hold, of several values of one field any; no alternatives: every entry. */
struct JournalSelector {
  std::vector<std::vector<std::string>> alternatives;
  bool is_system_only = false;
};

class JournalSelection {
 public:
  /** False where a match is no FIELD=value. */
  bool Set(const std::vector<JournalSelector>& selectors);
  size_t Words() const { return words_; }
  /** A selector takes every entry: there is nothing to push down. */
  bool TakesAll() const { return takes_all_; }
  /** Adds the union of all selectors, and journald's notices of loss, as matches. Negative errno, or 0. */
  int PushDown(sd_journal* journal) const;

  /** Before the fields of an entry. */
  void Begin();
  /** One `FIELD=value`. */
  void Observe(const char* data, size_t length);
  /** Bit s of `words`: the entry meets selector s. True where it meets any. */
  bool Evaluate(const JournalEntry& entry, uint32_t* words) const;

 private:
  using Group = std::vector<uint32_t>;        // terms of one field: any
  using Alternative = std::vector<Group>;     // all
  struct Compiled {
    std::vector<Alternative> alternatives;
    bool is_system_only;
  };
  struct Term {
    std::string text;
    uint32_t next;  // with the same key; kNone ends
    bool is_met;
  };
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kKeys = 1024;

  static size_t KeyOf(const char* data, size_t length);
  uint32_t TermFor(const std::string& text);

  std::vector<JournalSelector> selectors_;
  std::vector<Compiled> compiled_;
  std::vector<Term> terms_;
  std::vector<uint32_t> met_;
  std::array<uint32_t, kKeys> first_;
  size_t words_ = 1;
  bool takes_all_ = false;
};
