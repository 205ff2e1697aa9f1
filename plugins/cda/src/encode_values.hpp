// SPDX-License-Identifier: Apache-2.0
// What all acts of level 3 share.
#pragma once

#include "encode_parts.hpp"

namespace liaison::cda {

/// Empty roots are left out.
void write_templates(const writing& w, std::initializer_list<std::string_view> roots);
void write_all_ids(const writing& w, const json_value* resource);

/// @value and @unit of the element that is open.
void quantity_attributes(const writing& w, const json_value* quantity);
/// An element with them; nothing when the quantity has no value.
void write_bound(const writing& w, const json_value* quantity, std::string_view name);
/// Whether a component says the same result in another unit: it has the Observation's own code.
bool is_second_unit(const json_value* observation, const json_value* component);
/// value of an Observation, with its second units; `coded_as` is the type of a coded one.
void write_result_value(const writing& w, const json_value* observation, std::string_view coded_as = "CD");
/// value of a type that is one attribute.
void write_plain(const writing& w, const sourced& said, std::string_view type);
/// value xsi:type CD.
void write_typed_code(const writing& w, const json_value* concept_node);

void write_status(const writing& w, const json_value* observation);
/// LOINC with the local code as translation; a local code alone stands in a translation (CR-BIO).
void write_result_code(const writing& w, const json_value* observation, std::string_view name = "code");
/// effectiveTime; a null flavor when there is none and `required` names one.
void write_effective(const writing& w, const json_value* resource, std::string_view required);
void write_range(const writing& w, const json_value* observation);

/// text: the narrative that shows it, else the text itself.
void write_comment_text(const writing& w, const sourced& text);
/// entryRelationship with a comment act.
void write_comment(const writing& w, const sourced& text);

/// Extension `participant` of a resource: performers, authors, then the others, as the schema orders them.
void write_people(const writing& w, const json_value* resource);
/// participantRole of someone who is neither performer nor author.
void write_role(const writing& w, const party& who);
/// specimen of a microbiology result.
void write_isolate(const writing& w, const json_value* specimen);

}  // namespace liaison::cda
