// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/document_reference.hpp"

#include "core/base/digest.hpp"
#include "core/fhir_api/outcome.hpp"

#include <liaison/json_text.hpp>

#include <array>

namespace liaison::fhir_api {
namespace {

using detail::append_json_string;
using detail::json_scope;

/// The facts' forms of an id: "urn:…", "root^extension", or a bare text.
void write_identifier(json_scope& object, const std::string& id) {
  const std::size_t mark = id.find('^');
  if (id.rfind("urn:", 0) == 0) object.text("system", "urn:ietf:rfc:3986");
  else if (mark != std::string::npos) object.text("system", "urn:oid:" + id.substr(0, mark));
  object.text("value", id.rfind("urn:", 0) == 0 || mark == std::string::npos ? id : id.substr(mark + 1));
}

std::string token_of(const std::string& id) {
  const std::size_t mark = id.find('^');
  if (id.rfind("urn:", 0) == 0) return "urn:ietf:rfc:3986|" + id;
  return mark == std::string::npos ? "|" + id : "urn:oid:" + id.substr(0, mark) + "|" + id.substr(mark + 1);
}

const char* status_of(const model::message_facts& facts, const std::string& status) {
  if (!status.empty()) return "superseded";
  return facts.document.status == "cancelled" || facts.document.status == "deleted" ? "entered-in-error" : "current";
}

void write_concept(json_scope& object, const char* name, const facts::coding& what) {
  if (what.code.empty() && what.display.empty()) return;
  json_scope of(object.member(name), '{');
  if (!what.code.empty()) {
    json_scope codings(of.member("coding"), '[');
    json_scope coding(codings.element(), '{');
    coding.text("system", what.system);
    coding.text("code", what.code);
    coding.text("display", what.display);
  } else {
    of.text("text", what.display);
  }
}

void write_patient(json_scope& contained, const facts::patient& who) {
  json_scope patient(contained.element(), '{');
  patient.text("resourceType", "Patient");
  patient.text("id", "patient");
  std::string identifiers;
  {
    json_scope list(identifiers, '[');
    for (const auto& id : who.identifiers) {
      if (id.kind != facts::identifier_kind::ipp && id.kind != facts::identifier_kind::other) continue;
      json_scope one(list.element(), '{');
      one.text("system", id.system);
      one.text("value", id.value);
    }
  }
  if (identifiers.size() > 2) patient.member("identifier") += identifiers;
  const std::string& family = who.birth_family.empty() ? who.family : who.birth_family;
  if (!family.empty() || !who.given.empty()) {
    json_scope names(patient.member("name"), '[');
    json_scope name(names.element(), '{');
    name.text("family", family);
    if (!who.given.empty()) {
      json_scope given(name.member("given"), '[');
      for (const auto& one : who.given)
        if (!one.empty()) append_json_string(given.element(), one);
    }
  }
  if (who.sex == facts::sex::male || who.sex == facts::sex::female)
    patient.text("gender", who.sex == facts::sex::male ? "male" : "female");
  patient.text("birthDate", who.birth_date);
}

void write_security(json_scope& object, const facts::document& document) {
  if (document.confidentiality.empty() && document.masks.empty()) return;
  json_scope labels(object.member("securityLabel"), '[');
  const auto label = [&](const char* system, const std::string& code) {
    json_scope one(labels.element(), '{');
    json_scope codings(one.member("coding"), '[');
    json_scope coding(codings.element(), '{');
    coding.text("system", system);
    coding.text("code", code);
  };
  if (!document.confidentiality.empty()) label("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", document.confidentiality);
  for (const auto& mask : document.masks) label("urn:oid:1.2.250.1.213.1.1.4.13", mask);
}

}  // namespace

std::string document_reference(const model::message_facts& facts, const model::message& message, const std::string& status,
                               std::uint32_t version, const std::string& base) {
  const facts::document& document = facts.document;
  const std::string id = std::to_string(message.id);
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "DocumentReference");
    object.text("id", id);
    {
      json_scope meta(object.member("meta"), '{');
      meta.text("versionId", std::to_string(version));
      meta.text("lastUpdated", rfc3339(message.received_at));
    }
    const bool has_patient = facts.patients.size() == 1;
    if (has_patient) {
      json_scope contained(object.member("contained"), '[');
      write_patient(contained, facts.patients.front());
    }
    {
      json_scope master(object.member("masterIdentifier"), '{');
      write_identifier(master, document.id);
    }
    if (!document.set_id.empty()) {
      json_scope list(object.member("identifier"), '[');
      json_scope set(list.element(), '{');
      write_identifier(set, document.set_id);
    }
    object.text("status", status_of(facts, status));
    write_concept(object, "type", document.type);
    if (has_patient) {
      json_scope subject(object.member("subject"), '{');
      subject.text("reference", "#patient");
    }
    object.text("date", rfc3339(message.received_at));
    if (!facts.authors.empty()) {
      json_scope authors(object.member("author"), '[');
      for (const auto& author : facts.authors) {
        const std::string& name = author.name.empty() ? author.organization : author.name;
        json_scope one(authors.element(), '{');
        one.text("display", name.empty() ? "unknown" : name);
      }
    }
    if (!document.replaces.empty()) {
      json_scope list(object.member("relatesTo"), '[');
      json_scope relation(list.element(), '{');
      relation.text("code", "replaces");
      json_scope target(relation.member("target"), '{');
      json_scope identifier(target.member("identifier"), '{');
      write_identifier(identifier, document.replaces);
    }
    write_security(object, document);
    json_scope contents(object.member("content"), '[');
    json_scope content(contents.element(), '{');
    json_scope attachment(content.member("attachment"), '{');
    // What carries a document says nothing of its form; whoever fetches it is told.
    if (message.format != "hl7v2" && message.format != "xdm") attachment.text("contentType", media_type_of(message.format));
    attachment.text("language", document.language);
    attachment.text("url", base + "/Binary/" + id);
    attachment.text("title", document.title);
    attachment.text("creation", document.created);
  }
  return text;
}

