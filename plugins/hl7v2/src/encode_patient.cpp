// SPDX-License-Identifier: Apache-2.0
// Patient and Encounter → PID, ROL and PV1. A matricule is written with a qualified identity and all five traits,
// or not at all (identity-ins, section 9).
#include "codes.hpp"
#include "encode.hpp"
#include "people.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

constexpr std::string_view url_reliability = "fr-core-identity-reliability";
constexpr std::string_view url_birth_list = "fr-core-patient-birth-list-given-name";
constexpr std::string_view url_birth_place = "patient-birthPlace";
constexpr std::string_view url_insee = "fr-core-address-insee-code";

const json_value* extension_of(const json_value* node, std::string_view url_end) {
  const json_value* extensions = pivot_reader::find(node, "extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    const json_value* each = element(extensions, i);
    if (pivot_reader::text(each, "url").ends_with(url_end)) return each;
  }
  return nullptr;
}

const json_value* name_of_use(const json_value* patient, std::string_view use) {
  const json_value* names = pivot_reader::find(patient, "name");
  for (std::size_t i = 0; i < size_of(names); ++i) {
    if (pivot_reader::text(element(names, i), "use") == use) return element(names, i);
  }
  return nullptr;
}

struct reliability {
  std::string code;  // as PID-32 writes it
  bool is_qualified = false;
  const json_value* node = nullptr;
};

/// identity-ins 2.2: VALI means qualified in the table of HL7 0445 (together with an INS) and merely validated in the
/// newer code system; HL7v2 writes VALI for both, the matricule tells them apart.
reliability reliability_of(const json_value* patient) {
  reliability out;
  out.node = extension_of(patient, url_reliability);
  const json_value* parts = pivot_reader::find(out.node, "extension");
  std::string code, system;
  for (std::size_t i = 0; i < size_of(parts); ++i) {
    const json_value* part = element(parts, i);
    const std::string url = pivot_reader::text(part, "url");
    if (url != "identityStatus" && url != "identityReliability") continue;
    code = pivot_reader::text(part, "valueCoding/code");
    system = pivot_reader::text(part, "valueCoding/system");
    break;
  }
  const bool is_newer = system.ends_with("fr-core-cs-identity-status");
  out.is_qualified = code == "QUAL" || (code == "VALI" && !is_newer);
  // RECUP has no code of its own in the table: what is not qualified is provisional there.
  out.code = code == "QUAL" ? "VALI" : code == "RECUP" ? "PROV" : code;
  return out;
}

bool has_all_traits(const json_value* patient) {
  const json_value* birth = name_of_use(patient, "official");
  const json_value* place = extension_of(patient, url_birth_place);
  const json_value* code = extension_of(pivot_reader::find(place, "valueAddress"), url_insee);
  return !pivot_reader::text(birth, "family").empty() && !pivot_reader::text(birth, "given/0").empty() &&
         pivot_reader::text(patient, "birthDate").size() == 10 && !pivot_reader::text(patient, "gender").empty() &&
         !pivot_reader::text(code, "valueCoding/code").empty();
}

facts::identifier_kind kind_of(const json_value* identifier) {
  const std::string system = pivot_reader::text(identifier, "system"),
                    type = pivot_reader::text(identifier, "type/coding/0/code");
  const std::string oid = system.starts_with("urn:oid:") ? system.substr(8) : std::string{};
  return kind_of_patient_identifier(oid, type.starts_with("INS") ? "INS" : type);
}

void put_identifiers(encoding& e, const reliability& status) {
  const json_value* identifiers = pivot_reader::find(e.patient, "identifier");
  const bool traits = has_all_traits(e.patient);
  for (std::size_t i = 0; i < size_of(identifiers); ++i) {
    const json_value* identifier = element(identifiers, i);
    const facts::identifier_kind kind = kind_of(identifier);
    if (is_ins(kind)) {
      const std::string value = pivot_reader::text(identifier, "value");
      const bool key_is_fit = nir_key_is_right(value) || (is_test_ins(kind) && value.size() == 15);
      const char* reason = !status.is_qualified ? "an INS is written only with a qualified identity"
                           : !traits            ? "an INS is written only together with all five traits"
                           : !key_is_fit        ? "an INS is written only with a right key"
                                                : nullptr;
      if (reason != nullptr) {
        e.found.warning("hl7v2-ins-withheld", e.in.pointer(identifier), reason);
        e.in.drop(identifier, "", reason);
        continue;
      }
    }
    put_identifier(e, identifier, *e.pid, 3);
  }
}

