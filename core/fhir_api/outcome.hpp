// SPDX-License-Identifier: Apache-2.0
// Answers of the FHIR interface: OperationOutcomes with the code of R4's table (IssueType), and what the headers of an
// answer say.
#pragma once

#include "core/model/issue.hpp"
#include "core/model/web.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir_api {

inline constexpr const char* fhir_json = "application/fhir+json";
inline constexpr const char* fhir_xml = "application/fhir+xml";

/// A resource of type OperationOutcome, JSON. `status` chooses the IssueType of errors.
std::string outcome_text(unsigned status, const std::vector<model::issue>& issues);

model::web_response outcome(unsigned status, const std::vector<model::issue>& issues);
/// One error. `code` is stable, lower case with dashes.
model::web_response refusal(unsigned status, std::string_view code, std::string_view text, std::string_view location = {});
/// 503 with Retry-After.
model::web_response try_again(const std::vector<model::issue>& issues);

}  // namespace liaison::fhir_api
