// SPDX-License-Identifier: Apache-2.0
// The CI-SIS header ("structuration minimale") below recordTarget, the participations, the acts and the encounter.
#include "checks.hpp"
#include "oids.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

std::size_t count_of(const xmlNode* parent, std::string_view name) {
  std::size_t count = 0;
  for (const xmlNode* node = child(parent, name); node != nullptr; node = next(node, name)) {
    ++count;
  }
  return count;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& set, std::string_view code) {
  return std::ranges::find(set, code) != set.end();
}

bool has_full_id(const xmlNode* id) {
  return !attribute_text(id, "root").empty() && !attribute_text(id, "extension").empty();
}

/// A family or given name of that qualifier ("" = none) with a text.
bool has_name(const xmlNode* person, std::string_view part, std::string_view qualifier) {
  for (const xmlNode* name = child(person, "name"); name != nullptr; name = next(name, "name")) {
    for (const xmlNode* node = child(name, part); node != nullptr; node = next(node, part)) {
      if (attribute_text(node, "qualifier") == qualifier && !trim(all_text(node)).empty()) {
        return true;
      }
    }
  }
  return false;
}

/// Code officiel géographique: 5 digits, or 2A / 2B and 3 digits.
bool is_cog(std::string_view code) {
  if (code.size() != 5) {
    return false;
  }
  const bool corsica = code[0] == '2' && (code[1] == 'A' || code[1] == 'B');
  return is_digits(corsica ? code.substr(2) : code);
}

void check_traits(const checks& c, const xmlNode* person, bool has_ins) {
  const std::string county(trim(all_text(child(descend(person, {"birthplace", "place", "addr"}), "county"))));
  const std::string sex = attribute_text(child(person, "administrativeGenderCode"), "code");
  const bool born = !attribute_text(child(person, "birthTime"), "value").empty();
  if (sex != "F" && sex != "M" && sex != "UN") {
    c.add(finding::sex, child(person, "administrativeGenderCode"));
  }
  if (!born) {
    c.add(finding::birth_time, person);
  }
  if (!county.empty() && !is_cog(county)) {
    c.add(finding::birth_place, descend(person, {"birthplace", "place", "addr", "county"}));
  }
  for (const xmlNode* name = child(person, "name"); name != nullptr; name = next(name, "name")) {
    for (const xmlNode* family = child(name, "family"); family != nullptr; family = next(family, "family")) {
      const std::string qualifier = attribute_text(family, "qualifier");
      if (qualifier != "BR" && qualifier != "CL") {
        c.add(finding::name_qualifier, family);
      }
    }
  }
  struct trait {
    const char* name;
    bool there;
  };
  const std::array<trait, 6> traits{{{"birth name", has_name(person, "family", "BR")},
                                     {"first birth given name", has_name(person, "given", "BR")},
                                     {"birth given names", has_name(person, "given", "")},
                                     {"birth date", born},
                                     {"sex", !sex.empty()},
                                     {"birth place", !county.empty()}}};
  for (const trait& one : traits) {
    if (has_ins && !one.there) {
      c.add(finding::ins_traits, person, one.name);
    }
  }
}

void check_patient(const checks& c) {
  const xmlNode* target = child(c.document, "recordTarget");
  const xmlNode* role = child(target, "patientRole");
  if (role == nullptr || next(target, "recordTarget") != nullptr) {
    c.add(finding::record_target, role == nullptr ? nullptr : next(target, "recordTarget"));
  }
  if (role == nullptr) {
    return;
  }
  std::string ins;
  for (const xmlNode* id = child(role, "id"); id != nullptr; id = next(id, "id")) {
    const std::string root = attribute_text(id, "root");
    const std::string extension = attribute_text(id, "extension");
    if (!has_full_id(id)) {
      c.add(finding::patient_id, id);
    } else if (is_ins(identifier_kind_of(root))) {
      if (!nir_key_is_right(extension)) {
        c.add(finding::ins_key, id);
      }
      if (!ins.empty() && ins != root + extension) {
        c.add(finding::two_identities, id);
      }
      ins = root + extension;
    }
  }
  if (child(role, "id") == nullptr) {
    c.add(finding::patient_id, role);
  }
  if (ins.empty()) {
    c.add(finding::ins_missing, role);
  }
  const xmlNode* person = child(role, "patient");
  check_traits(c, person, !ins.empty());
  for (const xmlNode* guardian = child(person, "guardian"); guardian != nullptr;
       guardian = next(guardian, "guardian")) {
    const xmlNode* organization = child(guardian, "guardianOrganization");
    const bool named = organization == nullptr || attribute_text(child(organization, "id"), "root") == oid_struct_idnat;
    if ((child(guardian, "guardianPerson") == nullptr) == (organization == nullptr) || !named) {
      c.add(finding::guardian, guardian);
    }
  }
}

