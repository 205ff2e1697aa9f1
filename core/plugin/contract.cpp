// SPDX-License-Identifier: Apache-2.0
// What each operation owes, and the names of operations and mishaps.
#include "core/plugin/contract.hpp"

#include <algorithm>
#include <cstddef>

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

}  // namespace

const char* name_of(operation what) { return operations[static_cast<std::size_t>(what)].name; }
const char* name_of(mishap what) { return mishaps[static_cast<std::size_t>(what)].name; }

const char* issue_code_of(mishap what) { return mishaps[static_cast<std::size_t>(what)].code; }

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

}  // namespace liaison::plugin
