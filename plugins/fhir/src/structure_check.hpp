// SPDX-License-Identifier: Apache-2.0
// Base R4, from the tables: names, arrays, types, forms, cardinalities, required bindings, targets of references,
// rules of extensions and contained resources. Invariants are handed to whoever evaluates them.
#pragma once

#include "bundle.hpp"
#include "findings.hpp"
#include "tables.hpp"

#include <functional>

namespace liaison::fhir {

/// An element whose invariants are to be checked: the node, its type and the resource it stands in.
struct invariant_site {
  node_id node, extra;  ///< the value and its "_name" twin; either may be none
  const type_definition* type;
  const std::vector<invariant>* invariants;
  node_id resource, root_resource;  ///< %resource and %rootResource of FHIRPath
};

void check_structure(const bundle_view& of, findings& into, const std::function<void(const invariant_site&)>& on_site);

}  // namespace liaison::fhir
