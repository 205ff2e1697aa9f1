// SPDX-License-Identifier: Apache-2.0
// Does a document's identity stand for a patient that is known here? The outcomes are those of CI-SIS « Transmission au
// LPS », table applicationErrorCondition 902 to 906: a person decides about everything but an exact match.
#pragma once

#include "core/model/facts.hpp"
#include "core/model/issue.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace liaison::identity {

/// How alike two identities are. Names in their normal form.
enum class likeness : std::uint8_t {
  exact,      ///< same INS in the same system, five traits equal
  near,       ///< same INS; only hyphens, blanks or further given names differ, or a list of given names is missing
  conflict,   ///< same INS and another trait; or another INS and the same traits
  no_ins,     ///< one of them has none
  different,  ///< other INS, other traits
};
likeness compare_identities(const facts::patient& known, const facts::patient& told);

/// Numbers stand in the store's tables: they never change their meaning.
enum class reconciliation : std::uint8_t {
  none = 0,        ///< nothing was asked: no patient, or the identity system's own event
  exact = 1,
  unknown = 2,     ///< 902: no such patient here
  no_ins = 3,      ///< 903: no INS in the document
  differs = 4,     ///< 904: the INS or its traits are not exactly those known here
  incomplete = 5,  ///< 905: an INS without its traits
  other = 6,       ///< 906: two local patients with this INS, or an identity marked as doubtful
};
const char* name_of(reconciliation outcome);          ///< "none", "exact", "unknown" …
std::string_view code_of(reconciliation outcome);     ///< "902" …; empty for none and exact
/// What a person should look at: 904 to 906 as warnings "identity-differs", "identity-incomplete", "identity-doubtful".
std::optional<model::issue> issue_of(reconciliation outcome);

/// What is known of the patients that the document's identifiers lead to.
struct reconciliation_question {
  const facts::patient& told;
  const facts::patient* known = nullptr;  ///< with its current identifiers; null: none
  bool known_twice = false;               ///< two patients of one organisation have this INS
  bool is_marked = false;                 ///< the patient known here is a duplicate, a homonym, doubtful …
};
reconciliation reconcile(const reconciliation_question& question);

}  // namespace liaison::identity