void put_name(const encoding& e, const json_value* name, std::string_view type) {
  if (name == nullptr) return;
  out_segment& to = *e.pid;
  const unsigned number = to.next_repetition(5);
  const auto at = [&](unsigned component) { return place{5, component, 0, number}; };
  bool said = e.put(name, "family", to, at(1));
  said = e.put(name, "given/0", to, at(2)) || said;
  if (!said && !e.put(name, "text", to, at(1))) return;
  const json_value* list = extension_of(name, url_birth_list);
  if (list != nullptr) {
    e.put(list, "valueString", to, at(3));
  } else {
    // Further given names stand in one string; in a birth name it repeats the first (pfi-hl7v2 5.3).
    const json_value* given = pivot_reader::find(name, "given");
    std::string more;
    for (std::size_t i = type == "L" && size_of(given) > 1 ? 0 : 1; i < size_of(given); ++i) {
      more += (more.empty() ? "" : " ") + pivot_reader::text(element(given, i), "");
    }
    if (!more.empty()) {
      to.set(at(3), more);
      for (std::size_t i = 1; i < size_of(given); ++i)
        e.in.carry(name, "given/" + std::to_string(i), to.location(at(3)));
    }
  }
  e.put(name, "suffix/0", to, at(4));
  e.put(name, "prefix/0", to, at(5));
  e.put_as(name, "use", to, at(7), type);
  to.set(at(7), type);
}

void put_names(const encoding& e) {
  const json_value* names = pivot_reader::find(e.patient, "name");
  for (std::size_t i = 0; i < size_of(names); ++i) {
    const std::string use = pivot_reader::text(element(names, i), "use");
    put_name(e, element(names, i), use == "official" ? "L" : use == "maiden" ? "M" : use == "nickname" ? "N" : "D");
  }
}

void put_addresses(const encoding& e) {
  const json_value* addresses = pivot_reader::find(e.patient, "address");
  for (std::size_t i = 0; i < size_of(addresses); ++i) put_address(e, element(addresses, i), *e.pid, 11);
  const json_value* birth = pivot_reader::find(extension_of(e.patient, url_birth_place), "valueAddress");
  const json_value* code = extension_of(birth, url_insee);
  if (birth == nullptr) return;
  out_segment& to = *e.pid;
  const unsigned number = to.next_repetition(11);
  to.set({11, 7, 0, number}, "BDL");
  e.put(code, "valueCoding/code", to, {11, 9, 0, number});
  e.in.envelope(code, "valueCoding/system");
  for (const auto& [path, component] :
       {std::pair{"city", 3U}, std::pair{"state", 4U}, std::pair{"postalCode", 5U}, std::pair{"country", 6U}}) {
    e.put(birth, path, to, {11, component, 0, number});
  }
}

void put_contacts(encoding& e) {
  const json_value* contacts = pivot_reader::find(e.patient, "contact");
  for (std::size_t i = 0; i < size_of(contacts); ++i) {
    const json_value* contact = element(contacts, i);
    out_segment& nk1 = e.add("NK1", rank_kin);
    nk1.set({1}, std::to_string(nk1.ordinal()));
    const json_value* name = pivot_reader::find(contact, "name");
    for (const auto& [path, component] : {std::pair{"family", 1U}, std::pair{"given/0", 2U}, std::pair{"given/1", 3U},
                                          std::pair{"suffix/0", 4U}, std::pair{"prefix/0", 5U}}) {
      e.put(name, path, nk1, {2, component});
    }
    if (!nk1.has_field(2)) e.put(name, "text", nk1, {2, 1});
    const std::string use = pivot_reader::text(name, "use");
    if (use == "official" || use == "usual") e.put_as(name, "use", nk1, {2, 7}, use == "official" ? "L" : "D");
    put_concept(e, pivot_reader::find(contact, "relationship/0"), nk1, 3);
    if (const json_value* address = pivot_reader::find(contact, "address")) put_address(e, address, nk1, 4);
    const json_value* telecoms = pivot_reader::find(contact, "telecom");
    for (std::size_t n = 0; n < size_of(telecoms); ++n) {
      put_telecom(e, element(telecoms, n), nk1, pivot_reader::text(element(telecoms, n), "use") == "work" ? 6U : 5U);
    }
  }
}

void put_general_practitioners(encoding& e) {
  const json_value* doctors = pivot_reader::find(e.patient, "generalPractitioner");
  for (std::size_t i = 0; i < size_of(doctors); ++i) {
    const json_value* doctor = e.in.resolve(element(doctors, i));
    if (pivot_reader::text(doctor, "resourceType") == "PractitionerRole")
      doctor = e.in.resolve(pivot_reader::find(doctor, "practitioner"));
    if (pivot_reader::text(doctor, "resourceType") != "Practitioner") continue;
    out_segment& rol = e.add("ROL", rank_role);
    rol.set({2}, "UC");
    rol.set({3}, "ODRP");
    put_person(e, doctor, rol, 4);
    const json_value* addresses = pivot_reader::find(doctor, "address");
    for (std::size_t n = 0; n < size_of(addresses); ++n) put_address(e, element(addresses, n), rol, 11);
    const json_value* telecoms = pivot_reader::find(doctor, "telecom");
    for (std::size_t n = 0; n < size_of(telecoms); ++n) put_telecom(e, element(telecoms, n), rol, 12);
    put_source_fields_of(e, doctor, rol);
  }
}

}  // namespace

