// SPDX-License-Identifier: Apache-2.0
// The French health identity in a FHIR Patient: which identifier is an INS, how reliable the identity is, and
// whether two descriptions of one subject contradict each other.
#pragma once

#include "bundle.hpp"

#include <liaison/facts.hpp>

#include <optional>
#include <string>
#include <vector>

namespace liaison::fhir {

facts::identifier_kind kind_of(const tree& of, node_id identifier);
bool is_ins(facts::identifier_kind kind);

/// The INS that a conditional reference to a patient names (`Patient?identifier=urn:oid:…|…`); empty for none.
struct named_ins {
  std::string_view system, value;
  facts::identifier_kind kind = facts::identifier_kind::other;
};
named_ins ins_of_condition(std::string_view url);

/// From the extension fr-core-identity-reliability, whose code VALI means "qualified" in one code system and
/// "validated" in the other.
facts::identity_status status_of(const tree& of, node_id patient);

/// Values of the INS that count: not those of use "old".
std::vector<std::string_view> ins_of(const tree& of, node_id patient);

/// Where two identities meet that should be one subject's; nothing when there is no contradiction.
struct identity_conflict {
  node_id first, second;
};
std::optional<identity_conflict> find_conflict(const bundle_view& of);

}  // namespace liaison::fhir
