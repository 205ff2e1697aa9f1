// SPDX-License-Identifier: Apache-2.0
// Patient → recordTarget. The five traits go with the INS; the INS goes with a qualified identity.
#include "encode_parts.hpp"

#include "datatypes.hpp"

#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

constexpr std::string_view identity_url =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability";

}  // namespace

bool identity_is_qualified(const writing& w) {
  const json_value* reliability = writing::extension(w.patient, identity_url);
  for (std::size_t i = 0; const json_value* part = writing::item(reliability, "extension", i); ++i) {
    if (writing::text(part, "url") == "identityStatus") {
      const std::string code = writing::text(part, "valueCoding/code");
      // VALI of the older code system v2-0445 goes with an INS and means qualified (identity statuses of FR Core 2.1).
      return code == "QUAL" ||
             (code == "VALI" && writing::text(part, "valueCoding/system").find("0445") != std::string::npos);
    }
  }
  return false;
}

namespace {

struct patient_names {
  const json_value* birth = nullptr;
  const json_value* used = nullptr;
};

patient_names names_of(const json_value* patient) {
  patient_names names;
  for (std::size_t i = 0; const json_value* name = writing::item(patient, "name", i); ++i) {
    const std::string use = writing::text(name, "use");
    if (use == "official" && names.birth == nullptr) {
      names.birth = name;
    } else if (use != "old" && use != "maiden" && use != "official" && names.used == nullptr) {
      names.used = name;
    } else if (use == "maiden" && names.birth == nullptr) {
      names.birth = name;
    }
  }
  return names;
}

void write_part(const writing& w, std::string_view tag, std::string_view qualifier, const sourced& value) {
  if (!value.empty()) {
    const xml_out::element part(w.out, tag);
    w.out.attribute("qualifier", qualifier);
    w.out.text(value);
  }
}

constexpr std::string_view given_list_url =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name";

void write_patient_name(const writing& w) {
  const patient_names names = names_of(w.patient);
  const xml_out::element name(w.out, "name");
  if (names.birth != nullptr) {
    write_part(w, "family", "BR", w.get(names.birth, "family"));
    const sourced list = w.get(writing::extension(names.birth, given_list_url), "valueString");
    write_part(w, "given", "", list.empty() ? sourced(writing::text(names.birth, "given/0")) : list);
    write_part(w, "given", "BR", w.get(names.birth, "given/0"));
  }
  if (names.used != nullptr) {
    const sourced family = w.get(names.used, "family");
    write_part(w, "family", names.birth == nullptr && family.empty() ? "BR" : "CL",
               family.empty() ? w.get(names.used, "text") : family);
    write_part(w, "given", "CL", w.get(names.used, "given/0"));
    for (std::size_t i = 0; const json_value* prefix = writing::item(names.used, "prefix", i); ++i) {
      w.pivot.drop(prefix, "", "a patient's name has no civility in CI-SIS");
    }
  }
  if (names.birth == nullptr && names.used == nullptr) {
    const xml_out::element family(w.out, "family");
    w.out.attribute("nullFlavor", "UNK");
  }
  for (const json_value* of : {names.birth, names.used}) {
    w.pivot.envelope(of, "use");
  }
}

void write_gender_and_birth(const writing& w) {
  {
    const sourced gender = w.get(w.patient, "gender");
    const xml_out::element element(w.out, "administrativeGenderCode");
    const std::string code = gender.text == "male" ? "M" : gender.text == "female" ? "F" : "UN";
    w.out.attribute("code", with(code, gender));
    w.out.attribute("displayName", code == "M" ? "Masculin" : code == "F" ? "Féminin" : "Indéterminé");
    w.out.attribute("codeSystem", "2.16.840.1.113883.5.1");
  }
  if (!write_time(w, w.patient, "birthDate", "birthTime")) {
    w.out.leaf("birthTime", {{"nullFlavor", "UNK"}});
    w.assume(finding::birth_time_missing);
  }
  const json_value* deceased = writing::find(w.patient, "deceasedBoolean");
  const sourced dead = w.get(deceased, "");
  if (!dead.empty()) {
    const xml_out::element element(w.out, "sdtc:deceasedInd");
    w.out.attribute("value", dead);
  } else if (!writing::text(w.patient, "deceasedDateTime").empty()) {
    w.out.leaf("sdtc:deceasedInd", {{"value", "true"}});
    write_time(w, w.patient, "deceasedDateTime", "sdtc:deceasedTime");
  }
}

void write_birth_place(const writing& w) {
  const json_value* place = writing::find(
      writing::extension(w.patient, "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"), "valueAddress");
  const json_value* insee =
      writing::extension(place, "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code");
  const sourced code = w.get(insee, "valueCoding/code");
  const sourced city = w.get(place, "city");
  if (code.empty() && city.empty()) {
    return;
  }
  const xml_out::element birthplace(w.out, "birthplace");
  const xml_out::element place_element(w.out, "place");
  const xml_out::element address(w.out, "addr");
  if (!code.empty()) {
    const xml_out::element county(w.out, "county");
    w.out.text(code);
  }
  if (!city.empty()) {
    const xml_out::element element(w.out, "city");
    w.out.text(city);
  }
}

void write_guardians(const writing& w) {
  for (std::size_t i = 0; const json_value* contact = writing::item(w.patient, "contact", i); ++i) {
    if (writing::text(contact, "relationship/0/coding/0/code") != "GUARD" ||
        writing::find(contact, "name") == nullptr) {
      continue;
    }
    const xml_out::element guardian(w.out, "guardian");
    if (const json_value* address = writing::find(contact, "address")) {
      write_address(w, address);
    }
    {
      std::set<std::string> telecoms;
      write_telecoms(w, contact, telecoms);
    }
    const xml_out::element person(w.out, "guardianPerson");
    write_name(w, writing::find(contact, "name"));
    w.pivot.envelope(contact, "relationship");
  }
}

}  // namespace

void write_record_target(writing& w) {
  const xml_out::element target(w.out, "recordTarget");
  const xml_out::element role(w.out, "patientRole");
  w.ins_may_leave = identity_is_qualified(w);
  write_ids(w, w.patient, "");
  for (const char* name : {"addr", "telecom"}) {
    const bool addresses = std::string_view(name) == "addr";
    const json_value* first = writing::item(w.patient, addresses ? "address" : "telecom", 0);
    if (first == nullptr) {
      w.out.leaf(name, {{"nullFlavor", "UNK"}});
    } else if (addresses) {
      write_addresses(w, w.patient);
    } else {
      {
        std::set<std::string> telecoms;
        write_telecoms(w, w.patient, telecoms);
      }
    }
  }
  const xml_out::element person(w.out, "patient");
  write_patient_name(w);
  write_gender_and_birth(w);
  write_guardians(w);
  write_birth_place(w);
}

}  // namespace liaison::cda
