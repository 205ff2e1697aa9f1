// SPDX-License-Identifier: Apache-2.0
// URLs and codes of the pivot (docs/reference/pivot.md) beside those that all plugins share.
#pragma once

#include <liaison/common/pivot_terms.hpp>

#include <string>
#include <string_view>

namespace liaison::hprim {

using namespace terms;

inline constexpr std::string_view extension_recipient = "https://liaison.example/fhir/StructureDefinition/recipient";
inline constexpr std::string_view extension_recipient_role =
    "https://liaison.example/fhir/StructureDefinition/recipient-role";
inline constexpr std::string_view extension_sender = "https://liaison.example/fhir/StructureDefinition/sender";
inline constexpr std::string_view extension_source_code =
    "https://liaison.example/fhir/StructureDefinition/source-code";
inline constexpr std::string_view extension_source_field =
    "https://liaison.example/fhir/StructureDefinition/source-field";

inline constexpr std::string_view system_interpretation =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
inline constexpr std::string_view system_loinc = "http://loinc.org";
inline constexpr std::string_view system_ucum = "http://unitsofmeasure.org";
inline constexpr std::string_view system_nir = "urn:oid:1.2.250.1.213.1.4.13";
inline constexpr std::string_view system_rpps = "urn:oid:1.2.250.1.71.4.2.1";
inline constexpr std::string_view local_code_prefix = "urn:liaison:local:";

inline constexpr std::string_view code_lab_report = "11502-2";
inline constexpr std::string_view code_attached_file = "55108-5";

/// The four matricule systems, 1.2.250.1.213.1.4.8 to .11.
bool is_ins_system(std::string_view system);

/// System of codes that only `sender` knows: "urn:liaison:local:<sender>", blanks and signs as "-".
std::string local_system(std::string_view sender);

/// Appends a source-field extension (`location` in the source's terms) to a resource or to an element at `path`.
void add_source_field(const resource_ref& of, std::string_view location, const sourced& value,
                      std::string_view path = {});

/// Value of the source-field at `location` on `node`, with its row; empty when there is none.
sourced source_field(const pivot_reader& from, const json_value* node, std::string_view location);
sourced source_code(const pivot_reader& from, const json_value* node);

/// Name and identifiers of a sender or recipient as one line of text writes them.
struct party_text {
  sourced identity;
  sourced code;
  std::string_view code_system;  ///< empty: local to the message
};

enum class party_kind : std::uint8_t { person, organization };
/// Guess by the words of a name ("LABO …", "Dr …"); `otherwise` when nothing tells.
party_kind kind_of_party(std::string_view identity, party_kind otherwise);

/// Adds Practitioner or Organization for a party.
resource_ref add_party(pivot_writer& pivot, const party_text& party, party_kind kind);

/// Sets `name/<index>` of a person from one text: text, and family, given, prefix where they are certain.
void set_person_name(const resource_ref& of, std::string_view path, const sourced& text);

/// The Observation.value[x], unit and UCUM code from a text; returns whether it is a quantity.
struct measured_text {
  sourced value;
  std::string understood, json_number, comparator, unit;
  sourced unit_source;
};
bool set_value(const resource_ref& of, std::string_view path, const measured_text& value);

}  // namespace liaison::hprim
