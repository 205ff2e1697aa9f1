// SPDX-License-Identifier: Apache-2.0
// Recipients and sender of the Composition → PRT.
#include "codes.hpp"
#include "encode.hpp"

#include <utility>

namespace liaison::hl7v2 {
namespace {

/// A recipient or sender as PRT, pre-adopted from 2.9 as the French volet does.
void put_participation(encoding& e, const json_value* extension, std::string_view code) {
  const json_value* who = e.in.resolve(pivot_reader::find(extension, "valueReference"));
  if (who == nullptr) return;
  out_segment& prt = e.add("PRT", rank_body);
  prt.set({2}, "UC");
  prt.set({4, 1}, code);
  prt.set({4, 3}, "participation");
  e.in.carry(extension, "valueReference/extension", prt.location({4, 1}));
  const json_value* person = who;
  const json_value* organization = nullptr;
  const std::string type = pivot_reader::text(who, "resourceType");
  if (type == "PractitionerRole") {
    person = e.in.resolve(pivot_reader::find(who, "practitioner"));
    organization = e.in.resolve(pivot_reader::find(who, "organization"));
  } else if (type == "Organization") {
    organization = std::exchange(person, nullptr);
  }
  if (person != nullptr && type != "Patient" && type != "Device") put_person(e, person, prt, 5);
  if (organization != nullptr) {
    e.put(organization, "name", prt, {8, 1});
    const json_value* id = pivot_reader::find(organization, "identifier/0");
    if (e.put(id, "value", prt, {8, 10})) {
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
  }
  for (const json_value* holder : {who, person, organization}) {
    const json_value* telecoms = pivot_reader::find(holder, "telecom");
    for (std::size_t i = 0; i < size_of(telecoms) && !prt.has_field(15); ++i) {
      if (pivot_reader::text(element(telecoms, i), "system") == "email") put_telecom(e, element(telecoms, i), prt, 15);
    }
  }
}

}  // namespace

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
