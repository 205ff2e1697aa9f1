// SPDX-License-Identifier: Apache-2.0
// Message → pivot (docs/reference/pivot.md, fhir-france section 11). The parts of the translation share one
// `decoding`; each part writes its resources and says of every value where it went.
#pragma once

#include "inspect.hpp"
#include "leaves.hpp"

#include <liaison/common/pivot_terms.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

using namespace terms;

struct decoding {
  const message& of;
  leaves& values;
  pivot_writer& pivot;
  const reading_result& read;
  account* ledger = nullptr;
  std::string zone;
  std::string now;
  bool is_french = false;

  resource_ref patient, encounter, composition, header;
  std::string bundle_identifier;                 // of the document's own pivot
  std::map<std::string, resource_ref> parties;   // by what the source says of them
  std::map<std::uint32_t, const file*> files;    // by position of their OBX
  std::map<std::uint32_t, resource_ref> owners;  // segment → resource that its other values belong to
  std::size_t patient_index = 0;                 // of `patient` in the facts

  /// Something that the message does not say and the pivot needs.
  void added(std::string place, std::string_view value, std::string_view reason) const {
    if (ledger != nullptr) ledger->added(std::move(place), value, reason);
  }
};

// Data types. Each returns false when there was nothing to write.
bool write_identifier(decoding& d, const repetition& cx, const spot& to);
bool write_name(decoding& d, const repetition& xpn, const spot& to);
bool write_address(decoding& d, const repetition& xad, const spot& to);
bool write_telecom(decoding& d, const repetition& xtn, const spot& to, std::string_view default_use = {});
bool write_concept(decoding& d, const repetition& cwe, const spot& to);
bool write_coding(decoding& d, const repetition& cwe, unsigned first_component, const spot& to);
enum class precision : std::uint8_t { any, instant };
bool write_time(decoding& d, std::string_view raw, const spot& to, precision needed = precision::any);
bool write_entity_identifier(decoding& d, const repetition& ei, const spot& to);
/// "urn:liaison:local:<sender>" for codes whose system the message does not name.
std::string local_system(const message& of, std::string_view coding_system);

// People. The same person said twice is one resource.
resource_ref write_person(decoding& d, const repetition& xcn);
resource_ref write_packed_person(decoding& d, const repetition& cnn);  ///< sub-components of a first component (OBR-32)
resource_ref write_organization(decoding& d, const repetition& xon);
resource_ref write_participant(decoding& d, const segment& prt);

// Parts of a message.
void write_patient(decoding& d, const segment& pid);
/// The patients of A24, A40 and their kin behind the first one, as Patients of their own.
void write_further_patients(decoding& d);
void write_identifiers_of(decoding& d, const segment& pid);
void write_birth_place(decoding& d, const repetition& xad);
void write_reliability(decoding& d, const segment& pid);
void write_encounter(decoding& d);
void write_stay_place(decoding& d, const segment& pv1);  ///< PV1-3 on the Encounter
/// A value that FHIR has no place for and a reader of HL7v2 wants back (pivot, last section).
void write_source_field(const resource_ref& owner, const std::string& location, const sourced& value);
void write_recipients(decoding& d);  ///< PRT of a document or OBR-16/28 of results, on the Composition
void write_results(decoding& d);     ///< OBR, OBX, NTE → DiagnosticReport, Observation, sections
void write_file(decoding& d, const file& from, const spot& section);
void write_consents(decoding& d);  ///< ZFA, ZFD-3 → Consent
void write_event(decoding& d);     ///< ADT, SIU and whatever carries neither document nor results
void write_envelope(decoding& d, std::string_view embedded_pivot, const segment& document_obx);
void write_masks(decoding& d);
void write_rest(decoding& d);  ///< what is left: envelope, source-field, or a reason

liaison_status decode_message(const call& request);

}  // namespace liaison::hl7v2