std::map<std::string, std::vector<std::string>> search_values(const model::message_facts& facts, const model::message& message) {
  std::map<std::string, std::vector<std::string>> found;
  const facts::document& document = facts.document;
  found["identifier"].push_back(token_of(document.id));
  if (!document.set_id.empty()) found["identifier"].push_back(token_of(document.set_id));
  found["status"].push_back(status_of(facts, ""));
  if (!document.type.code.empty()) found["type"].push_back(document.type.system + "|" + document.type.code);
  found["date"].push_back(rfc3339(message.received_at));
  if (!document.created.empty()) found["creation"].push_back(document.created);
  if (!document.language.empty()) found["language"].push_back(document.language);
  const std::string confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|";
  if (!document.confidentiality.empty()) found["security-label"].push_back(confidentiality + document.confidentiality);
  for (const auto& mask : document.masks) found["security-label"].push_back("urn:oid:1.2.250.1.213.1.1.4.13|" + mask);
  for (const auto& patient : facts.patients)
    for (const auto& id : patient.identifiers) found["patient.identifier"].push_back(id.system + "|" + id.value);
  return found;
}

std::string binary_resource(const std::string& id, const std::string& content_type, std::string_view bytes) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "Binary");
    if (!id.empty()) object.text("id", id);
    object.text("contentType", content_type.empty() ? "application/octet-stream" : content_type);
    if (!bytes.empty()) object.member("data") += "\"" + base64_of(bytes) + "\"";
  }
  return text;
}

std::string media_type_of(const std::string& format) {
  struct row {
    std::string_view format, media_type;
  };
  constexpr std::array<row, 7> table{{{"fhir", fhir_json},
                                      {"cda", "application/xml"},
                                      {"hl7v2", "x-application/hl7-v2+er7"},
                                      {"hprim-medecin", "text/plain"},
                                      {"hprim-sante", "text/plain"},
                                      {"hprim-xml", "application/xml"},
                                      {"xdm", "application/zip"}}};
  for (const row& one : table)
    if (one.format == format) return std::string(one.media_type);
  return "application/octet-stream";
}

std::string base64_of(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

}  // namespace liaison::fhir_api
