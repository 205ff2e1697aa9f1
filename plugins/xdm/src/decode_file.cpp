// SPDX-License-Identifier: Apache-2.0
// A document that no translator reads, a PDF say: a Composition and a Patient from its metadata, the file attached.
#include "decode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

void write_birth_place(const sourced& line, const field_view& field, const resource_ref& patient) {
  const spot extension = spot{patient, "extension"}.next();
  (extension / "url").set(terms::extension_birth_place);
  const spot address = extension / "valueAddress";
  if (!field.component(9).empty()) {
    (address / "extension/0/url").set(terms::extension_insee_code);
    (address / "extension/0/valueCoding/system").set(terms::system_insee);
    (address / "extension/0/valueCoding/code").set(part_of(line, field.component(9)));
  }
  (address / "city").set(part_of(line, field.component(3)));
}

void write_name(const sourced& line, const field_view& field, const resource_ref& patient) {
  const bool is_used = field.component(7) == "D";
  const spot name = spot{patient, "name"}.next();
  (name / "use").set(is_used ? "usual" : "official");
  (name / "family").set(part_of(line, field.component(1)));
  if (!field.component(2).empty()) (name / "given/0").set(part_of(line, field.component(2)));
  if (field.component(3).empty()) return;
  (name / "extension/0/url").set(terms::extension_birth_list_given);
  (name / "extension/0/valueString").set(part_of(line, field.component(3)));
}

void write_info(decoding& d, const info_line& line, const resource_ref& patient) {
  const field_view field(line.value.text);
  if (line.segment_field == "PID-3") {
    write_patient_identifier(d, line.value, patient);
  } else if (line.segment_field == "PID-5") {
    write_name(line.value, field, patient);
  } else if (line.segment_field == "PID-7") {
    const auto date = fhir_from_hl7(field.component(1).substr(0, 8));
    if (date) patient.set("birthDate", part_of(line.value, *date));
  } else if (line.segment_field == "PID-8") {
    const std::string code = field.component(1);
    patient.set("gender", part_of(line.value, code == "M" ? "male" : code == "F" ? "female" : "unknown"));
  } else if (line.segment_field == "PID-11" && field.component(7) == "BDL") {
    write_birth_place(line.value, field, patient);
  } else {
    terms::add_source_field({patient, ""}, "xdm.sourcePatientInfo." + line.segment_field, line.value);
  }
}

resource_ref write_patient(decoding& d, const document_entry& entry) {
  const resource_ref patient = d.pivot.add("Patient");
  std::string known;
  for (const sourced* cx : {&entry.patient_id, &entry.source_patient_id}) {
    if (cx->text == known)
      d.carry(*cx, patient.pointer("identifier"));
    else
      write_patient_identifier(d, *cx, patient);
    known = cx->text;
  }
  for (const info_line& line : lines_of(entry)) write_info(d, line, patient);
  if (d.is_qualified) {
    const spot extension = spot{patient, "extension"}.next();
    (extension / "url").set(terms::extension_identity_reliability);
    (extension / "extension/0/url").set("identityStatus");
    (extension / "extension/0/valueCoding/system").set(terms::system_identity_reliability);
    (extension / "extension/0/valueCoding/code").set("VALI");
  }
  return patient;
}

void write_document_id(const sourced& id, const spot& to) {
  if (id.empty()) return;
  const std::size_t caret = id.text.find('^');
  if (caret == std::string::npos) {
    (to / "system").set(terms::system_uri);
    (to / "value").set(part_of(id, document_id(id.text)));
    return;
  }
  (to / "system").set("urn:oid:" + id.text.substr(0, caret));
  (to / "value").set(part_of(id, id.text.substr(caret + 1)));
}

