// Which journal is read: this machine's own, a folder, single files or a namespace (sd_journal_open(3)).
#pragma once

#include <napi.h>
#include <systemd/sd-journal.h>

#include <string>

/**
 * Opens { path?, files?, flags?, namespace? }, RawJournalPlace in src/binding/addon.ts. `files` are patterns of glob(7). Throws a system
 * error. `name` becomes what messages call it.
 */
sd_journal* OpenJournal(Napi::Env env, const Napi::Object& place, std::string* name);
