// SPDX-License-Identifier: Apache-2.0
// What the European guides and FHIR messaging ask of a document beyond the pivot: each changes the tree of a pivot into
// what leaves. Additions are told to the ledger, what is taken out to `where`.
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::fhir {

/// Runs before anything was copied out; `seed` names new ids. False, and an error reported, when the pivot is no
/// content of the profile.
struct profile_context {
  const call& request;
  tree& pivot;
  placements& where;
  account& ledger;
  const std::string& seed;

  void drop(node_id id, std::string reason) const {
    where.dropped.emplace(id, std::move(reason));
    pivot.detach(id);
  }
};

bool write_eu_laboratory(const profile_context& in);  ///< HL7 Europe laboratory report, Bundle-eu-lab
bool write_eu_discharge(const profile_context& in);   ///< HL7 Europe hospital discharge report, bundle-eu-hdr
bool write_message(const profile_context& in);        ///< Bundle for $process-message

}  // namespace liaison::fhir
