// SPDX-License-Identifier: Apache-2.0
// Tables between the OIDs of CDA and XDS and the URIs of FHIR, and what a patient's id is by its OID.
#pragma once

#include <liaison/facts.hpp>

#include <string>
#include <string_view>

namespace liaison {

inline constexpr std::string_view oid_loinc = "2.16.840.1.113883.6.1";
inline constexpr std::string_view oid_ps_idnat = "1.2.250.1.71.4.2.1";
inline constexpr std::string_view oid_struct_idnat = "1.2.250.1.71.4.2.2";
inline constexpr std::string_view oid_interpretation = "2.16.840.1.113883.5.83";

/// "http://loinc.org" for an OID that FHIR names otherwise, else "urn:oid:…".
std::string system_of_oid(std::string_view oid);
/// Reverse; empty when the URI stands for no OID.
std::string oid_of_system(std::string_view uri);
/// Name that CDA writes beside the OID ("LOINC"); empty when there is none.
std::string_view name_of_oid(std::string_view oid);

/// Kind of a patient identifier by its root. A root that is not in the table is the IPP of an establishment.
facts::identifier_kind identifier_kind_of(std::string_view root);
bool is_ins(facts::identifier_kind kind);
bool is_oid(std::string_view text);
bool is_uuid(std::string_view text);
std::string lower(std::string_view ascii);
/// A root as CDA writes it: the digits of a UUID in upper case (HL7 V3 data types).
std::string cda_root(std::string_view root);

}  // namespace liaison
