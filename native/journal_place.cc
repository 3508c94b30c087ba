#include "journal_place.h"

#include <glob.h>

#include <cerrno>

#include "arguments.h"

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

std::string JournalPlace::Name() const {
  if (kind == Kind::kOwn) return "the journal";
  std::string name = kind == Kind::kNamespace ? "namespace" : "";
  for (const std::string& value : values) name += (name.empty() ? "" : " ") + value;
  return name;
}

JournalStatus JournalPlace::Open(sd_journal** journal) const {
  int flags_or_local = flags == 0 ? SD_JOURNAL_LOCAL_ONLY : flags;
  switch (kind) {
    case Kind::kFiles:
      return {OpenFiles(journal, values), "sd_journal_open_files"};
    case Kind::kFolder:
      return {sd_journal_open_directory(journal, values.front().c_str(), flags), "sd_journal_open_directory"};
    case Kind::kNamespace:
      return {sd_journal_open_namespace(journal, values.front().c_str(), flags_or_local), "sd_journal_open_namespace"};
    case Kind::kOwn:
      break;
  }
  return {sd_journal_open(journal, flags_or_local), "sd_journal_open"};
}

JournalPlace JournalPlaceOf(const Napi::Object& object) {
  JournalPlace place;
  if (object.Get("flags").IsNumber()) place.flags = object.Get("flags").ToNumber().Int32Value();
  if (object.Get("files").IsArray()) {
    place.kind = JournalPlace::Kind::kFiles;
    place.values = StringsOf(object.Get("files"));
  } else if (object.Get("path").IsString()) {
    place.kind = JournalPlace::Kind::kFolder;
    place.values = {object.Get("path").ToString().Utf8Value()};
  } else if (object.Get("namespace").IsString()) {
    place.kind = JournalPlace::Kind::kNamespace;
    place.values = {object.Get("namespace").ToString().Utf8Value()};
  }
  return place;
}
