// SPDX-License-Identifier: Apache-2.0
// Section text (CDA NarrativeBlock) → XHTML as a FHIR narrative allows it.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

/// "<div xmlns=…>…</div>"; empty when the text shows nothing. Marks the leaves: text and kept attributes are
/// carried to `to`, layout is dropped.
std::string narrative_div(const reading& r, const xmlNode* text, const spot& to);
/// The same without an account, for a printed view.
std::string narrative_html(const xmlNode* text);

}  // namespace liaison::cda
