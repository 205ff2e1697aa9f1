// SPDX-License-Identifier: Apache-2.0
// What each operation owes, the words for each mishap, and the names of operations and mishaps.
#include "core/plugin/verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace liaison::plugin {
namespace {

struct operation_row {
  const char* name;
  liaison_part_role owed;  ///< the part without which an OK is no answer; 0: none
};
constexpr operation_row operations[] = {
    {"recognise", liaison_part_role{}}, {"inspect", LIAISON_PART_FACTS},
    {"decode", LIAISON_PART_DOCUMENT},  {"encode", LIAISON_PART_DOCUMENT},
    {"validate", liaison_part_role{}},  {"acknowledge", LIAISON_PART_ACKNOWLEDGEMENT},
    {"render", LIAISON_PART_TEXT},
};

struct mishap_row {
  const char* name;
  const char* code;
};
constexpr mishap_row mishaps[] = {
    {"none", "plugin-failed"},         {"crashed", "plugin-crashed"},
    {"timed_out", "plugin-timed-out"}, {"out_of_memory", "plugin-out-of-memory"},
    {"bad_reply", "plugin-bad-reply"}, {"unavailable", "plugin-unavailable"},
};

/// Empty when the answer is as the interface wants it; else what is wrong.
std::string breach_of(operation what, const wire::reply_view& answer) {
  if (answer.status < LIAISON_OK || answer.status > LIAISON_UNSUPPORTED)
    return "returned status " + std::to_string(answer.status) + ", which does not exist";
  if ((answer.flags & wire::reply_truncated) != 0) return "passed a limit on results, or handed over an unsound part";
  if (answer.status != LIAISON_OK) return {};
  const liaison_part_role owed = operations[static_cast<std::size_t>(what)].owed;
  if (owed == liaison_part_role{}) return {};
  const auto count =
      std::count_if(answer.parts.begin(), answer.parts.end(), [owed](const part& one) { return one.role == owed; });
  if (count != 1) return "said OK with " + std::to_string(count) + " parts of role " + std::to_string(owed);
  return {};
}

}  // namespace

const char* name_of(operation what) { return operations[static_cast<std::size_t>(what)].name; }
const char* name_of(mishap what) { return mishaps[static_cast<std::size_t>(what)].name; }

reply reply_of(operation what, wire::reply_view answer, std::string plugin) {
  reply made;
  made.plugin = std::move(plugin);
  made.elapsed_us = answer.elapsed_us;
  made.issues = std::move(answer.issues);
  if (answer.issues_left_out > 0)
    made.issues.push_back({answer.worst_left_out, "plugin-issues-left-out", "",
                           std::to_string(answer.issues_left_out) + " more issues were found and left out"});
  if (const std::string breach = breach_of(what, answer); !breach.empty()) {
    made.status = LIAISON_QUARANTINE;
    made.mishap = mishap::bad_reply;
    made.issues.push_back({model::severity::error, mishaps[static_cast<std::size_t>(mishap::bad_reply)].code, "",
                           "plugin " + made.plugin + " broke the interface in " + name_of(what) + ": it " + breach});
    return made;
  }
  made.status = static_cast<liaison_status>(answer.status);
  made.parts = std::move(answer.parts);
  // The document leads, as the interface says, whatever else came before it.
  std::stable_partition(made.parts.begin(), made.parts.end(),
                        [](const part& one) { return one.role == LIAISON_PART_DOCUMENT; });
  return made;
}

reply reply_of(operation what, const std::string& format, plugin::mishap why, const std::string& detail,
               std::string plugin) {
  reply made = refusal(LIAISON_QUARANTINE, why, mishaps[static_cast<std::size_t>(why)].code,
                       "plugin " + plugin + " failed in " + name_of(what) + (format.empty() ? "" : " of " + format) +
                           ", twice or on a fresh process, on this message: " + detail);
  made.plugin = std::move(plugin);
  return made;
}

reply refusal(liaison_status status, plugin::mishap why, const char* code, std::string diagnostics) {
  reply made;
  made.status = status;
  made.mishap = why;
  made.issues.push_back({model::severity::error, code, "", std::move(diagnostics)});
  return made;
}

}  // namespace liaison::plugin
