// SPDX-License-Identifier: Apache-2.0
// Observations as results: counted for the facts, listed on request, printed by `render`.
#pragma once

#include "facts.hpp"

namespace liaison::fhir {

/// Sets `results` and, when asked, `values`; `patients` are the nodes behind `into.patients`.
void read_results(const bundle_view& of, const std::vector<node_id>& patients, result_values values,
                  facts::message_facts& into);

/// One Observation or component with a value.
facts::value value_facts(const tree& of, node_id observation);

/// True for an Observation that says something itself, and does not only group others.
bool is_result(const tree& of, node_id observation);

}  // namespace liaison::fhir
