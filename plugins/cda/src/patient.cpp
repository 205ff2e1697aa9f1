// SPDX-License-Identifier: Apache-2.0
// recordTarget → Patient: identifiers by kind, French names by qualifier, birth place, relatives.
#include "facts_reader.hpp"
#include "oids.hpp"
#include "parties.hpp"

#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

constexpr std::string_view fr_0203 = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
constexpr std::string_view hl7_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203";

struct id_type {
  std::string_view system, code, use;
};

id_type type_of(facts::identifier_kind kind) {
  using enum facts::identifier_kind;
  switch (kind) {
    case ins_nir:
      return {fr_0203, "INS-NIR", "official"};
    case ins_nia:
      return {fr_0203, "INS-NIA", "temp"};
    case ins_test:
      return {fr_0203, "INS-NIR-TEST", "official"};
    case ins_demo:
      return {fr_0203, "INS-NIR-DEMO", "official"};
    case nir:
      return {hl7_0203, "NH", "secondary"};
    case ipp:
      return {hl7_0203, "PI", "usual"};
    default:
      return {};
  }
}

void write_ids(const reading& r, const xmlNode* role) {
  std::size_t index = 0;
  for (const xmlNode* id = child(role, "id"); id != nullptr; id = next(id, "id")) {
    if (is_null(id)) {
      r.drop(id, reason_nothing_known);
      continue;
    }
    const auto kind = identifier_kind_of(attribute_text(id, "root"));
    if (is_ins(kind) && ins_must_stay(r)) {
      r.drop(id, reason_ins_stays);
      continue;
    }
    const spot to = spot{r.patient, "identifier"} / index++;
    write_identifier(r, id, to);
    const id_type type = type_of(kind);
    if (!type.code.empty() && !attribute_text(id, "extension").empty()) {
      to.ref.set(to.path + "/use", type.use);
      to.ref.set(to.path + "/type/coding/0/system", type.system);
      to.ref.set(to.path + "/type/coding/0/code", type.code);
    }
  }
}

enum class name_kind { birth, used, plain };

name_kind kind_of_part(const xmlNode* part) {
  const std::string qualifier = ' ' + attribute_text(part, "qualifier") + ' ';
  if (qualifier.find(" BR ") != std::string::npos) {
    return name_kind::birth;
  }
  return qualifier.find(" CL ") != std::string::npos || qualifier.find(" SP ") != std::string::npos ? name_kind::used
                                                                                                    : name_kind::plain;
}

/// One FHIR name of those parts of all `name` elements that are of the kinds given.
struct name_builder {
  const reading& r;
  spot to;
  std::size_t given = 0;

  void family(const xmlNode* part) {
    if (!to.ref.has(to.path + "/family")) {
      (to / "family").set(r.text(part));
      (to / "family").carry(r.attribute(part, "qualifier"));
    }
  }
  void add_given(const xmlNode* part) {
    (to / "given" / given).set(r.text(part));
    (to / "given" / given).carry(r.attribute(part, "qualifier"));
    ++given;
  }
};

void write_birth_name(const reading& r, const xmlNode* person, const spot& to) {
  name_builder name{r, to};
  to.ref.set(to.path + "/use", "official");
  const xmlNode* all_given = nullptr;
  for (const xmlNode* element = child(person, "name"); element != nullptr; element = next(element, "name")) {
    for (const xmlNode* part : elements(element)) {
      const name_kind kind = kind_of_part(part);
      if (trim(all_text(part)).empty()) {
        continue;
      }
      if (is_named(part, "family") && kind == name_kind::birth) {
        name.family(part);
      } else if (is_named(part, "given") && kind == name_kind::birth) {
        name.add_given(part);
      } else if (is_named(part, "given") && kind == name_kind::plain && all_given == nullptr) {
        all_given = part;
      }
    }
  }
  if (all_given != nullptr) {
    const spot list = to / "extension/0";
    list.ref.set(list.path + "/url",
                 "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name");
    (list / "valueString").set(r.text(all_given));
  }
}

/// False when the document knows no used name.
bool write_used_name(const reading& r, const xmlNode* person, bool plain_too, const spot& to) {
  name_builder name{r, to};
  bool said = false;
  std::size_t prefixes = 0;
  std::size_t suffixes = 0;
  for (const xmlNode* element = child(person, "name"); element != nullptr; element = next(element, "name")) {
    for (const xmlNode* part : elements(element)) {
      const name_kind kind = kind_of_part(part);
      const sourced text = r.text(part);
      if (text.empty()) {
        continue;
      }
      const bool wanted = kind == name_kind::used || (plain_too && kind == name_kind::plain);
      if (wanted && is_named(part, "family")) {
        name.family(part);
        said = true;
      } else if (wanted && is_named(part, "given")) {
        name.add_given(part);
        said = true;
      } else if (is_named(part, "prefix")) {
        (to / "prefix" / prefixes++).set(text);
        said = true;
      } else if (is_named(part, "suffix")) {
        (to / "suffix" / suffixes++).set(text);
        said = true;
      }
    }
  }
  if (said) {
    to.ref.set(to.path + "/use", "usual");
  }
  return said;
}

