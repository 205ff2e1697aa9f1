// SPDX-License-Identifier: Apache-2.0
#include "people.hpp"

#include "identity.hpp"

#include <algorithm>

namespace liaison::fhir {
namespace {

void append_word(std::string& to, std::string_view word) {
  if (word.empty()) return;
  if (!to.empty()) to += ' ';
  to += word;
}

std::vector<std::string> texts(const tree& of, node_id list) {
  std::vector<std::string> found;
  of.each(list, [&](node_id id) {
    if (!of[id].text.empty()) found.emplace_back(of[id].text);
  });
  return found;
}

std::string name_text(const tree& of, node_id name) {
  if (of.is_array(name)) name = of[name].first;
  std::string text;
  for (const auto& word : texts(of, of.child(name, "prefix"))) append_word(text, word);
  for (const auto& word : texts(of, of.child(name, "given"))) append_word(text, word);
  append_word(text, of.text(name, "family"));
  for (const auto& word : texts(of, of.child(name, "suffix"))) append_word(text, word);
  return text.empty() ? std::string(of.text(name, "text")) : text;
}

void add_identifiers(const tree& of, node_id list, std::vector<facts::identifier>& to) {
  of.each(list, [&](node_id identifier) {
    facts::identifier found{std::string(of.text(identifier, "system")), std::string(of.text(identifier, "value")),
                            kind_of(of, identifier)};
    const bool known = std::ranges::any_of(
        to, [&](const facts::identifier& other) { return other.system == found.system && other.value == found.value; });
    if (!found.value.empty() && !known) to.push_back(std::move(found));
  });
}

void add_address(const tree& of, node_id telecoms, facts::party& to) {
  of.each(telecoms, [&](node_id telecom) {
    if (to.address.empty() && of.text(telecom, "system") == "email") to.address = of.text(telecom, "value");
  });
}

std::string concept_text(const tree& of, node_id concept_node) {
  if (of.is_array(concept_node)) concept_node = of[concept_node].first;
  for (const std::string_view path : {"text", "coding/0/display", "coding/0/code"}) {
    if (const auto found = of.text(concept_node, path); !found.empty()) return std::string(found);
  }
  return {};
}

void read_names(const tree& of, node_id names, facts::patient& into) {
  std::string other;
  of.each(names, [&](node_id name) {
    const std::string_view use = of.text(name, "use");
    const std::string_view family = of.text(name, "family");
    if (use == "official") {
      into.birth_family = family;
    } else if (use == "usual" || (use.empty() && into.family.empty())) {
      into.family = family;
    } else if (use != "old" && other.empty()) {
      other = family;
    }
    // The birth given names count; those of the used name only when there are no others.
    const bool official = use == "official";
    if (into.given.empty() || official) {
      auto given = texts(of, of.child(name, "given"));
      if (!given.empty()) into.given = std::move(given);
    }
    of.each(of.child(name, "extension"), [&](node_id extension) {
      if (!of.text(extension, "url").ends_with("/fr-core-patient-birth-list-given-name") || !official) return;
      std::vector<std::string> all;
      std::string_view list = of.text(extension, "valueString");
      while (!list.empty()) {
        const std::size_t blank = list.find(' ');
        if (blank != 0) all.emplace_back(list.substr(0, blank));
        list = blank == std::string_view::npos ? std::string_view{} : list.substr(blank + 1);
      }
      if (!all.empty()) into.given = std::move(all);
    });
  });
  if (into.family.empty()) into.family = !into.birth_family.empty() ? into.birth_family : other;
}

}  // namespace

facts::patient patient_facts(const tree& of, node_id patient) {
  facts::patient found;
  read_names(of, of.child(patient, "name"), found);
  found.birth_date = of.text(patient, "birthDate");
  const std::string_view gender = of.text(patient, "gender");
  if (gender == "male") found.sex = facts::sex::male;
  if (gender == "female") found.sex = facts::sex::female;
  if (gender == "unknown" || gender == "other") found.sex = facts::sex::unknown;
  of.each(of.child(patient, "extension"), [&](node_id extension) {
    if (!of.text(extension, "url").ends_with("/patient-birthPlace")) return;
    of.each(of.find(extension, "valueAddress/extension"), [&](node_id code) {
      if (of.text(code, "url").ends_with("/fr-core-address-insee-code"))
        found.birth_place_code = of.text(code, "valueCoding/code");
    });
  });
  of.each(of.child(patient, "address"), [&](node_id address) {
    const std::string_view use = of.text(address, "use");
    if ((found.postal_code.empty() || use == "home") && use != "old" && !of.text(address, "postalCode").empty())
      found.postal_code = of.text(address, "postalCode");
  });
  add_identifiers(of, of.child(patient, "identifier"), found.identifiers);
  found.identity_status = status_of(of, patient);
  return found;
}

bool is_empty(const facts::party& of) {
  return of.name.empty() && of.organization.empty() && of.identifiers.empty() && of.address.empty();
}

facts::party party_facts(const bundle_view& of, node_id reference) {
  const tree& source = of.source();
  facts::party found;
  const node_id resource = of.resolve(reference);
  const std::string_view type = resource == none ? std::string_view{} : source.type_of(resource);
  if (type == "PractitionerRole") {
    const node_id person = of.resolve(source.child(resource, "practitioner"));
    const node_id place = of.resolve(source.child(resource, "organization"));
    found.name = name_text(source, source.child(person, "name"));
    if (found.name.empty()) found.name = source.text(resource, "practitioner/display");
    found.organization = source.text(place, "name");
    if (found.organization.empty()) found.organization = source.text(resource, "organization/display");
    found.speciality = concept_text(source, source.child(resource, "specialty"));
    add_identifiers(source, source.child(person, "identifier"), found.identifiers);
    add_identifiers(source, source.find(resource, "practitioner/identifier"), found.identifiers);
    add_identifiers(source, source.child(resource, "identifier"), found.identifiers);
    add_identifiers(source, source.child(place, "identifier"), found.identifiers);
    add_address(source, source.child(resource, "telecom"), found);
    add_address(source, source.child(person, "telecom"), found);
    add_address(source, source.child(place, "telecom"), found);
  } else if (type == "Organization" || type == "Location" || type == "HealthcareService") {
    found.name = source.text(resource, "name");
    found.organization = found.name;
  } else if (type == "Device") {
    found.name = source.text(resource, "deviceName/0/name");
    if (found.name.empty()) found.name = concept_text(source, source.child(resource, "type"));
    found.organization = source.text(resource, "manufacturer");
  } else if (type == "Endpoint") {
    found.address = source.text(resource, "address");
    found.name = source.text(resource, "name");
  } else if (resource != none) {
    found.name = name_text(source, source.child(resource, "name"));
  }
  if (resource != none && type != "PractitionerRole") {
    add_identifiers(source, source.child(resource, "identifier"), found.identifiers);
    if (found.address.empty()) add_address(source, source.child(resource, "telecom"), found);
  }
  if (found.name.empty() && found.organization.empty()) found.name = source.text(reference, "display");
  if (found.identifiers.empty()) add_identifiers(source, source.child(reference, "identifier"), found.identifiers);
  return found;
}

std::string document_id(const tree& of, node_id identifier) {
  if (of.is_array(identifier)) identifier = of[identifier].first;
  constexpr std::string_view oid = "urn:oid:";
  const std::string_view system = of.text(identifier, "system");
  const std::string_view value = of.text(identifier, "value");
  if (value.empty() || system.empty() || system == "urn:ietf:rfc:3986") return std::string(value);
  if (system.starts_with(oid)) return std::string(system.substr(oid.size())).append("^").append(value);
  return std::string(system).append("|").append(value);
}

}  // namespace liaison::fhir
