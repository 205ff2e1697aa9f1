// SPDX-License-Identifier: Apache-2.0
// Authors, custodian, recipients, authenticators, participants and orders of the header.
#include "encode_parts.hpp"

#include "datatypes.hpp"
#include "oids.hpp"

#include <array>

namespace liaison::cda {

party first_author(const writing& w) { return party_of(w, writing::item(w.composition, "author", 0)); }

participation read_participation(const writing& w, const json_value* extension) {
  participation found;
  for (std::size_t i = 0; const json_value* part = writing::item(extension, "extension", i); ++i) {
    const std::string url = writing::text(part, "url");
    if (url == "type") {
      found.type = w.get(part, "valueCode");
    } else if (url == "actor") {
      found.actor = writing::find(part, "valueReference");
    } else if (url == "function") {
      found.function = writing::find(part, "valueCodeableConcept");
    } else if (url == "period") {
      found.period = writing::find(part, "valuePeriod");
    }
  }
  return found;
}

namespace {

void write_authors(const writing& w) {
  std::size_t written = 0;
  for (std::size_t i = 0; const json_value* reference = writing::item(w.composition, "author", i); ++i) {
    const party who = party_of(w, reference);
    if (!who) {
      continue;
    }
    const xml_out::element author(w.out, "author");
    const json_value* function = writing::extension(reference, std::string(extension_base) + "author-function");
    write_function(w, writing::find(function, "valueCodeableConcept"), function_rule::listed);
    const json_value* time = writing::extension(reference, std::string(extension_base) + "author-time");
    if (!write_time(w, time, "valueDateTime", "time")) {
      w.out.leaf("time", {{"value", w.created}});
      w.added(w.created, "CI-SIS requires the time of an author: that of the document");
    }
    write_entity(w, who, "assignedAuthor", assigned_names);
    ++written;
  }
  if (written == 0) {
    w.assume(finding::author_unknown);
    w.added("", "CI-SIS requires an author and the source has none");
    const xml_out::element author(w.out, "author");
    w.out.leaf("time", {{"value", w.created}});
    write_entity(w, party(), "assignedAuthor", assigned_names);
  }
}

void write_custodian(const writing& w) {
  const json_value* custodian = w.resolve(w.composition, "custodian");
  if (custodian == nullptr) {
    custodian = first_author(w).organization;
  }
  const xml_out::element element(w.out, "custodian");
  const xml_out::element assigned(w.out, "assignedCustodian");
  const xml_out::element organization(w.out, "representedCustodianOrganization");
  const json_value* number = nullptr;
  for (std::size_t i = 0; const json_value* id = writing::item(custodian, "identifier", i); ++i) {
    const std::string root = oid_of_system(writing::text(id, "system"));
    if (number == nullptr && (root == oid_struct_idnat || root == "1.2.250.1.213.4.1")) {
      number = id;
    }
  }
  const std::string option = endpoint_option(w.of, "custodian_id");
  if (number != nullptr) {
    write_id(w, number);
  } else {
    w.out.leaf("id", {{"root", oid_struct_idnat}, {"extension", option}});
    if (option.empty()) {
      w.assume(finding::custodian_unknown);
    }
    w.added(option, "CI-SIS requires the number of the custodian");
  }
  sourced name = w.get(custodian, "name");
  if (name.empty()) {
    name = sourced(endpoint_option(w.of, "custodian_name"));
  }
  if (!name.empty()) {
    const xml_out::element part(w.out, "name");
    w.out.text(name);
  }
}

void write_recipients(const writing& w) {
  const std::string url = std::string(extension_base) + "recipient";
  for (std::size_t i = 0; const json_value* extension = writing::extension(w.composition, url, i); ++i) {
    const json_value* reference = writing::find(extension, "valueReference");
    const party who = party_of(w, reference);
    if (!who) {
      continue;
    }
    const xml_out::element element(w.out, "informationRecipient");
    const sourced role =
        w.get(writing::extension(reference, std::string(extension_base) + "recipient-role"), "valueCode");
    w.out.attribute("typeCode", with(role.text == "copy" ? "TRC" : "PRCP", role));
    write_entity(w, who, "intendedRecipient", {"informationRecipient", "receivedOrganization"});
  }
}

void write_attesters(const writing& w) {
  std::size_t legal = 0;
  for (const std::string_view mode : {"legal", "professional"}) {
    for (std::size_t i = 0; const json_value* attester = writing::item(w.composition, "attester", i); ++i) {
      const party who = party_of(w, writing::find(attester, "party"));
      if (writing::text(attester, "mode") != mode || !who || (mode == "legal" && legal > 0)) {
        continue;
      }
      legal += mode == "legal" ? 1U : 0U;
      const xml_out::element element(w.out, mode == "legal" ? "legalAuthenticator" : "authenticator");
      w.pivot.envelope(attester, "mode");
      const bool second = mode != "legal";
      if (second && w.laboratory) {
        w.out.leaf("templateId", {{"root", "1.3.6.1.4.1.19376.1.3.3.1.5"}});
      }
      if (!write_time(w, attester, "time", "time")) {
        w.out.leaf("time", {{"value", w.created}});
      }
      w.out.leaf("signatureCode", {{"code", "S"}});
      write_entity(w, who, "assignedEntity", assigned_names, practice_setting::as_known,
                   second ? id_rule::ps_idnat : id_rule::any);
    }
    if (mode == "legal" && legal == 0) {
      const xml_out::element element(w.out, "legalAuthenticator");
      w.assume(finding::legal_authenticator_assumed);
      w.added("", "CI-SIS requires a legal authenticator: the first author stands in");
      w.out.leaf("time", {{"value", w.created}});
      w.out.leaf("signatureCode", {{"code", "S"}});
      write_entity(w, first_author(w), "assignedEntity", assigned_names);
    }
  }
}

void write_participants(const writing& w) {
  for (std::size_t i = 0; const json_value* reference = writing::item(w.patient, "generalPractitioner", i); ++i) {
    const party who = party_of(w, reference);
    if (!who) {
      continue;
    }
    const xml_out::element element(w.out, "participant");
    w.out.attribute("typeCode", "INF");
    w.out.leaf("functionCode",
               {{"code", "PCP"}, {"displayName", "Médecin Traitant"}, {"codeSystem", "2.16.840.1.113883.5.88"}});
    w.out.leaf("time", {{"nullFlavor", "NA"}});
    write_entity(w, who, "associatedEntity", {"associatedPerson", "scopingOrganization"});
  }
  const std::string url = std::string(extension_base) + "participant";
  for (std::size_t i = 0; const json_value* extension = writing::extension(w.composition, url, i); ++i) {
    const participation found = read_participation(w, extension);
    const party who = party_of(w, found.actor);
    static constexpr std::array<std::string_view, 7> header_types{"REF", "REFB", "INF", "RESP", "PRF", "CON", "VRF"};
    bool known = false;
    for (const std::string_view type : header_types) {
      known = known || type == found.type.text;
    }
    if (!who || !known || who.device != nullptr) {
      continue;
    }
    const xml_out::element element(w.out, "participant");
    w.out.attribute("typeCode", found.type);
    write_function(w, found.function, function_rule::any);
    if (found.period == nullptr) {
      w.out.leaf("time", {{"nullFlavor", "NA"}});
    } else {
      write_interval(w, found.period, "time");
    }
    write_entity(w, who, "associatedEntity", {"associatedPerson", "scopingOrganization"});
  }
}

void write_orders(const writing& w) {
  const std::string url = std::string(extension_base) + "order";
  for (std::size_t i = 0; const json_value* extension = writing::extension(w.composition, url, i); ++i) {
    const json_value* order = w.resolve(extension, "valueReference");
    const json_value* id = writing::item(order, "identifier", 0);
    if (id == nullptr) {
      continue;
    }
    const xml_out::element element(w.out, "inFulfillmentOf");
    const xml_out::element order_element(w.out, "order");
    write_id(w, id);
    for (const char* fixed : {"status", "intent"}) {
      w.pivot.envelope(order, fixed);
    }
  }
}

}  // namespace

void write_header_people(const writing& w) {
  write_authors(w);
  write_custodian(w);
  write_recipients(w);
  write_attesters(w);
  write_participants(w);
  write_orders(w);
}

}  // namespace liaison::cda
