// SPDX-License-Identifier: Apache-2.0
// CDA data types as FHIR data types. Each function writes to a spot of the pivot and speaks for the
// leaves of the element: what has no place is dropped with its reason.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

void write_identifier(const reading& r, const xmlNode* id, const spot& to);
/// All `id` children that say something; `kind_type` may name a v2-0203 code for `type`.
void write_identifiers(const reading& r, const xmlNode* entity, const spot& array);

/// CD, CE, CV, CS: coding with its translations, text from originalText (inline or referenced).
/// False when the element says nothing.
bool write_concept(const reading& r, const xmlNode* code, const spot& to);
/// A CodeableConcept that FHIR requires: says that it is absent when the source has none.
void write_required_concept(const reading& r, const xmlNode* code, const spot& to);
/// As one Coding.
bool write_coding(const reading& r, const xmlNode* code, const spot& to);

/// TS → date or dateTime. False when there is none or it cannot be read (an issue then).
bool write_time(const reading& r, const xmlNode* stamp, const spot& to);
/// TS cut to its date (birthDate).
bool write_date(const reading& r, const xmlNode* stamp, const spot& to);
/// IVL_TS → Period; a single value becomes start.
bool write_period(const reading& r, const xmlNode* interval, const spot& to);
/// `name`DateTime or `name`Period of a resource, as the source has it.
bool write_effective(const reading& r, const xmlNode* time, const resource_ref& to, std::string_view name);

/// PQ → Quantity, digits as sent.
bool write_quantity(const reading& r, const xmlNode* quantity, const spot& to);
/// value or any ANY-typed element → value[x] of `to`, whose last step is "value".
bool write_value(const reading& r, const xmlNode* value, const resource_ref& to, std::string_view name);

void write_telecoms(const reading& r, const xmlNode* entity, const spot& array);
void write_addresses(const reading& r, const xmlNode* entity, const spot& array);
void write_address(const reading& r, const xmlNode* address, const spot& to);
/// Name of a professional or relative (no French qualifiers).
void write_person_name(const reading& r, const xmlNode* name, const spot& to);

/// "123.50" of CDA's real as a JSON number; empty when it is none.
std::string json_digits(std::string_view real);

inline constexpr std::string_view absent_reason_url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// A national identifier leaves only with a qualified identity.
bool ins_must_stay(const reading& r);
inline constexpr std::string_view reason_ins_stays =
    "a national identifier goes no further while the identity is not qualified";
inline constexpr std::string_view reason_nothing_known = "says only that nothing is known (nullFlavor)";

}  // namespace liaison::cda
