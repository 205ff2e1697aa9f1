// SPDX-License-Identifier: Apache-2.0
// PID, PD1 and ROL → Patient. An INS is written only for a qualified identity (identity-ins, section 9).
#include "codes.hpp"
#include "decode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

using facts::identity_status;

bool may_leave(const facts::patient& patient, const facts::identifier& ins) {
  const bool key_is_fit = nir_key_is_right(ins.value) || is_test_ins(ins.kind);
  return patient.identity_status == identity_status::qualified && ins.value.size() == 15 && key_is_fit;
}

void write_names(decoding& d, const segment& pid) {
  for (const unsigned number : {5U, 9U}) {
    const field names = pid[number];
    for (const auto piece : names.repetitions()) {
      write_name(d, names.as_repetition(piece), spot{d.patient, "name"}.next());
    }
  }
}

void write_birth(decoding& d, const segment& pid) {
  const std::string_view raw = pid[7].component(1);
  const std::string date = partial_date(raw);
  d.patient.set("birthDate", d.values.as(raw, date));
  const auto full = fhir_from_hl7(raw, d.zone);
  if (full && full->find('T') != std::string::npos) {
    const spot time{d.patient, "_birthDate/extension/0"};
    (time / "url").set("http://hl7.org/fhir/StructureDefinition/patient-birthTime");
    (time / "valueDateTime").set(d.values.as(raw, *full));
  }
  const std::string_view code = trim(pid[8].component(1));
  if (code.empty() || code == "\"\"") return;
  // The INS profile knows male, female and unknown only (fhir-france 11.3).
  d.patient.set("gender", d.values.as(pid[8].component(1), code == "M" ? "male" : code == "F" ? "female" : "unknown"));
}

void write_addresses(decoding& d, const segment& pid) {
  const field addresses = pid[11];
  for (const auto piece : addresses.repetitions()) {
    const repetition address = addresses.as_repetition(piece);
    if (trim(address.component(7)) == "BDL") {
      write_birth_place(d, address);
    } else {
      write_address(d, address, spot{d.patient, "address"}.next());
    }
  }
}

void write_telecoms(decoding& d, const segment& pid) {
  for (const auto& [number, use] : {std::pair{13U, "home"}, std::pair{14U, "work"}, std::pair{40U, ""}}) {
    const field telecoms = pid[number];
    for (const auto piece : telecoms.repetitions()) {
      write_telecom(d, telecoms.as_repetition(piece), spot{d.patient, "telecom"}.next(), use);
    }
  }
}

void write_status(decoding& d, const segment& pid) {
  const spot patient{d.patient, ""};
  write_concept(d, pid[15].first(), patient / "communication/0/language");
  write_concept(d, pid[16].first(), patient / "maritalStatus");
  const std::string_view dead = trim(pid[30].text());
  if (!write_time(d, pid[29].component(1), patient / "deceasedDateTime") && (dead == "Y" || dead == "N")) {
    d.patient.set_bool("deceasedBoolean", dead == "Y");
  }
  if (dead == "Y" || dead == "N") {
    (patient / (d.patient.has("deceasedDateTime") ? "deceasedDateTime" : "deceasedBoolean"))
        .carry(d.values.get(pid[30].text()));
  }
  const sourced order = d.values.get(pid[25].text());
  if (is_digits(order.text) && is_json_number(order.text)) {
    d.patient.set_number("multipleBirthInteger", order);
    (patient / "multipleBirthInteger").carry(d.values.get(pid[24].text()));
  }
}

/// NK1: whom to call, and who answers for the patient.
void write_contacts(decoding& d) {
  for (segment nk1 = d.of.find("NK1"); nk1; nk1 = d.of.find("NK1", nk1.position() + 1)) {
    const spot to = spot{d.patient, "contact"}.next();
    write_concept(d, nk1[3].first(), to / "relationship/0");
    write_name(d, nk1[2].first(), to / "name");
    write_address(d, nk1[4].first(), to / "address");
    for (const auto& [number, use] : {std::pair{5U, "home"}, std::pair{6U, "work"}}) {
      const field telecoms = nk1[number];
      for (const auto piece : telecoms.repetitions()) {
        write_telecom(d, telecoms.as_repetition(piece), (to / "telecom").next(), use);
      }
    }
  }
}

