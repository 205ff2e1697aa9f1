// SPDX-License-Identifier: Apache-2.0
// Patients, professionals and organisations as facts.
#pragma once

#include "bundle.hpp"

#include <liaison/facts.hpp>

namespace liaison::fhir {

facts::patient patient_facts(const tree& of, node_id patient);

/// `reference` is a Reference; what it points to, or at least what it displays.
facts::party party_facts(const bundle_view& of, node_id reference);

bool is_empty(const facts::party& of);

/// "urn:oid:1.2" + "x" → "1.2^x"; a URI stays as it is.
std::string document_id(const tree& of, node_id identifier);

}  // namespace liaison::fhir
