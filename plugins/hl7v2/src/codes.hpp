// SPDX-License-Identifier: Apache-2.0
// Tables of the formats: identifiers by OID, statuses, metadata flags of the volet, error conditions, media
// types. Data only; what is done with them is elsewhere.
#pragma once

#include <liaison/facts.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace liaison::hl7v2 {

inline constexpr std::string_view oid_health_professional = "1.2.250.1.71.4.2.1";
inline constexpr std::string_view oid_health_organization = "1.2.250.1.71.4.2.2";
inline constexpr std::string_view oid_confidentiality = "1.2.250.1.213.1.1.4.13";

/// What an identifier of PID-3 is, by its OID (which decides) and CX.5.
facts::identifier_kind kind_of_patient_identifier(std::string_view oid, std::string_view type);
bool is_ins(facts::identifier_kind kind);
bool is_test_ins(facts::identifier_kind kind);
bool is_oid(std::string_view text);  ///< "1.2.250…"

/// "urn:oid:…" or "urn:uuid:…" for a universal id, empty when it is neither.
std::string system_of(std::string_view universal_id, std::string_view universal_id_type);

/// System of a coding by its name in component 3 or 6 (HL7 0396): "LN" → "http://loinc.org". Empty when unknown.
std::string system_of_coding(std::string_view name);

/// OBX-11 / OBR-25 of results as status of a document in the facts; empty when it says nothing.
std::string_view document_status_of_result(std::string_view code);

/// The twelve metadata of the volet, in its order, and the four of its return path.
enum class flag : std::uint8_t {
  masque_ps,
  invisible_patient,
  invisible_rep_legaux,
  connexion_secrete,
  modif_conf_code,
  dest_dmp,
  dest_mssante_ps,
  dest_mssante_pat,
  ack_reception,
  ack_lecture_mss,
  corpsmail_ps,
  corpsmail_patient
};
inline constexpr std::size_t flag_count = 12;
inline constexpr std::size_t flags_required = 10;

struct flag_name {
  flag which;
  bool is_canonical;  ///< false: an older or misspelt name, taken with tolerance PFI-T20
};
std::string_view name_of(flag which);
std::string_view label_of(flag which);  ///< OBX-3.2 of the volet
/// Name after trimming; blanks inside are ignored ("INVISIBLE_ REP_LEGAUX").
std::optional<flag_name> flag_named(std::string_view code);
/// COMP_LOT of V1.2: metadata too, with no meaning any more.
bool is_obsolete_metadata(std::string_view code);

/// HL7 table 0357 code for an issue of ours, for ERR-3 (pfi-hl7v2, section 9).
struct error_condition {
  std::string_view code;
  std::string_view text;
};
error_condition condition_of_issue(std::string_view issue_code);

/// Media type of an ED by components 2 and 3 and by its first bytes.
std::string media_type_of(std::string_view type, std::string_view subtype, std::string_view bytes);

}  // namespace liaison::hl7v2
