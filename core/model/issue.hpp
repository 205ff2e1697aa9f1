// SPDX-License-Identifier: Apache-2.0
// A finding about a message, as in a FHIR OperationOutcome. Never contains patient data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::model {

enum class severity : std::uint8_t { information, warning, error };

struct issue {
  model::severity severity = model::severity::error;
  std::string code;         ///< stable, lower case with dashes, prefixed by who found it
  std::string location;     ///< in the source's own terms
  std::string diagnostics;  ///< a sentence
};

bool has_error(const std::vector<issue>& issues);
const char* name_of(severity level);  ///< "information", "warning", "error"

/// JSON array of {severity, code, location, diagnostics}; and back (what does not fit is left out).
std::string to_json(const std::vector<issue>& issues);
std::vector<issue> issues_from_json(std::string_view text);

}  // namespace liaison::model