void write_names(const reading& r, const xmlNode* person) {
  const spot names{r.patient, "name"};
  bool has_birth = false;
  for (const xmlNode* element = child(person, "name"); element != nullptr; element = next(element, "name")) {
    r.ledger.envelope(element, "use");
    for (const xmlNode* part : elements(element)) {
      has_birth = has_birth || (kind_of_part(part) == name_kind::birth && !trim(all_text(part)).empty());
    }
  }
  if (has_birth) {
    write_birth_name(r, person, names / 0);
  }
  // One name without any qualifier is the used one (pivot, Patient).
  write_used_name(r, person, !has_birth, names / (has_birth ? 1U : 0U));
  for (const xmlNode* more = child(person, "name"); more != nullptr; more = next(more, "name")) {
    r.drop(more, "a second family name of the same kind");
  }
  const xmlNode* name = child(person, "name");
  const sourced whole = r.text(name);
  if (!whole.empty() && !has_birth) {
    r.patient.set("name/0/text", whole);
  }
}

void write_gender(const reading& r, const xmlNode* gender) {
  const sourced code = r.attribute(gender, "code");
  if (code.empty()) {
    r.drop(gender, reason_nothing_known);
    return;
  }
  sourced mapped = code;
  mapped.text = code.text == "M" ? "male" : code.text == "F" ? "female" : "unknown";
  r.patient.set("gender", mapped);
  for (const char* name : {"displayName", "codeSystem", "codeSystemName"}) {
    r.patient.carry("gender", r.attribute(gender, name));
  }
}

void write_birth_place(const reading& r, const xmlNode* birthplace, const spot& extension) {
  const xmlNode* place = child(birthplace, "place");
  const xmlNode* address = child(place, "addr");
  r.structure(birthplace);
  r.structure(place);
  if (address == nullptr || trim(all_text(address)).empty()) {
    r.drop(birthplace, reason_nothing_known);
    return;
  }
  extension.ref.set(extension.path + "/url", "http://hl7.org/fhir/StructureDefinition/patient-birthPlace");
  const spot to = extension / "valueAddress";
  const sourced county = r.text(child(address, "county"));
  if (!county.empty()) {
    const spot code = to / "extension/0";
    code.ref.set(code.path + "/url", "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code");
    code.ref.set(code.path + "/valueCoding/system",
                 "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM");
    (code / "valueCoding/code").set(county);
  }
  for (const auto& [from, into] : {std::pair("city", "city"), std::pair("postalCode", "postalCode"),
                                   std::pair("state", "state"), std::pair("country", "country")}) {
    (to / into).set(r.text(child(address, from)));
  }
  const sourced name = r.text(child(place, "name"));
  if (!name.empty()) {
    (to / "text").set(name);
  }
  r.drop(address, "of a birth place the commune is kept");
}

