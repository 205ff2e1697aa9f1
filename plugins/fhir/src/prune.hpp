// SPDX-License-Identifier: Apache-2.0
// Elements that FHIR forbids to write: nulls, empty strings, arrays and objects.
#pragma once

#include "tree.hpp"

#include <vector>

namespace liaison::fhir {

/// Takes them out, and what becomes empty thereby; nulls that keep two arrays of a primitive in step stay.
/// Returns how many were taken.
std::size_t prune(tree& of);

/// Takes out the listed nodes, then what became empty.
std::size_t prune(tree& of, const std::vector<node_id>& unwanted);

}  // namespace liaison::fhir