void put_identity(encoding& e) {
  if (e.patient == nullptr) return;
  e.pid = &e.add("PID", rank_patient);
  out_segment& to = *e.pid;
  to.set({1}, "1");
  const reliability status = reliability_of(e.patient);
  put_identifiers(e, status);
  put_names(e);
  const auto birth = hl7_from_fhir(pivot_reader::text(e.patient, "birthDate"), hl7_zone::drop);
  if (birth) e.put_as(e.patient, "birthDate", to, {7}, *birth);
  const std::string gender = pivot_reader::text(e.patient, "gender");
  if (!gender.empty())
    e.put_as(e.patient, "gender", to, {8},
             gender == "male"     ? "M"
             : gender == "female" ? "F"
             : gender == "other"  ? "O"
                                  : "U");
  put_addresses(e);
  const json_value* telecoms = pivot_reader::find(e.patient, "telecom");
  for (std::size_t i = 0; i < size_of(telecoms); ++i) {
    const json_value* telecom = element(telecoms, i);
    put_telecom(e, telecom, to, pivot_reader::text(telecom, "use") == "work" ? 14U : 13U);
  }
  put_concept(e, pivot_reader::find(e.patient, "maritalStatus"), to, 16);
  put_time(e, e.patient, "deceasedDateTime", to, 29);
  if (const std::string dead = pivot_reader::text(e.patient, "deceasedBoolean"); !dead.empty()) {
    e.put_as(e.patient, "deceasedBoolean", to, {30}, dead == "true" ? "Y" : "N");
  }
  if (!status.code.empty()) {
    to.set({32}, status.code);
    e.in.carry(status.node, "extension", to.location({32}));
  }
}

void put_patient(encoding& e) {
  if (e.patient == nullptr) return;
  put_identity(e);
  put_contacts(e);
  put_general_practitioners(e);
}

void put_visit(encoding& e) {
  e.pv1 = &e.add("PV1", rank_visit);
  out_segment& to = *e.pv1;
  to.set({1}, "1");
  const json_value* visit = e.encounter;
  if (visit == nullptr) {
    to.set({2}, "N");  // no stay is known: not applicable
    if (e.ledger != nullptr)
      e.ledger->added("PV1-2", "N", "the message needs a patient class, and the pivot tells of no stay");
    return;
  }
  const std::string code = pivot_reader::text(visit, "class/code");
  const std::string patient_class = code == "EMER"                                        ? "E"
                                    : code == "IMP" || code == "ACUTE" || code == "NONAC" ? "I"
                                    : code == "AMB" || code == "VR" || code == "HH"       ? "O"
                                    : code == "PRENC"                                     ? "P"
                                    : code.size() == 1                                    ? code
                                                                                          : "U";
  e.put_as(visit, "class/code", to, {2}, patient_class);
  e.in.envelope(visit, "class/system");
  put_concept(e, pivot_reader::find(visit, "type/0"), to, 4);
  const json_value* locations = pivot_reader::find(visit, "location");
  for (std::size_t i = 0; i < size_of(locations); ++i) {
    const unsigned number = pivot_reader::text(element(locations, i), "status") == "completed" ? 6U : 3U;
    if (!to.has_field(number) && e.put(element(locations, i), "location/display", to, {number, 1}))
      e.in.envelope(element(locations, i), "status");
  }
  put_concept(e, pivot_reader::find(visit, "serviceType"), to, 10);
  put_concept(e, pivot_reader::find(visit, "hospitalization/admitSource"), to, 14);
  put_concept(e, pivot_reader::find(visit, "hospitalization/dischargeDisposition"), to, 36);
  const json_value* people = pivot_reader::find(visit, "participant");
  for (std::size_t i = 0; i < size_of(people); ++i) {
    const json_value* each = element(people, i);
    const std::string role = pivot_reader::text(each, "type/0/coding/0/code");
    const unsigned number = role == "REF" ? 8U : role == "CON" ? 9U : role == "ADM" ? 17U : role == "PART" ? 52U : 7U;
    if (put_person(e, e.in.resolve(pivot_reader::find(each, "individual")), to, number))
      e.in.carry(each, "type", to.location({number}));
  }
  const json_value* identifiers = pivot_reader::find(visit, "identifier");
  for (std::size_t i = 0; i < size_of(identifiers); ++i) {
    const json_value* identifier = element(identifiers, i);
    const bool is_file = pivot_reader::text(identifier, "type/coding/0/code") == "AN";
    if (is_file && e.pid != nullptr && !e.pid->has_field(18)) {
      put_identifier(e, identifier, *e.pid, 18);
    } else if (!to.has_field(19)) {
      put_identifier(e, identifier, to, 19);
    } else {
      put_identifier(e, identifier, to, 50);
    }
  }
  put_time(e, visit, "period/start", to, 44);
  put_time(e, visit, "period/end", to, 45);
  e.in.envelope(visit, "status");
}

}  // namespace liaison::hl7v2
