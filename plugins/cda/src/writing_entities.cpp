// SPDX-License-Identifier: Apache-2.0
// People, organizations and devices of the pivot as the entities of a CDA.
#include "datatypes.hpp"
#include "oids.hpp"
#include "writing.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace liaison::cda {

party party_of(const writing& w, const json_value* reference) {
  party found;
  const json_value* resource = w.pivot.resolve(reference);
  const std::string type = writing::text(resource, "resourceType");
  if (type == "PractitionerRole") {
    found.role = resource;
    found.practitioner = w.resolve(resource, "practitioner");
    found.organization = w.resolve(resource, "organization");
  } else if (type == "Organization") {
    found.organization = resource;
  } else if (type == "Device") {
    found.device = resource;
    found.organization = w.resolve(resource, "owner");
  } else if (resource != nullptr) {
    found.practitioner = resource;
  }
  return found;
}

namespace {

void write_profession(const writing& w, const party& who) {
  if (!write_code(w, writing::item(who.role, "code", 0), "code")) {
    write_code(w, writing::item(who.role, "specialty", 0), "code");
  }
}

void write_device(const writing& w, const json_value* device, std::string_view name) {
  write_code(w, writing::find(device, "type"), "code");
  const xml_out::element element(w.out, name);
  sourced model;
  sourced software;
  for (std::size_t i = 0; const json_value* entry = writing::item(device, "deviceName", i); ++i) {
    (writing::text(entry, "type") == "model-name" ? model : software) = w.get(entry, "name");
  }
  // CI-SIS wants both.
  for (const auto& [tag, value, other] :
       {std::tuple("manufacturerModelName", &model, &software), std::tuple("softwareName", &software, &model)}) {
    const xml_out::element part(w.out, tag);
    const sourced& said = value->empty() ? *other : *value;
    said.empty() ? w.out.text("liaison") : w.out.text(said);
  }
}

}  // namespace

namespace {

void write_recipient_ids(const writing& w, const json_value* practitioner) {
  for (std::size_t i = 0; const json_value* identifier = writing::item(practitioner, "identifier", i); ++i) {
    if (oid_of_system(writing::text(identifier, "system")) == oid_ps_idnat) {
      write_id(w, identifier);
    } else {
      w.pivot.drop(identifier, "", "CI-SIS names a recipient by PS_IdNat only");
    }
  }
}

}  // namespace

namespace {

/// standardIndustryClassCode: JDV_J04 only.
bool write_practice_setting(const writing& w, const json_value* type) {
  static constexpr std::array<std::string_view, 12> codes{"EXP_PATIENT", "SNR",       "AMBULATOIRE",   "AMO",
                                                          "DEPISTAGE",   "ESSMS",     "ETABLISSEMENT", "HAD",
                                                          "MAD",         "PALLIATIF", "SAD",           "SAMU_SMUR"};
  const std::string code = writing::text(type, "coding/0/code");
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) {
    if (type != nullptr) {
      w.pivot.drop(type, "", "a practice setting outside JDV_J04");
    }
    return false;
  }
  return write_code(w, type, "standardIndustryClassCode");
}

}  // namespace

void write_organization(const writing& w, const json_value* organization, std::string_view name,
                        practice_setting setting) {
  const xml_out::element element(w.out, name);
  for (std::size_t i = 0; const json_value* identifier = writing::item(organization, "identifier", i); ++i) {
    const std::string root = oid_of_system(writing::text(identifier, "system"));
    if (root == oid_struct_idnat || root == "1.2.250.1.213.6.3.1") {
      write_id(w, identifier);
    } else {
      w.pivot.drop(identifier, "", "CI-SIS names an organization by Struct_IdNat or COFRAC only");
    }
  }
  const sourced label = w.get(organization, "name");
  if (!label.empty()) {
    const xml_out::element part(w.out, "name");
    w.out.text(label);
  }
  const bool unknown_is_said = w.laboratory && setting == practice_setting::required;
  if (unknown_is_said && writing::find(organization, "telecom/0") == nullptr) {
    w.out.leaf("telecom", {{"nullFlavor", "UNK"}});
  }
  std::set<std::string> telecoms;
  write_telecoms(w, organization, telecoms);
  if (const json_value* address = writing::item(organization, "address", 0)) {
    write_address(w, address);
  } else if (unknown_is_said) {
    w.out.leaf("addr", {{"nullFlavor", "UNK"}});
  }
  const bool known = write_practice_setting(w, writing::item(organization, "type", 0));
  if (!known && setting == practice_setting::required) {
    std::string code = endpoint_option(w.of, "practice_setting");
    if (code.empty()) {
      code = "AMBULATOIRE";
      w.assume(finding::practice_setting_assumed);
    }
    w.out.leaf("standardIndustryClassCode",
               {{"code", code}, {"displayName", code}, {"codeSystem", "1.2.250.1.213.1.1.4.9"}});
    w.added(code, "CI-SIS requires the practice setting of the main act and the source has none");
  }
}

