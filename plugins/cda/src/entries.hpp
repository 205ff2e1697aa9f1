// SPDX-License-Identifier: Apache-2.0
// Coded entries other than laboratory results: problems, allergies, medications, vaccines, procedures, vital signs,
// devices.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

/// False when the entry has no mapping: its narrative says it, and the account lists it.
bool write_clinical_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section);

}  // namespace liaison::cda