void check_author(const checks& c, const xmlNode* author) {
  const xmlNode* assigned = child(author, "assignedAuthor");
  if (attribute_text(child(author, "time"), "value").empty()) {
    c.add(finding::author_time, author);
  }
  if (!has_full_id(child(assigned, "id"))) {
    c.add(finding::author_id, author);
  }
  const xmlNode* device = child(assigned, "assignedAuthoringDevice");
  const bool complete = child(device, "manufacturerModelName") != nullptr && child(device, "softwareName") != nullptr;
  if ((child(assigned, "assignedPerson") == nullptr) == (device == nullptr) || (device != nullptr && !complete)) {
    c.add(finding::author_kind, author);
  }
}

void check_informant(const checks& c, const xmlNode* informant) {
  static constexpr std::array<std::string_view, 5> classes{"ECON", "NOK", "CON", "CAREGIVER", "PAT"};
  const xmlNode* related = child(informant, "relatedEntity");
  const bool one = (child(informant, "assignedEntity") == nullptr) != (related == nullptr);
  const bool known = related == nullptr || (is_one_of(classes, attribute_text(related, "classCode")) &&
                                            descend(related, {"relatedPerson", "name"}) != nullptr);
  if (!one || !known) {
    c.add(finding::informant, informant);
  }
}

void check_recipient(const checks& c, const xmlNode* recipient) {
  const xmlNode* intended = child(recipient, "intendedRecipient");
  const xmlNode* person = child(intended, "id");
  const xmlNode* organization = descend(intended, {"receivedOrganization", "id"});
  if ((person != nullptr && !is_null(person) && attribute_text(person, "root") != oid_ps_idnat) ||
      (organization != nullptr && !is_null(organization) && attribute_text(organization, "root") != oid_struct_idnat)) {
    c.add(finding::recipient_id, recipient);
  }
}

bool is_signed(const xmlNode* signer) {
  return child(signer, "time") != nullptr && attribute_text(child(signer, "signatureCode"), "code") == "S";
}

void check_legal_authenticator(const checks& c) {
  const xmlNode* legal = child(c.document, "legalAuthenticator");
  const xmlNode* entity = child(legal, "assignedEntity");
  const xmlNode* person = child(entity, "assignedPerson");
  if (legal == nullptr) {
    c.add(finding::legal_authenticator, nullptr);
  } else if (next(legal, "legalAuthenticator") != nullptr) {
    c.add(finding::legal_authenticator, next(legal, "legalAuthenticator"));
  } else if (!is_signed(legal) || count_of(entity, "id") != 1 || !has_full_id(child(entity, "id")) ||
             (person != nullptr && descend(person, {"name", "family"}) == nullptr)) {
    c.add(finding::legal_authenticator, legal);
  }
}

void check_authenticator(const checks& c, const xmlNode* signer) {
  if (!is_signed(signer) || attribute_text(descend(signer, {"assignedEntity", "id"}), "root") != oid_ps_idnat) {
    c.add(finding::authenticator, signer);
  }
}

void check_participant(const checks& c, const xmlNode* participant) {
  static constexpr std::array<std::string_view, 7> kinds{"REF", "REFB", "INF", "RESP", "PRF", "CON", "VRF"};  // J144
  if (child(participant, "time") == nullptr) {
    c.add(finding::participant_time, participant);
  }
  const std::string role = attribute_text(child(participant, "associatedEntity"), "classCode");
  if (!is_one_of(kinds, attribute_text(participant, "typeCode")) || (role != "PROV" && role != "AGNT")) {
    c.add(finding::participant, participant);
  }
}

void check_custodian(const checks& c) {
  const xmlNode* id = descend(c.document, {"custodian", "assignedCustodian", "representedCustodianOrganization", "id"});
  const std::string root = attribute_text(id, "root");
  constexpr std::string_view patients_host = "1.2.250.1.213.4.1";
  if (root != patients_host && (root != oid_struct_idnat || !has_full_id(id))) {
    c.add(finding::custodian, id == nullptr ? child(c.document, "custodian") : id);
  }
}