namespace {

/// One PS_IdNat, or that none is known.
void write_ps_idnat(const writing& w, const json_value* resource) {
  bool written = false;
  for (std::size_t i = 0; const json_value* identifier = writing::item(resource, "identifier", i); ++i) {
    if (!written && oid_of_system(writing::text(identifier, "system")) == oid_ps_idnat) {
      write_id(w, identifier);
      written = true;
    } else {
      w.pivot.drop(identifier, "", "CI-SIS names a professional in this role by one PS_IdNat only");
    }
  }
  if (!written) {
    // CI-SIS allows no null flavor here: a word that nobody takes for a number.
    const std::string stated = endpoint_option(w.of, "responsible_id");
    const std::string_view number = stated.empty() ? unknown_ps_idnat : std::string_view(stated);
    w.out.leaf("id", {{"root", oid_ps_idnat}, {"extension", number}});
    w.added(number, "CI-SIS names a professional in this role by a PS_IdNat and the source has none");
    if (stated.empty()) {
      w.assume(finding::responsible_unknown);
    }
  }
}

}  // namespace

void write_entity(const writing& w, const party& who, std::string_view name, const entity_names& names,
                  practice_setting setting, id_rule ids) {
  const xml_out::element element(w.out, name);
  const json_value* identified = who.practitioner != nullptr ? who.practitioner
                                 : who.device != nullptr     ? who.device
                                                             : who.organization;
  if (name == "associatedEntity") {
    w.out.attribute("classCode", "PROV");
  }
  if (name == "intendedRecipient") {  // a PS_IdNat or nothing
    write_recipient_ids(w, who.practitioner);
  } else if (ids == id_rule::ps_idnat) {
    write_ps_idnat(w, identified);
  } else if (identified != nullptr) {
    write_ids(w, identified, who.practitioner != nullptr ? oid_ps_idnat : "");
  } else {
    write_ids(w, who.role, "");
  }
  if (who.device != nullptr) {
    write_device(w, who.device, "assignedAuthoringDevice");
    if (who.organization != nullptr) {
      write_organization(w, who.organization, names.organization, setting);
    }
    return;
  }
  if (name != "intendedRecipient") {  // which has no code in the schema
    write_profession(w, who);
  }
  const bool unknown_is_said = w.laboratory && name == "assignedEntity";
  if (const json_value* address = writing::item(who.practitioner, "address", 0)) {
    write_address(w, address);
  } else if (unknown_is_said) {
    w.out.leaf("addr", {{"nullFlavor", "UNK"}});
  }
  if (unknown_is_said && writing::find(who.role, "telecom/0") == nullptr &&
      writing::find(who.practitioner, "telecom/0") == nullptr) {
    w.out.leaf("telecom", {{"nullFlavor", "UNK"}});
  }
  std::set<std::string> telecoms;
  write_telecoms(w, who.role, telecoms);
  write_telecoms(w, who.practitioner, telecoms);
  const json_value* person_name = writing::item(who.practitioner, "name", 0);
  if (person_name != nullptr) {
    const xml_out::element person(w.out, names.person);
    write_name(w, person_name);
  } else if (who.organization == nullptr || name == "assignedAuthor" || name == "assignedEntity") {
    const xml_out::element person(w.out, names.person);
    const xml_out::element name_element(w.out, "name");
    const xml_out::element family(w.out, "family");
    const std::string label = writing::text(who.organization, "name");
    w.out.text(label.empty() ? "INCONNU" : label);
  }
  if (who.organization != nullptr || setting == practice_setting::required) {
    write_organization(w, who.organization, names.organization, setting);
  }
}

}  // namespace liaison::cda
