#include "journal_selection.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace {
bool IsMatch(const std::string& text) {
  size_t name = text.find('=');
  if (name == std::string::npos || name == 0 || name > 64) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(name),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

int AddAlternative(sd_journal* journal, const std::vector<std::string>& matches) {
  for (const std::string& match : matches) {
    int status = sd_journal_add_match(journal, match.data(), match.size());
    if (status < 0) return status;
  }
  return sd_journal_add_disjunction(journal);
}
}  // namespace

// Cheap, and most fields of an entry end here: their values differ in length or at the end.
size_t JournalSelection::KeyOf(const char* data, size_t length) {
  return (length * 31 + static_cast<unsigned char>(data[1]) * 7 + static_cast<unsigned char>(data[length - 1])) % kKeys;
}

uint32_t JournalSelection::TermFor(const std::string& text) {
  for (uint32_t index = 0; index < terms_.size(); index++) {
    if (terms_[index].text == text) return index;
  }
  uint32_t& first = first_[KeyOf(text.data(), text.size())];
  terms_.push_back({text, first, false});
  first = static_cast<uint32_t>(terms_.size() - 1);
  return first;
}

bool JournalSelection::Set(const std::vector<JournalSelector>& selectors) {
  for (const JournalSelector& selector : selectors) {
    for (const auto& alternative : selector.alternatives) {
      if (alternative.empty() || !std::all_of(alternative.begin(), alternative.end(), IsMatch)) return false;
    }
  }
  selectors_ = selectors;
  terms_.clear();
  compiled_.clear();
  met_.clear();
  first_.fill(kNone);
  words_ = std::max<size_t>(1, (selectors.size() + 31) / 32);
  takes_all_ = false;
  for (const JournalSelector& selector : selectors) {
    Compiled compiled{{}, selector.is_system_only};
    for (const auto& matches : selector.alternatives) {
      Alternative alternative;
      std::vector<std::string> names;
      for (const std::string& match : matches) {
        std::string name = match.substr(0, match.find('='));
        size_t group = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
        if (group == names.size()) {
          names.push_back(name);
          alternative.emplace_back();
        }
        alternative[group].push_back(TermFor(match));
      }
      compiled.alternatives.push_back(std::move(alternative));
    }
    if (compiled.alternatives.empty()) takes_all_ = true;
    compiled_.push_back(std::move(compiled));
  }
  return true;
}

int JournalSelection::PushDown(sd_journal* journal) const {
  sd_journal_flush_matches(journal);
  if (takes_all_) return 0;
  std::set<std::set<std::string>> added;
  for (const JournalSelector& selector : selectors_) {
    for (const auto& alternative : selector.alternatives) {
      if (!added.insert({alternative.begin(), alternative.end()}).second) continue;
      int status = AddAlternative(journal, alternative);
      if (status < 0) return status;
    }
  }
  return AddAlternative(journal, {"_TRANSPORT=driver", std::string("MESSAGE_ID=") + kSuppressedId, std::string("MESSAGE_ID=") + kMissedId});
}

void JournalSelection::Begin() {
  for (uint32_t term : met_) terms_[term].is_met = false;
  met_.clear();
}

void JournalSelection::Observe(const char* data, size_t length) {
  if (length < 2) return;
  for (uint32_t index = first_[KeyOf(data, length)]; index != kNone; index = terms_[index].next) {
    Term& term = terms_[index];
    if (term.is_met || term.text.size() != length || memcmp(term.text.data(), data, length) != 0) continue;
    term.is_met = true;
    met_.push_back(index);
  }
}

bool JournalSelection::Evaluate(const JournalEntry& entry, uint32_t* words) const {
  std::fill(words, words + words_, 0);
  bool is_any = false;
  bool is_of_user = entry.IsOfUser();
  for (size_t index = 0; index < compiled_.size(); index++) {
    const Compiled& selector = compiled_[index];
    if (selector.is_system_only && is_of_user) continue;
    auto is_group_met = [this](const Group& group) {
      return std::any_of(group.begin(), group.end(), [this](uint32_t term) { return terms_[term].is_met; });
    };
    bool is_met = selector.alternatives.empty() ||
                  std::any_of(selector.alternatives.begin(), selector.alternatives.end(), [&](const Alternative& alternative) {
                    return std::all_of(alternative.begin(), alternative.end(), is_group_met);
                  });
    if (!is_met) continue;
    words[index / 32] |= 1u << (index % 32);
    is_any = true;
  }
  return is_any;
}
