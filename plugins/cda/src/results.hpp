// SPDX-License-Identifier: Apache-2.0
// Laboratory entries (CR-BIO, IHE XD-LAB) → DiagnosticReport, Observation, Specimen.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

bool is_result_entry(const xmlNode* entry);
bool write_results(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section);

/// Any CDA observation as an Observation: code, value, range, interpretation, method… Used by the other
/// entries too. `current` is false for a result of the past.
enum class result_time : std::uint8_t { current, previous };
resource_ref write_observation(reading& r, const xmlNode* observation, result_time when);
/// An organizer as an Observation with members.
resource_ref write_panel(reading& r, const xmlNode* organizer);
/// Text of a comment act: its own or the narrative that it points to.
void write_note(const reading& r, const xmlNode* act, const spot& to);
bool is_comment(const xmlNode* act);

}  // namespace liaison::cda