void write_status(const reading& r, const spot& extension) {
  using enum facts::identity_status;
  const auto status = r.identity.identity_status;
  const char* code = status == qualified ? "QUAL" : status == retrieved ? "RECUP" : nullptr;
  if (code == nullptr) {
    return;
  }
  extension.ref.set(extension.path + "/url",
                    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability");
  extension.ref.set(extension.path + "/extension/0/url", "identityStatus");
  extension.ref.set(extension.path + "/extension/0/valueCoding/system",
                    "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status");
  extension.ref.set(extension.path + "/extension/0/valueCoding/code", code);
  r.added(extension, code, "a CDA header states no identity status: it follows from the link that brought it");
}

void write_contact(reading& r, const xmlNode* holder, const xmlNode* person, const spot& to) {
  write_person_name(r, child(person, "name"), to / "name");
  write_telecoms(r, holder, to / "telecom");
  if (const xmlNode* address = child(holder, "addr")) {
    if (!trim(all_text(address)).empty()) {
      write_address(r, address, to / "address");
    }
    for (; address != nullptr; address = next(address, "addr")) {
      r.drop(address, "a contact of a Patient has one address");
    }
  }
  r.structure(holder);
  r.structure(person);
}

void write_guardians(reading& r, const xmlNode* person) {
  for (const xmlNode* guardian = child(person, "guardian"); guardian != nullptr;
       guardian = next(guardian, "guardian")) {
    const spot to = spot{r.patient, "contact"}.next();
    to.ref.set(to.path + "/relationship/0/coding/0/system", "http://terminology.hl7.org/CodeSystem/v3-RoleCode");
    to.ref.set(to.path + "/relationship/0/coding/0/code", "GUARD");
    if (const xmlNode* code = child(guardian, "code")) {
      write_concept(r, code, to / "relationship/1");
    }
    if (const xmlNode* id = child(guardian, "id")) {
      r.drop(id, "a contact of a Patient has no identifier");
    }
    write_contact(r, guardian, child(guardian, "guardianPerson"), to);
    if (const resource_ref organization = write_organization(r, child(guardian, "guardianOrganization"))) {
      (to / "organization").refer(organization);
    }
  }
}

/// Relatives named as informants: emergency contact, personne de confiance, caregiver.
void write_relatives(reading& r) {
  for (const xmlNode* informant = child(r.document, "informant"); informant != nullptr;
       informant = next(informant, "informant")) {
    const xmlNode* related = child(informant, "relatedEntity");
    if (related == nullptr) {
      continue;
    }
    r.structure(informant);
    const spot to = spot{r.patient, "contact"}.next();
    const sourced kind = r.attribute(related, "classCode");
    std::size_t relation = 0;
    if (!kind.empty()) {
      to.ref.set(to.path + "/relationship/0/coding/0/system", "http://terminology.hl7.org/CodeSystem/v3-RoleClass");
      (to / "relationship/0/coding/0/code").set(kind);
      ++relation;
    }
    write_concept(r, child(related, "code"), to / "relationship" / relation);
    if (const xmlNode* time = child(related, "effectiveTime")) {
      write_period(r, time, to / "period");
    }
    write_contact(r, related, child(related, "relatedPerson"), to);
  }
}

void write_deceased_and_multiple(const reading& r, const xmlNode* person) {
  const sourced deceased = r.attribute(child(person, "deceasedInd"), "value");
  if (!write_time(r, child(person, "deceasedTime"), {r.patient, "deceasedDateTime"})) {
    if (deceased.text == "true" || deceased.text == "false") {
      r.patient.set_bool("deceasedBoolean", deceased.text == "true");
      r.patient.carry("deceasedBoolean", deceased);
    }
  } else if (deceased.has_leaf) {
    r.patient.carry("deceasedDateTime", deceased);
  }
  const sourced order = r.attribute(child(person, "multipleBirthOrderNumber"), "value");
  const sourced multiple = r.attribute(child(person, "multipleBirthInd"), "value");
  if (is_digits(order.text) && order.text.size() < 3) {
    r.patient.set_number("multipleBirthInteger", order);
    r.patient.carry("multipleBirthInteger", multiple);
  } else if (multiple.text == "true" || multiple.text == "false") {
    r.patient.set_bool("multipleBirthBoolean", multiple.text == "true");
    r.patient.carry("multipleBirthBoolean", multiple);
  }
}

}  // namespace

void write_patient(reading& r, const xmlNode* record_target) {
  const xmlNode* role = child(record_target, "patientRole");
  const xmlNode* person = child(role, "patient");
  r.structure(record_target);
  r.structure(role);
  r.structure(person);
  write_ids(r, role);
  write_names(r, person);
  write_gender(r, child(person, "administrativeGenderCode"));
  const xmlNode* birth = child(person, "birthTime");
  if (attribute_text(birth, "value").size() > 8) {
    write_date(r, birth, {r.patient, "birthDate"});
    const spot extension{r.patient, "_birthDate/extension/0"};
    if (write_time(r, birth, extension / "valueDateTime")) {
      extension.ref.set(extension.path + "/url", "http://hl7.org/fhir/StructureDefinition/patient-birthTime");
    }
  } else {
    write_date(r, birth, {r.patient, "birthDate"});
  }
  std::size_t extension = 0;
  const auto next_extension = [&] { return spot{r.patient, "extension"} / extension; };
  write_status(r, next_extension());
  extension = r.patient.size_of("extension");
  write_birth_place(r, child(person, "birthplace"), next_extension());
  write_telecoms(r, role, {r.patient, "telecom"});
  write_addresses(r, role, {r.patient, "address"});
  write_concept(r, child(person, "maritalStatusCode"), {r.patient, "maritalStatus"});
  write_deceased_and_multiple(r, person);
  write_guardians(r, person);
  write_relatives(r);
  std::size_t languages = 0;
  for (const xmlNode* spoken = child(person, "languageCommunication"); spoken != nullptr;
       spoken = next(spoken, "languageCommunication")) {
    const sourced code = r.attribute(child(spoken, "languageCode"), "code");
    if (!code.empty()) {
      const spot to = spot{r.patient, "communication"} / languages++ / "language/coding/0";
      to.ref.set(to.path + "/system", "urn:ietf:bcp:47");
      (to / "code").set(code);
    }
  }
  if (const resource_ref provider = write_organization(r, child(role, "providerOrganization"))) {
    r.patient.set_reference("managingOrganization", provider);
  }
}

}  // namespace liaison::cda
