// SPDX-License-Identifier: Apache-2.0
// Small differences between the pivot, which keeps what its sources wrote, and what R4 lets leave.
#pragma once

#include "tree.hpp"

#include <liaison/common/account.hpp>

#include <cstddef>

namespace liaison::fhir {

/// Makes the tree conform; returns how many places were changed.
///  - obs-7: a component must not have the very coding of an Observation with a value. The pivot has such components (a
///    result in a second unit): they get `userSelected` false, which keeps code and meaning and makes the coding
///    another one.
///  - `code` allows no doubled blanks, which codes of laboratories have: they become one.
///  - cmp-1: a section must not be empty; one without text and entries gets a narrative that says its title.
///  - org-1: an Organization has a name or an identifier; one that has neither gets a name that is not known.
/// What the target says beyond the pivot is listed in `ledger`.
std::size_t conform(tree& of, account& ledger);

}  // namespace liaison::fhir
