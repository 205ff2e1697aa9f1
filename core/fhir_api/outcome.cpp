// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/outcome.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>
#include <array>

namespace liaison::fhir_api {
namespace {

using detail::append_json_string;
using detail::json_scope;

/// R4, valueset-issue-type: what an error with this status is.
const char* issue_type(unsigned status) {
  struct row {
    unsigned status;
    const char* type;
  };
  constexpr std::array<row, 13> table{{{400, "invalid"},
                                       {401, "login"},
                                       {403, "forbidden"},
                                       {404, "not-found"},
                                       {405, "not-supported"},
                                       {406, "not-supported"},
                                       {409, "duplicate"},
                                       {410, "deleted"},
                                       {412, "conflict"},
                                       {413, "too-long"},
                                       {415, "not-supported"},
                                       {429, "throttled"},
                                       {503, "transient"}}};
  const auto found = std::find_if(table.begin(), table.end(), [&](const row& one) { return one.status == status; });
  return found == table.end() ? "processing" : found->type;
}

void write_issue(json_scope& list, unsigned status, const model::issue& what) {
  json_scope item(list.element(), '{');
  item.text("severity", model::name_of(what.severity));
  item.text("code", what.severity == model::severity::information ? "informational" : issue_type(status));
  {
    json_scope details(item.member("details"), '{');
    json_scope codings(details.member("coding"), '[');
    json_scope coding(codings.element(), '{');
    coding.text("system", "urn:liaison:issue");
    coding.text("code", what.code);
  }
  item.text("diagnostics", what.diagnostics);
  if (what.location.empty()) return;
  json_scope where(item.member("expression"), '[');
  append_json_string(where.element(), what.location);
}

}  // namespace

std::string outcome_text(unsigned status, const std::vector<model::issue>& issues) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "OperationOutcome");
    json_scope list(object.member("issue"), '[');
    const std::vector<model::issue> none{{model::severity::information, "accepted", "", "kept, and ours to deliver"}};
    for (const model::issue& one : issues.empty() ? none : issues) write_issue(list, status, one);
  }
  return text;
}

model::web_response outcome(unsigned status, const std::vector<model::issue>& issues) {
  return {status, fhir_json, {}, outcome_text(status, issues)};
}

model::web_response refusal(unsigned status, std::string_view code, std::string_view text, std::string_view location) {
  return outcome(status, {{model::severity::error, std::string(code), std::string(location), std::string(text)}});
}

model::web_response try_again(const std::vector<model::issue>& issues) {
  model::web_response answer = outcome(503, issues);
  answer.headers["Retry-After"] = "10";
  return answer;
}

}  // namespace liaison::fhir_api
