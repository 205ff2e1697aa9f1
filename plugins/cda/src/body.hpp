// SPDX-License-Identifier: Apache-2.0
// The body of a document → sections of the Composition, with what their entries hold.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

void write_body(reading& r);

/// An entry's resources; `section` is the Composition's section that shows them. True when the entry, or a
/// part of it, became resources.
bool write_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section);

}  // namespace liaison::cda
