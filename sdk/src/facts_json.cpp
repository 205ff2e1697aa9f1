// SPDX-License-Identifier: Apache-2.0
// The facts as JSON (schemas/facts.schema.json). Runs once for every message that comes in: one pass, one buffer.
#include <liaison/json_text.hpp>

#include <liaison/facts_json.hpp>

namespace liaison {
namespace {

using detail::append_json_number;
using detail::append_json_string;
using detail::json_scope;

std::string_view name_of(facts::identifier_kind kind) {
  switch (kind) {
    case facts::identifier_kind::ins_nir:
      return "ins-nir";
    case facts::identifier_kind::ins_nia:
      return "ins-nia";
    case facts::identifier_kind::ins_test:
      return "ins-test";
    case facts::identifier_kind::ins_demo:
      return "ins-demo";
    case facts::identifier_kind::ipp:
      return "ipp";
    case facts::identifier_kind::nir:
      return "nir";
    case facts::identifier_kind::stay:
      return "stay";
    case facts::identifier_kind::other:
      break;
  }
  return "other";
}

std::string_view name_of(facts::identity_status status) {
  switch (status) {
    case facts::identity_status::provisional:
      return "provisional";
    case facts::identity_status::retrieved:
      return "retrieved";
    case facts::identity_status::validated:
      return "validated";
    case facts::identity_status::qualified:
      return "qualified";
    case facts::identity_status::unknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(facts::sex sex) {
  switch (sex) {
    case facts::sex::male:
      return "male";
    case facts::sex::female:
      return "female";
    case facts::sex::unknown:
      return "unknown";
    case facts::sex::unstated:
      break;
  }
  return {};
}

void write_strings(json_scope& in, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json_scope list(in.member(name), '[');
  for (const auto& value : values) append_json_string(list.element(), value);
}

void write_identifiers(json_scope& in, const std::vector<facts::identifier>& identifiers,
                       std::string_view name = "identifiers") {
  if (identifiers.empty()) return;
  json_scope list(in.member(name), '[');
  for (const auto& identifier : identifiers) {
    json_scope item(list.element(), '{');
    item.text("system", identifier.system);
    item.text("value", identifier.value);
    item.text("kind", name_of(identifier.kind));
  }
}

/// HL7v2 and FHIR have a place for the status, so its absence says something; elsewhere it is only not known.
bool carries_identity_status(std::string_view format) { return format == "hl7v2" || format == "fhir"; }

void write_patient(std::string& out, const facts::patient& patient, std::string_view format) {
  json_scope item(out, '{');
  item.text("family", patient.family);
  item.text("birth_family", patient.birth_family);
  write_strings(item, "given", patient.given);
  item.text("birth_date", patient.birth_date);
  item.text("sex", name_of(patient.sex));
  item.text("birth_place_code", patient.birth_place_code);
  item.text("postal_code", patient.postal_code);
  write_identifiers(item, patient.identifiers);
  if (patient.identity_status != facts::identity_status::unknown || carries_identity_status(format))
    item.text("identity_status", name_of(patient.identity_status));
  write_strings(item, "identity_flags", patient.identity_flags);
}

bool is_empty(const facts::coding& coding) {
  return coding.system.empty() && coding.code.empty() && coding.display.empty();
}

bool is_empty(const facts::document& d) {
  return d.id.empty() && d.set_id.empty() && !d.version && d.replaces.empty() && is_empty(d.type) && d.title.empty() &&
         d.created.empty() && d.language.empty() && d.confidentiality.empty() && d.masks.empty() && d.status.empty();
}

void write_document(json_scope& in, const facts::document& document) {
  if (is_empty(document)) return;
  json_scope item(in.member("document"), '{');
  item.text("id", document.id);
  item.text("set_id", document.set_id);
  if (document.version) append_json_number(item.member("version"), *document.version);
  item.text("replaces", document.replaces);
  if (!is_empty(document.type)) {
    json_scope type(item.member("type"), '{');
    type.text("system", document.type.system);
    type.text("code", document.type.code);
    type.text("display", document.type.display);
  }
  item.text("title", document.title);
  item.text("created", document.created);
  item.text("language", document.language);
  item.text("confidentiality", document.confidentiality);
  write_strings(item, "masks", document.masks);
  item.text("status", document.status);
}

bool is_empty(const facts::party& p) {
  return p.name.empty() && p.organization.empty() && p.speciality.empty() && p.identifiers.empty() &&
         p.address.empty() && p.role.empty();
}

void write_party(std::string& out, const facts::party& party) {
  json_scope item(out, '{');
  item.text("name", party.name);
  item.text("organization", party.organization);
  item.text("speciality", party.speciality);
  write_identifiers(item, party.identifiers);
  item.text("address", party.address);
  item.text("role", party.role);
}

void write_parties(json_scope& in, std::string_view name, const std::vector<facts::party>& parties) {
  if (parties.empty()) return;
  json_scope list(in.member(name), '[');
  for (const auto& party : parties) write_party(list.element(), party);
}

void write_event(json_scope& in, const facts::event& event) {
  if (event.code.empty() && event.time.empty() && event.message.empty() && event.sending_application.empty()) return;
  json_scope item(in.member("event"), '{');
  item.text("code", event.code);
  item.text("time", event.time);
  item.text("message", event.message);
  item.text("sending_application", event.sending_application);
  item.text("time_from", event.time_from);
  item.text("action", event.action);
  item.text("of", event.of);
}

bool is_empty(const facts::encounter& e) {
  return e.patient_class.empty() && e.start.empty() && e.end.empty() && e.expected_end.empty() && e.movement.empty() &&
         e.medical_unit.empty() && e.care_unit.empty() && e.discharge_to.empty();
}

void write_encounter(json_scope& in, const facts::encounter& encounter) {
  if (is_empty(encounter)) return;
  json_scope item(in.member("encounter"), '{');
  item.text("patient_class", encounter.patient_class);
  item.text("start", encounter.start);
  item.text("end", encounter.end);
  item.text("end_from", encounter.end_from);
  item.text("expected_end", encounter.expected_end);
  item.text("movement", encounter.movement);
  item.text("medical_unit", encounter.medical_unit);
  item.text("care_unit", encounter.care_unit);
  item.text("discharge_to", encounter.discharge_to);
}

void write_consents(json_scope& in, const std::vector<facts::consent>& consents) {
  if (consents.empty()) return;
  json_scope list(in.member("consents"), '[');
  for (const auto& consent : consents) {
    json_scope item(list.element(), '{');
    append_json_number(item.member("patient"), consent.patient);
    item.text("kind", consent.kind);
    item.text("value", consent.value);
    item.text("date", consent.date);
    item.text("source", consent.source);
  }
}

void write_merges(json_scope& in, const std::vector<facts::merge>& merges) {
  if (merges.empty()) return;
  json_scope list(in.member("merges"), '[');
  for (const auto& merge : merges) {
    json_scope item(list.element(), '{');
    append_json_number(item.member("patient"), merge.patient);
    if (merge.prior_patient) append_json_number(item.member("prior_patient"), *merge.prior_patient);
    item.text("action", merge.action);
    write_identifiers(item, merge.prior, "prior");
    write_identifiers(item, merge.prior_stays, "prior_stays");
  }
}

void write_answer(json_scope& in, const facts::answer& answer) {
  json_scope item(in.member("answer"), '{');
  item.text("kind", answer.kind);
  item.text("message", answer.message);
  item.text("outcome", answer.outcome);
  item.text("address", answer.address);
  item.text("recipient", answer.recipient);
  if (answer.errors.empty()) return;
  json_scope list(item.member("errors"), '[');
  for (const auto& error : answer.errors) {
    json_scope each(list.element(), '{');
    each.text("condition", error.condition);
    each.text("severity", error.severity);
    each.text("code", error.code);
    each.text("system", error.system);
    each.text("location", error.location);
  }
}

void write_attachments(json_scope& in, const std::vector<facts::attachment>& attachments) {
  if (attachments.empty()) return;
  json_scope list(in.member("attachments"), '[');
  for (const auto& attachment : attachments) {
    json_scope item(list.element(), '{');
    item.text("content_type", attachment.content_type);
    append_json_number(item.member("size_bytes"), attachment.size_bytes);
    item.text("sha256", attachment.sha256);
  }
}

void write_values(json_scope& in, const std::vector<facts::value>& values) {
  if (values.empty()) return;
  json_scope list(in.member("values"), '[');
  for (const auto& value : values) {
    json_scope item(list.element(), '{');
    append_json_number(item.member("patient"), value.patient);
    item.text("label", value.label);
    item.text("code", value.code);
    item.text("value", value.value);
    item.text("unit", value.unit);
    item.text("low", value.low);
    item.text("high", value.high);
    item.text("flag", value.flag);
    item.text("status", value.status);
    if (!value.second) continue;
    json_scope second(item.member("second"), '{');
    second.text("value", value.second->value);
    second.text("unit", value.second->unit);
    second.text("low", value.second->low);
    second.text("high", value.second->high);
  }
}

}  // namespace

std::string to_json(const facts::message_facts& found) {
  std::string out;
  out.reserve(2048 + found.values.size() * 160);
  {
    json_scope root(out, '{');
    root.text("format", found.format);
    root.text("profile", found.profile);
    root.text("charset", found.charset);
    if (!found.patients.empty()) {
      json_scope list(root.member("patients"), '[');
      for (const auto& patient : found.patients) write_patient(list.element(), patient, found.format);
    }
    write_document(root, found.document);
    write_parties(root, "authors", found.authors);
    if (!is_empty(found.sender)) write_party(root.member("sender"), found.sender);
    write_parties(root, "recipients", found.recipients);
    write_event(root, found.event);
    write_encounter(root, found.encounter);
    write_consents(root, found.consents);
    write_merges(root, found.merges);
    if (found.answer) write_answer(root, *found.answer);
    write_strings(root, "instructions", found.instructions);
    append_json_number(root.member("results"), found.results);
    write_attachments(root, found.attachments);
    write_values(root, found.values);
  }
  return out;
}

}  // namespace liaison
