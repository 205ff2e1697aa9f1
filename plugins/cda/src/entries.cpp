// SPDX-License-Identifier: Apache-2.0
// Entry by entry, by the class of its act.
#include "entries.hpp"

#include "results.hpp"

namespace liaison::cda {

bool write_clinical_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section) {
  (void)section_node;
  (void)section;
  r.drop(entry, "no resource for this entry: the narrative of its section says it");
  return false;
}

}  // namespace liaison::cda
