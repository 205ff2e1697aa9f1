// SPDX-License-Identifier: Apache-2.0
// What a FHIR server has to know of a body without reading it: the type, what each entry asks for, identifiers and
// search values. docs/fhir.md, "Inside", has its members.
#pragma once

#include "bundle.hpp"

#include <string>

namespace liaison::fhir {

/// More entries than this in one Bundle are refused.
inline constexpr std::size_t rest_entries_max = 5000;

/// One JSON object.
std::string outline_of(const tree& of);

/// The entries of the Bundle itself, without those of Bundles inside it, in their order.
std::vector<node_id> top_entries(const tree& of);

}  // namespace liaison::fhir
