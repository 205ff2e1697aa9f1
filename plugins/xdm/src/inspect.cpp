// SPDX-License-Identifier: Apache-2.0
// Recognition, facts, validation and the text of an archive.
#include "inspect.hpp"

#include "identity.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::xdm {
namespace {

std::string name_of(const person& who) {
  std::string name;
  for (const std::string* part : {&who.prefix, &who.given, &who.family})
    if (!part->empty()) name += (name.empty() ? "" : " ") + *part;
  return name;
}

facts::identifier fact_of(const identifier& id) {
  return {id.oid.empty() ? "" : "urn:oid:" + id.oid, id.value, facts::identifier_kind::other};
}

facts::party party_of(const author& from) {
  facts::party party;
  if (!from.persons.empty()) {
    const person who = person_of_xcn(from.persons.front().text);
    party.name = name_of(who);
    if (!who.id.empty()) party.identifiers.push_back(fact_of(who.id));
  }
  if (!from.institutions.empty()) {
    const organization where = organization_of_xon(from.institutions.front().text);
    party.organization = where.name;
    if (!where.id.empty()) party.identifiers.push_back(fact_of(where.id));
  }
  if (!from.specialties.empty()) party.speciality = field_view(from.specialties.front().text).component(2);
  if (!from.roles.empty()) party.role = from.roles.front().text;
  if (!from.telecoms.empty()) party.address = field_view(from.telecoms.front().text).component(4);
  return party;
}

facts::party party_of(const recipient& to) {
  facts::party party;
  party.name = name_of(to.who);
  party.organization = to.where.name;
  for (const identifier* id : {&to.who.id, &to.where.id})
    if (!id->empty()) party.identifiers.push_back(fact_of(*id));
  party.address = to.mail;
  party.role = "primary";
  return party;
}

facts::document document_of(const package_document& from) {
  const document_entry& entry = from.entry;
  facts::document document;
  document.id = document_id(entry.unique_id.text);
  document.type = {entry.type_code.system.empty() ? "" : system_of_oid(entry.type_code.system.text),
                   entry.type_code.code.text, entry.type_code.display.text};
  document.title = entry.title.text;
  document.created = fhir_of_utc(entry.creation_time.text).value_or("");
  document.language = entry.language.text;
  for (const coded& level : entry.confidentiality) {
    const std::string& code = level.code.text;
    if (code.size() == 1)
      document.confidentiality = code;
    else
      document.masks.push_back(code);
  }
  switch (action_of(from)) {
    case action::add:
      break;
    case action::replace:
      document.status = "amended";
      document.replaces = document_id(from.replaces);
      break;
    case action::remove:
      document.status = "deleted";
      document.replaces = document.id;
      break;
  }
  return document;
}

facts::message_facts facts_of(const package& what, link from) {
  facts::message_facts found;
  found.format = "xdm";
  found.profile = "cisis-xdm";
  found.patients.push_back(patient_of(what, from));
  const package_document& main = what.documents.front();
  found.document = document_of(main);
  for (const author& each : main.entry.authors) found.authors.push_back(party_of(each));
  const submission_set& set = what.sets[main.set].metadata;
  if (!set.authors.empty()) found.sender = party_of(set.authors.front());
  for (const package_set& each : what.sets)
    for (const sourced& to : each.metadata.recipients) found.recipients.push_back(party_of(recipient_of(to.text)));
  found.event.code = "XDM";
  found.event.message = set.unique_id.text;
  found.event.sending_application = set.source_id.text;
  found.event.time = fhir_of_utc(set.submission_time.text).value_or("");
  for (const package_document& document : what.documents) {
    if (document.format != nullptr) continue;
    const std::string_view bytes = document.content.bytes();
    found.attachments.push_back({document.content_type, bytes.size(), sha256_hex(bytes)});
  }
  return found;
}

/// ASCII only; `head` may hold megabytes of one deflated file.
bool contains_ignoring_case(std::string_view head, std::string_view name) {
  const auto it = std::search(head.begin(), head.end(), name.begin(), name.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
  return it != head.end();
}

}  // namespace

int recognise_archive(bytes_view head) {
  if (!zip_reader::looks_like_zip(head)) return 0;
  if (contains_ignoring_case(head, "IHE_XDM")) return 100;
  if (contains_ignoring_case(head, "METADATA.XML")) return 90;
  return 20;  // the names may stand behind what we were shown
}

liaison_status status_of(const findings& found, const call& request) {
  if (found.has(finding::not_zip)) return LIAISON_NOT_MINE;
  return found.report(request, found.has(finding::mixed_actions) ? LIAISON_QUARANTINE : LIAISON_REJECT);
}

liaison_status inspect_archive(const call& request) {
  findings found(finding_table, request.options().strict);
  const auto what = open_package(request.input(), found, nullptr, verify::yes);
  if (what) {
    check_patient(*what, found);
    request.emit(facts_of(*what, link_of(request)));
    for (const package_document& document : what->documents)
      if (document.format != nullptr)
        request.emit(LIAISON_PART_EMBEDDED, document.content.bytes(), document.content_type.c_str(),
                     document.location.c_str(), document.format);
  }
  return status_of(found, request);
}

liaison_status validate_archive(const call& request) {
  findings found(finding_table, request.options().strict);
  if (const auto what = open_package(request.input(), found, nullptr, verify::yes)) check_patient(*what, found);
  return status_of(found, request);
}

/// What the archive is, and for each document its title, type, date and author. Their own texts are their translators'.
liaison_status render_archive(const call& request) {
  findings found(finding_table, false);
  const auto what = open_package(request.input(), found, nullptr, verify::no);
  if (!what) return status_of(found, request);
  std::string text = "Archive IHE_XDM : " + std::to_string(what->documents.size()) + " document(s)\n";
  for (const package_document& document : what->documents) {
    const document_entry& entry = document.entry;
    const auto line = [&](const char* label, const std::string& value) {
      if (!value.empty()) text += std::string(label) + value + "\n";
    };
    text += "\n";
    line("Titre    : ", entry.title.text);
    line("Type     : ", entry.type_code.display.empty() ? entry.type_code.code.text : entry.type_code.display.text);
    line("Date     : ", fhir_of_utc(entry.creation_time.text).value_or(""));
    for (const author& each : entry.authors) {
      const facts::party party = party_of(each);
      line("Auteur   : ", party.name.empty() ? party.organization : party.name);
    }
    line("Fichier  : ", entry.uri.text);
    line("Contenu  : ", document.content_type + ", " + std::to_string(document.content.bytes().size()) + " octets");
    if (action_of(document) == action::replace) text += "Ce document en remplace un autre.\n";
    if (action_of(document) == action::remove) text += "Ce document est à supprimer.\n";
    if (document.format == nullptr && document.content_type == "text/plain")
      text += "\n" + detect_and_decode(document.content.bytes()).text + "\n";
  }
  request.emit(LIAISON_PART_TEXT, text, "text/plain; charset=utf-8");
  found.report(request);
  return LIAISON_OK;
}

}  // namespace liaison::xdm
