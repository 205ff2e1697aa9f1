// SPDX-License-Identifier: Apache-2.0
// Resources of a section → coded entries by the templates of the CI-SIS (and of IHE PCC, on which they stand).
#pragma once

#include "encode_parts_n3.hpp"
#include "encode_values.hpp"

#include <span>

namespace liaison::cda {

/// Where an entry stands: what the templates depend on, and what was written already.
struct entry_scope {
  const writing& w;
  std::string section_code;
  std::set<const json_value*>& related_written;  ///< a resource hangs from one act only
  unsigned depth = 0;

  entry_scope deeper() const { return {w, section_code, related_written, depth + 1}; }
};

/// Whether a resource has an act: the others are said by the narrative of their section.
bool has_act(const json_value* resource);
/// One act: act, observation, procedure, substanceAdministration, supply, encounter or organizer.
void write_act(const entry_scope& at, const json_value* resource);
/// All entries of a section whose resources have an act; those that share a concern stand in one.
void write_section_entries(const writing& w, const json_value* section, std::string_view section_code);

/// What an act is called, as its section's narrative shows it.
std::string label_of(const writing& w, const json_value* resource);

/// What the entries of a section refer to in its narrative.
std::vector<std::string> entry_labels(const writing& w, const json_value* section);
/// A table of the entries, for a section without text; false when none of them has a row.
bool write_entry_table(const writing& w, const json_value* section);

// ---- one class of act each
void write_concern(const entry_scope& at, const std::vector<const json_value*>& members);
void write_procedure_act(const entry_scope& at, const json_value* resource);
void write_request_act(const entry_scope& at, const json_value* resource);
void write_goal_act(const entry_scope& at, const json_value* resource);
void write_device_act(const entry_scope& at, const json_value* resource);
void write_visit_act(const entry_scope& at, const json_value* resource);
void write_family_act(const entry_scope& at, const json_value* resource);
void write_medication_act(const entry_scope& at, const json_value* resource);
void write_vaccine_act(const entry_scope& at, const json_value* resource);
void write_observation_act(const entry_scope& at, const json_value* observation);

// ---- what several of them share
/// At least one id: made from the resource's place when it has none.
void write_act_ids(const writing& w, const json_value* resource);
/// text with a reference to the narrative that shows the label; nothing when none does.
void write_label_reference(const writing& w, const std::string& label);
/// statusCode by the table of the class; the last row's code stands for everything else.
struct status_pair {
  std::string_view fhir, cda;
};
void write_mapped_status(const writing& w, const json_value* resource, std::span<const status_pair> rows,
                         std::string_view otherwise);
/// effectiveTime of `name`Period, `name`DateTime or nothing.
void write_act_time(const writing& w, const json_value* resource, const std::string& name,
                    std::string_view null_flavor = {});
/// Concept of an extension of ours, as element `name`.
bool write_extension_code(const writing& w, const json_value* resource, std::string_view extension,
                          std::string_view name);
/// author with time.
void write_act_author(const writing& w, const json_value* person, const json_value* resource, std::string_view time);
void write_act_performers(const writing& w, const json_value* resource, std::string_view array, std::string_view path);
/// entryRelationship RSON, one for each reason.
void write_reasons(const entry_scope& at, const json_value* resource);
/// Notes as comments, then what the extension `related` names.
void write_act_links(const entry_scope& at, const json_value* resource);

}  // namespace liaison::cda
