// SPDX-License-Identifier: Apache-2.0
// Identity rules that the broker applies to facts: which identities may not stand in one message, and which
// matricule may travel at all. Plain functions, no I/O.
#pragma once

#include "core/identity/matricule.hpp"
#include "core/model/facts.hpp"
#include "core/model/issue.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::identity {

/// Normal form of a name for comparison: upper case without accents, œ→OE, æ→AE, ß→SS, typographic apostrophes
/// and hyphens made plain, runs of blanks one, trimmed. UTF-8 in and out; what is no Latin letter stays.
std::string normal_form(std::string_view name);

/// Envelope and carried document speak of one person? Findings, by severity:
///   error   identity-two-ins          two different matricules (the wrong-patient accident)
///   error   identity-traits-conflict  the same matricule with another birth date, or with another family and given
///                                     name; or no matricule on one side and both name and birth date differ
///   warning identity-traits-differ    one of family name and birth date differs, the rest agrees
///   warning identity-ins-on-one-side  only one of them has a matricule
///   information identity-local-id     local numbers differ
/// `location` of an issue is `envelope_location` or `document_location`. No value is quoted.
std::vector<model::issue> compare(const facts::patient& envelope, const facts::patient& document,
                                  std::string_view envelope_location, std::string_view document_location);

/// Two different matricules for one patient: error identity-two-ins; one number as that of production and of tests: error
/// identity-environments-mixed. A matricule without a right key: identity-ins-key, an
/// error when the identity is said to be qualified, else a warning.
std::vector<model::issue> check_one(const facts::patient& patient, std::string_view location);

/// Matricules of the other environment (production OIDs on a test gateway and the reverse).
std::vector<model::issue> check_environment(const facts::patient& patient, environment where, std::string_view location);

}  // namespace liaison::identity
