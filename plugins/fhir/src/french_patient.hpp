// SPDX-License-Identifier: Apache-2.0
// The one gate through which a matricule INS leaves as FHIR, whatever the profile: in a Patient that keeps
// fr-core-patient-ins, with a qualified identity and the five traits; everywhere else it is withheld.
#pragma once

#include "bundle.hpp"

#include <liaison/common/account.hpp>

#include <string>
#include <vector>

namespace liaison::fhir {

struct withheld_value {
  node_id where;
  std::string code;    ///< of the issue; empty when there is nothing to tell
  std::string reason;  ///< for the issue and the account
};

struct guarded {
  std::vector<withheld_value> withheld;  ///< to be taken out by the caller
  bool changed = false;                  ///< something was added to the tree
};

/// Makes each Patient with an INS that may leave keep fr-core-patient-ins (type and use of the identifier, one birth
/// given name beside the list) and say so; lists what must be taken out: INS of identities that are not qualified or
/// lack a trait, wherever they stand, and source-fields that hold one. Additions are told to the ledger.
guarded guard_identities(tree& of, account& ledger);

}  // namespace liaison::fhir