void write_file(decoding& d, const package_document& document, const resource_ref& composition,
                const resource_ref& patient) {
  const document_entry& entry = document.entry;
  const std::string_view bytes = document.content.bytes();
  const resource_ref binary = d.pivot.add("Binary");
  binary.set("contentType", document.content_type);
  d.carry(entry.mime, binary.pointer("contentType"));
  binary.set("data", base64_encode(bytes));
  const resource_ref reference = d.pivot.add("DocumentReference");
  reference.set("status", "current");
  reference.set_reference("subject", patient);
  write_code(entry.type_code, {reference, "type/coding/0"});
  const spot attachment{reference, "content/0/attachment"};
  (attachment / "contentType").set(document.content_type);
  (attachment / "url").set(binary.full_url());
  reference.set_number((attachment / "size").path, sourced(std::to_string(bytes.size())));
  (attachment / "hash").set(sha1_base64(bytes));
  (attachment / "title").set(entry.title);
  d.carry(entry.size, (attachment / "size").pointer());
  d.carry(entry.hash, (attachment / "hash").pointer());
  write_code(entry.format_code, {reference, "content/0/format"});
  if (!entry.facility_code.empty()) write_code(entry.facility_code, {reference, "context/facilityType/coding/0"});
  if (!entry.practice_code.empty()) write_code(entry.practice_code, {reference, "context/practiceSetting/coding/0"});
  composition.set("section/0/title", entry.title.empty() ? "Document" : entry.title.text);
  composition.set("section/0/code/coding/0/system", "http://loinc.org");
  composition.set("section/0/code/coding/0/code", "55108-5");
  composition.set_reference("section/0/entry/0", reference);
}

void write_event(const document_entry& entry, const resource_ref& composition) {
  const spot event{composition, "event/0"};
  if (const auto start = fhir_of_utc(entry.service_start.text))
    (event / "period/start").set(part_of(entry.service_start, *start));
  if (const auto stop = fhir_of_utc(entry.service_stop.text))
    (event / "period/end").set(part_of(entry.service_stop, *stop));
  for (std::size_t i = 0; i < entry.event_codes.size(); ++i)
    write_code(entry.event_codes[i], event / "code" / i / "coding/0");
}

}  // namespace

resource_ref compose_document(decoding& d, const package_document& document) {
  const document_entry& entry = document.entry;
  const resource_ref composition = d.pivot.add("Composition");
  const bool is_alone = d.what.documents.size() == 1;
  if (is_alone)
    write_document_id(entry.unique_id, {d.pivot.bundle(), "identifier"});
  else
    terms::add_source_field({composition, ""}, "xdm.DocumentEntry.uniqueId", entry.unique_id);
  composition.set("status", "final");
  if (entry.type_code.empty())
    composition.set("type/text", "Document");
  else
    write_code(entry.type_code, {composition, "type/coding/0"});
  if (!entry.class_code.empty()) write_code(entry.class_code, {composition, "category/0/coding/0"});
  const resource_ref patient = write_patient(d, entry);
  composition.set_reference("subject", patient);
  if (const auto date = fhir_of_utc(entry.creation_time.text)) {
    composition.set("date", part_of(entry.creation_time, *date));
  } else if (!d.now.empty()) {
    composition.set("date", d.now);
    d.ledger.added(composition.pointer("date"), d.now, "a document has a date, and the metadata give none");
  }
  composition.set("title", entry.title.empty() ? sourced("Document") : entry.title);
  composition.set("language", entry.language);
  std::size_t authors = 0;
  for (const author& each : entry.authors)
    if (const resource_ref who = write_author(d, each))
      composition.set_reference("author/" + std::to_string(authors++), who);
  if (authors == 0) {
    const resource_ref nobody = d.pivot.add("Organization");
    nobody.set("name", "—");
    composition.set_reference("author/0", nobody);
    d.ledger.added(composition.pointer("author/0"), "—", "a document has an author, and the metadata name none");
  }
  if (const resource_ref who = write_person(d, entry.legal_authenticator)) {
    composition.set("attester/0/mode", "legal");
    composition.set_reference("attester/0/party", who);
  }
  for (const coded& level : entry.confidentiality) {
    if (level.code.text.size() != 1) continue;
    composition.set("confidentiality", level.code);
    d.carry(level.display, composition.pointer("confidentiality"));
    d.carry(level.system, composition.pointer("confidentiality"));
  }
  write_event(entry, composition);
  write_file(d, document, composition, patient);
  terms::add_source_field({composition, ""}, "xdm.DocumentEntry.comments", entry.comments);
  for (const sourced* value : {&entry.uri, &entry.repository_id}) d.envelope(*value);
  return composition;
}

}  // namespace liaison::xdm