void check_people(const checks& c) {
  struct rule {
    const char* name;
    void (*check)(const checks& c, const xmlNode* node);
  };
  static constexpr std::array<rule, 5> rules{{{"author", check_author},
                                              {"informant", check_informant},
                                              {"informationRecipient", check_recipient},
                                              {"authenticator", check_authenticator},
                                              {"participant", check_participant}}};
  for (const rule& one : rules) {
    for (const xmlNode* node = child(c.document, one.name); node != nullptr; node = next(node, one.name)) {
      one.check(c, node);
    }
  }
  if (child(c.document, "author") == nullptr) {
    c.add(finding::author_missing, nullptr);
  }
  check_custodian(c);
  check_legal_authenticator(c);
}

void check_main_act(const checks& c) {
  const xmlNode* act = descend(c.document, {"documentationOf", "serviceEvent"});
  const xmlNode* organization = descend(act, {"performer", "assignedEntity", "representedOrganization"});
  struct need {
    const char* what;
    bool met;
  };
  const std::array<need, 3> needs{
      {{"a beginning (effectiveTime/low)",
        count_of(act, "effectiveTime") == 1 &&
            !attribute_text(descend(act, {"effectiveTime", "low"}), "value").empty()},
       {"one performer (PRF)",
        count_of(act, "performer") == 1 && attribute_text(child(act, "performer"), "typeCode") == "PRF"},
       {"standardIndustryClassCode",
        !attribute_text(child(organization, "standardIndustryClassCode"), "code").empty()}}};
  for (const need& one : needs) {
    if (!one.met) {
      c.add(finding::main_act, act, one.what);
    }
  }
}

void check_encounter(const checks& c) {
  const xmlNode* stay = descend(c.document, {"componentOf", "encompassingEncounter"});
  if (child(stay, "effectiveTime") == nullptr) {
    c.add(finding::encounter, stay, "effectiveTime");
  }
  if (attribute_text(descend(stay, {"location", "healthCareFacility", "code"}), "code").empty()) {
    c.add(finding::encounter, stay, "healthCareFacility/code");
  }
}

void check_telecom(const checks& c, const xmlNode* telecom) {
  static constexpr std::array<std::string_view, 7> schemes{
      "tel:", "fax:", "mailto:", "http:", "https:", "ftp:", "mllp:"};
  static constexpr std::array<std::string_view, 5> reasons{"UNK", "NASK", "ASKU", "NAV", "MSK"};
  const std::string value = attribute_text(telecom, "value");
  if (is_null(telecom)) {
    const bool alone = telecom->properties != nullptr && telecom->properties->next == nullptr;
    if (!alone || !is_one_of(reasons, attribute_text(telecom, "nullFlavor"))) {
      c.add(finding::telecom, telecom);
    }
  } else if (!value.empty() && std::ranges::none_of(schemes, [&](std::string_view scheme) {
               return value.starts_with(scheme) && value.size() > scheme.size();
             })) {
    c.add(finding::telecom, telecom);
  }
}

void check_address(const checks& c, const xmlNode* address) {
  if (child(address, "streetAddressLine") == nullptr) {
    return;
  }
  for (const char* part : {"houseNumber", "streetNameType", "streetName", "additionalLocator", "unitID", "postBox",
                           "precinct", "postalCode", "city"}) {
    if (child(address, part) != nullptr) {
      c.add(finding::address_forms, address);
      return;
    }
  }
}

/// The types that many elements of the header share.
void check_shared_types(const checks& c) {
  for (const xmlNode* part : elements(c.document)) {
    if (is_named(part, "component")) {
      continue;
    }
    for (const xmlNode* node = part; node != nullptr; node = following(node, part)) {
      if (is_named(node, "telecom")) {
        check_telecom(c, node);
      } else if (is_named(node, "addr")) {
        check_address(c, node);
      } else if (is_named(node, "id") && attribute_text(node, "root") == oid_struct_idnat && !has_full_id(node) &&
                 !is_named(node->parent, "representedCustodianOrganization")) {
        c.add(finding::organization_id, node);
      }
    }
  }
}

}  // namespace

void check_header(const checks& c) {
  check_patient(c);
  check_people(c);
  check_main_act(c);
  check_encounter(c);
  check_shared_types(c);
}

}  // namespace liaison::cda
