// Which journal is read: this machine's own, a folder, single files or a namespace (sd_journal_open(3)).
#pragma once

#include <napi.h>
#include <systemd/sd-journal.h>

#include <string>
#include <vector>

/** What an operation of sd-journal's answered, and which: `status` is a negative errno value, or 0. */
struct JournalStatus {
  int status = 0;
  const char* call = "";
  bool Failed() const { return status < 0; }
};

struct JournalPlace {
  enum class Kind { kOwn, kFiles, kFolder, kNamespace };

  Kind kind = Kind::kOwn;
  // Patterns of glob(7), the folder, or the namespace.
  std::vector<std::string> values;
  int flags = 0;

  /** What messages call it. */
  std::string Name() const;
  JournalStatus Open(sd_journal** journal) const;
};

/** Of { path?, files?, flags?, namespace? }, RawJournalPlace in src/binding/addon.ts. */
JournalPlace JournalPlaceOf(const Napi::Object& object);
