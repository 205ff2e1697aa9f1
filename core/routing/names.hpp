// SPDX-License-Identifier: Apache-2.0
// Texts of the marks (model::mark) by which documents are found again: written at intake, asked for by the FHIR API.
#pragma once

#include <string>

namespace liaison::routing {

/// Of one message, so that a file with many patients stays cheap to take in.
constexpr std::size_t marks_of_facts_max = 64;

/// `id` as in the facts: "urn:oid:…", "urn:uuid:…" or "root^extension".
inline std::string document_mark(const std::string& id) { return "document\x1f" + id; }
inline std::string replaced_mark(const std::string& id) { return "replaced\x1f" + id; }
inline std::string patient_mark(const std::string& system, const std::string& value) { return "patient\x1f" + system + "|" + value; }

}  // namespace liaison::routing
