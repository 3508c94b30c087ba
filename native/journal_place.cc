#include "journal_place.h"

#include <glob.h>

#include <cerrno>
#include <vector>

#include "arguments.h"
#include "system_error.h"

namespace {
int OpenFiles(sd_journal** journal, const std::vector<std::string>& patterns) {
  glob_t found = {};
  int added = 0;
  // A pattern that names nothing stays as it is, and opening says ENOENT.
  for (const std::string& pattern : patterns) glob(pattern.c_str(), GLOB_NOCHECK | (added++ > 0 ? GLOB_APPEND : 0), nullptr, &found);
  std::vector<const char*> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  paths.push_back(nullptr);
  int status = paths.size() == 1 ? -ENOENT : sd_journal_open_files(journal, paths.data(), 0);
  if (added > 0) globfree(&found);
  return status;
}
}  // namespace

sd_journal* OpenJournal(Napi::Env env, const Napi::Object& place, std::string* name) {
  sd_journal* journal = nullptr;
  int flags = place.Get("flags").IsNumber() ? place.Get("flags").ToNumber().Int32Value() : 0;
  int flags_or_local = flags == 0 ? SD_JOURNAL_LOCAL_ONLY : flags;
  int status = 0;
  const char* call = nullptr;
  if (place.Get("files").IsArray()) {
    std::vector<std::string> patterns = StringsOf(place.Get("files"));
    for (const std::string& pattern : patterns) *name += (name->empty() ? "" : " ") + pattern;
    status = OpenFiles(&journal, patterns);
    call = "sd_journal_open_files";
  } else if (place.Get("path").IsString()) {
    *name = place.Get("path").ToString().Utf8Value();
    status = sd_journal_open_directory(&journal, name->c_str(), flags);
    call = "sd_journal_open_directory";
  } else if (place.Get("namespace").IsString()) {
    std::string journal_namespace = place.Get("namespace").ToString().Utf8Value();
    *name = "namespace " + journal_namespace;
    status = sd_journal_open_namespace(&journal, journal_namespace.c_str(), flags_or_local);
    call = "sd_journal_open_namespace";
  } else {
    *name = "the journal";
    status = sd_journal_open(&journal, flags_or_local);
    call = "sd_journal_open";
  }
  if (status < 0) throw SystemError(env, -status, call, *name);
  return journal;
}