void write_general_practitioners(decoding& d) {
  std::size_t written = 0;
  const auto add = [&](const resource_ref& doctor) {
    if (!doctor) return resource_ref{};
    d.patient.set_reference("generalPractitioner/" + std::to_string(written++), doctor);
    return doctor;
  };
  for (segment rol = d.of.find("ROL"); rol; rol = d.of.find("ROL", rol.position() + 1)) {
    const std::string_view role = trim(rol[3].component(1));
    if (role != "ODRP" && role != "PP") continue;
    const resource_ref doctor = add(write_person(d, rol[4].first()));
    if (!doctor) continue;
    d.owners[rol.position()] = doctor;
    // The role says "general practitioner", which the element itself says.
    (spot{d.patient, "generalPractitioner/" + std::to_string(written - 1)}).carry(d.values.get(rol[3].component(1)));
    for (const auto piece : rol[11].repetitions())
      write_address(d, rol[11].as_repetition(piece), spot{doctor, "address"}.next());
    for (const auto piece : rol[12].repetitions())
      write_telecom(d, rol[12].as_repetition(piece), spot{doctor, "telecom"}.next());
  }
  if (const segment pd1 = d.of.find("PD1")) {
    for (const auto piece : pd1[4].repetitions()) add(write_person(d, pd1[4].as_repetition(piece)));
  }
}

}  // namespace

void write_birth_place(decoding& d, const repetition& xad) {
  const spot extension = spot{d.patient, "extension"}.next();
  const spot to = extension / "valueAddress";
  const sourced code = d.values.get(xad.component(9));
  bool said = false;
  const auto open = [&] {
    if (!said) (extension / "url").set(extension_birth_place);
    said = true;
  };
  if (!code.empty()) {
    open();
    (to / "extension/0/url").set(extension_insee_code);
    (to / "extension/0/valueCoding/system").set(system_insee);
    (to / "extension/0/valueCoding/code").set(code);
  }
  for (const auto& [n, name] :
       {std::pair{3U, "city"}, std::pair{4U, "state"}, std::pair{5U, "postalCode"}, std::pair{6U, "country"}}) {
    const sourced value = d.values.get(xad.component(n));
    if (value.empty()) continue;
    open();
    (to / name).set(value);
  }
  if (said) extension.carry(d.values.get(xad.component(7)));
}

void write_identifiers_of(decoding& d, const segment& pid) {
  const facts::patient& known = d.read.facts.patients[d.patient_index];
  for (const unsigned number : {3U, 2U, 4U}) {
    const field identifiers = pid[number];
    for (const auto piece : identifiers.repetitions()) {
      const repetition cx = identifiers.as_repetition(piece);
      const facts::identifier what = patient_identifier(cx);
      if (what.value.empty()) continue;
      if (is_ins(what.kind) && !may_leave(known, what)) {
        d.values.drop_all(piece, "an INS is written only with a qualified identity and a right key");
        continue;
      }
      write_identifier(d, cx, spot{d.patient, "identifier"}.next());
    }
  }
  const sourced social = d.values.get(pid[19].text());
  if (social.empty()) return;
  const spot to = spot{d.patient, "identifier"}.next();
  (to / "type/coding/0/system").set(system_identifier_type);
  (to / "type/coding/0/code").set(d.is_french ? "NH" : "SS");
  if (d.is_french) (to / "system").set("urn:oid:1.2.250.1.213.1.4.13");
  (to / "value").set(social);
}

void write_reliability(decoding& d, const segment& pid) {
  const std::string_view raw = pid[32].component(1);
  if (trim(raw).empty()) return;
  // The code of HL7 0445 stays as sent: together with an INS, VALI means qualified in that system (identity-ins 2.2).
  const spot extension = spot{d.patient, "extension"}.next();
  (extension / "url").set(extension_identity_reliability);
  const field codes = pid[32];
  std::size_t parts = 0;
  for (const auto piece : codes.repetitions()) {
    const sourced code = d.values.get(codes.as_repetition(piece).component(1));
    if (code.empty()) continue;
    const spot part = extension / "extension" / parts++;
    (part / "url").set("identityStatus");
    (part / "valueCoding/system").set(system_identity_reliability);
    (part / "valueCoding/code").set(code);
  }
}

namespace {

void write_identity(decoding& d, const segment& pid) {
  d.patient = d.pivot.add("Patient");
  d.owners[pid.position()] = d.patient;
  write_identifiers_of(d, pid);
  write_reliability(d, pid);
  write_names(d, pid);
  write_birth(d, pid);
  write_addresses(d, pid);
  write_telecoms(d, pid);
  write_status(d, pid);
}

}  // namespace

void write_further_patients(decoding& d) {
  const resource_ref first = d.patient;
  for (std::size_t i = 0, seen = 0; i < d.of.size(); ++i) {
    const segment each = d.of.at(i);
    if (each.name() == "PID" && ++seen > 1) {
      if (seen > d.read.facts.patients.size()) break;
      d.patient_index = seen - 1;
      write_identity(d, each);
    } else if (seen > 1 && (each.name() == "PD1" || each.name() == "MRG")) {
      d.owners[each.position()] = d.patient;
    }
  }
  d.patient = first;
  d.patient_index = 0;
}

void write_patient(decoding& d, const segment& pid) {
  write_identity(d, pid);
  write_contacts(d);
  write_general_practitioners(d);
}

}  // namespace liaison::hl7v2
