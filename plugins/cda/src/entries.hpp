// SPDX-License-Identifier: Apache-2.0
// Coded entries other than laboratory results: problems, allergies, medications, vaccines, procedures, vital
// signs, devices, encounters, family history. What has no mapping stays narrative and is listed in the account.
#pragma once

#include "datatypes.hpp"

namespace liaison::cda {

/// False when the entry has no mapping: its narrative says it, and the account lists it.
bool write_clinical_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section);

inline constexpr std::string_view reason_no_element =
    "no element of the resource takes it: the narrative of its section says it";

// One class of act each. What they return is false when the act says nothing that the resource could hold.
resource_ref write_medication(reading& r, const xmlNode* act);
resource_ref write_immunization(reading& r, const xmlNode* act);
resource_ref write_problem(reading& r, const xmlNode* concern, const xmlNode* observation);
resource_ref write_allergy(reading& r, const xmlNode* concern, const xmlNode* observation);
resource_ref write_procedure(reading& r, const xmlNode* act);
resource_ref write_request(reading& r, const xmlNode* act);
resource_ref write_goal(reading& r, const xmlNode* observation);
resource_ref write_device_use(reading& r, const xmlNode* supply);
resource_ref write_visit(reading& r, const xmlNode* encounter);
resource_ref write_family_member(reading& r, const xmlNode* organizer);

// Shared by them.
void write_text_pointer(const reading& r, const xmlNode* act);
/// Comments of an act as `note`.
void write_notes(const reading& r, const xmlNode* act, const resource_ref& to);
/// Performer or author of an act: the first one; null when there is none.
resource_ref write_person(reading& r, const xmlNode* act, const char* role);
/// The name beside a code: its text where it has none, nothing more where they say the same, else a coding without a
/// code.
void write_second_name(const reading& r, const xmlNode* entity, const sourced& name, const spot& to);
/// Participations that have no element of their own in the resource: extension `participant`.
void write_other_people(reading& r, const xmlNode* act, const resource_ref& to,
                        std::initializer_list<const char*> roles);
/// A code that has no element of its own: an extension of ours with a CodeableConcept.
void write_code_extension(const reading& r, const xmlNode* code, const resource_ref& to, std::string_view name);
/// A mood that the resource's own intent or status does not tell apart: extension `mood`.
void write_mood(const reading& r, const xmlNode* act, const resource_ref& to,
                std::initializer_list<std::string_view> told);
/// Reasons of an act, whether observations or acts.
void write_reasons(const reading& r, const xmlNode* act, const resource_ref& to);
/// Observations that hang from an act by a link of that type.
std::vector<const xmlNode*> linked(const xmlNode* act, std::string_view type_code, std::string_view element);
/// What hangs from an act and was not read yet: resources of their own, named by the extension `related`.
void write_related(reading& r, const xmlNode* act, const resource_ref& to);
bool is_negated(const reading& r, const xmlNode* act, const spot& to);

}  // namespace liaison::cda
