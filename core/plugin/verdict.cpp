// SPDX-License-Identifier: Apache-2.0
// Replies out of answers and mishaps, with words for people.
#include "core/plugin/verdict.hpp"

#include "core/plugin/contract.hpp"

#include <algorithm>

namespace liaison::plugin {

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
    made.issues.push_back({model::severity::error, issue_code_of(mishap::bad_reply), "",
                           "plugin " + made.plugin + " broke the interface in " + name_of(what) + ": it " + breach});
    return made;
  }
  made.status = static_cast<liaison_status>(answer.status);
  made.parts = std::move(answer.parts);
  // The document leads, as the interface says, whatever else came before it. Mostly there is none, or it does.
  const auto is_document = [](const part& one) { return one.role == LIAISON_PART_DOCUMENT; };
  if (!std::is_partitioned(made.parts.begin(), made.parts.end(), is_document))
    std::stable_partition(made.parts.begin(), made.parts.end(), is_document);
  return made;
}

reply reply_of(operation what, const std::string& format, plugin::mishap why, const std::string& detail,
               std::string plugin) {
  reply made = refusal(LIAISON_QUARANTINE, why, issue_code_of(why),
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
