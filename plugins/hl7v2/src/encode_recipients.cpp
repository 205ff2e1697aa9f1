// SPDX-License-Identifier: Apache-2.0
// Recipients and sender of the Composition → PRT.
#include "codes.hpp"
#include "encode.hpp"

#include <utility>

namespace liaison::hl7v2 {
namespace {

/// Number of a professional or an organisation by its length, as the national tables type it (pfi-hl7v2, trap 14).
void put_type_by_length(out_segment& prt, unsigned field_number) {
  const bool is_person = field_number == 5;
  const place id = {field_number, is_person ? 1U : 10U}, type = {field_number, is_person ? 13U : 7U};
  const place authority = {field_number, is_person ? 9U : 6U, 2};
  const std::size_t size = prt.written(id).size();
  if (prt.written(authority) == oid_health_professional && (size == 11 || size == 12)) {
    prt.set(type, size == 11 ? "RPPS" : "IDNPS");
  } else if (prt.written(authority) == oid_health_organization && !prt.has(type)) {
    prt.set(type, size == 9 ? "FINEG" : "IDNST");
  }
}

/// The patient as a recipient: the matricule when PID-3 says it too, which holds the conditions for one to leave.
void put_patient_person(const encoding& e, const json_value* patient, out_segment& prt) {
  const json_value* name = pivot_reader::find(patient, "name/0");
  e.put(name, "family", prt, {5, 2});
  e.put(name, "given/0", prt, {5, 3});
  if (e.pid == nullptr) return;
  for (unsigned number = 1; number < e.pid->next_repetition(3); ++number) {
    if (e.pid->written({3, 5, 0, number}) != "INS") continue;
    prt.set({5, 1}, e.pid->written({3, 1, 0, number}));
    prt.set({5, 9, 2}, e.pid->written({3, 4, 2, number}));
    prt.set({5, 9, 3}, "ISO");
    prt.set({5, 13}, "INS");
    return;
  }
}

void put_organization(const encoding& e, const json_value* organization, out_segment& prt) {
  e.put(organization, "name", prt, {8, 1});
  const json_value* id = pivot_reader::find(organization, "identifier/0");
  if (!e.put(id, "value", prt, {8, 10})) return;
  const std::string system = pivot_reader::text(id, "system");
  const std::string oid = system.starts_with("urn:oid:")              ? system.substr(8)
                          : system.ends_with("finess.esante.gouv.fr") ? std::string(oid_health_organization)
                                                                      : std::string{};
  e.put(id, "assigner/display", prt, {8, 6, 1});
  e.put_as(id, "system", prt, {8, 6, 2}, oid);
  if (!oid.empty()) prt.set({8, 6, 3}, "ISO");
  e.put(id, "type/coding/0/code", prt, {8, 7});
  e.in.envelope(id, "type/coding/0/system");
}

/// The extension's person or organisation as PRT, with the role carried.
void put_participation(encoding& e, const json_value* extension, std::string_view code) {
  const json_value* who = e.in.resolve(pivot_reader::find(extension, "valueReference"));
  if (who != nullptr && put_participant(e, who, code))
    e.in.carry(extension, "valueReference/extension", e.segments.back()->location({4, 1}));
}

}  // namespace

/// Pre-adopted from 2.9, as the French volet does.
bool put_participant(encoding& e, const json_value* who, std::string_view code) {
  const json_value* person = who;
  const json_value* organization = nullptr;
  const std::string type = pivot_reader::text(who, "resourceType");
  if (type == "PractitionerRole") {
    person = e.in.resolve(pivot_reader::find(who, "practitioner"));
    organization = e.in.resolve(pivot_reader::find(who, "organization"));
  } else if (type == "Organization") {
    organization = std::exchange(person, nullptr);
  }
  if (person == nullptr && organization == nullptr) return false;
  out_segment& prt = e.add("PRT", rank_body);
  prt.set({2}, "UC");
  prt.set({4, 1}, code);
  prt.set({4, 3}, "participation");
  if (type == "Patient" || type == "RelatedPerson") {
    put_patient_person(e, type == "Patient" ? person : nullptr, prt);
  } else if (type == "Device") {
    if (!e.put(person, "identifier/0/value", prt, {10, 1})) e.put(person, "deviceName/0/name", prt, {10, 1});
    e.put(person, "deviceName/0/name", prt, {10, 2});
  } else if (person != nullptr) {
    put_person(e, person, prt, 5);
    put_type_by_length(prt, 5);
  }
  if (organization != nullptr) {
    put_organization(e, organization, prt);
    put_type_by_length(prt, 8);
  }
  for (const json_value* holder : {who, person, organization}) {
    const json_value* telecoms = pivot_reader::find(holder, "telecom");
    for (std::size_t i = 0; i < size_of(telecoms) && !prt.has_field(15); ++i) {
      if (pivot_reader::text(element(telecoms, i), "system") == "email") put_telecom(e, element(telecoms, i), prt, 15);
    }
  }
  return true;
}

void put_recipients(encoding& e) {
  const json_value* extensions = pivot_reader::find(e.composition, "extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    const json_value* extension = element(extensions, i);
    const std::string url = pivot_reader::text(extension, "url");
    if (url.ends_with("/StructureDefinition/sender")) put_participation(e, extension, "SB");
    if (!url.ends_with("/StructureDefinition/recipient")) continue;
    const std::string role = pivot_reader::text(extension, "valueReference/extension/0/valueCode");
    put_participation(e, extension, role == "reply" ? "REPLY" : "RCT");
  }
}

}  // namespace liaison::hl7v2
