// SPDX-License-Identifier: Apache-2.0
// The patient index as JSON.
#include "core/admin/patients_api.hpp"
#include "core/base/digest.hpp"
#include "core/identity/stay_rules.hpp"

#include <liaison/json_text.hpp>

#include <string>

namespace liaison::admin {

namespace {

using detail::append_json_string;
using detail::json_scope;

void number(json_scope& in, const char* name, std::int64_t value) { in.member(name) += std::to_string(value); }
void time(json_scope& in, const char* name, unix_ms at) {
  if (at > 0) in.text(name, rfc3339(at));
}

void traits(json_scope& in, const facts::patient& person) {
  in.text("family", person.family);
  in.text("birth_family", person.birth_family);
  {
    json_scope given(in.member("given"), '[');
    for (const auto& name : person.given) append_json_string(given.element(), name);
  }
  in.text("birth_date", person.birth_date);
  in.text("birth_place_code", person.birth_place_code);
  in.text("identity_status", model::name_of(person.identity_status));
  json_scope flags(in.member("identity_flags"), '[');
  for (const auto& flag : person.identity_flags) append_json_string(flags.element(), flag);
}

void identifiers(json_scope& in, const std::vector<identity::identifier_row>& rows) {
  json_scope list(in.member("identifiers"), '[');
  for (const auto& row : rows) {
    json_scope item(list.element(), '{');
    item.text("system", row.id.system);
    item.text("value", row.id.value);
    item.text("kind", model::name_of(row.id.kind));
    item.member("former") += row.is_former ? "true" : "false";
  }
}

}  // namespace

std::string to_json(const identity::consent& choice) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("kind", choice.kind);
    object.text("answer", identity::name_of(choice.answer));
    time(object, "since", choice.since);
    object.text("source", choice.source);
    if (choice.told_by != 0) number(object, "message", choice.told_by);
  }
  return text;
}

std::string to_json(const identity::stay_row& stay) {
  std::string text;
  {
    json_scope object(text, '{');
    number(object, "id", stay.id);
    number(object, "patient", stay.patient);
    object.text("system", stay.system);
    object.text("number", stay.value);
    object.text("class", stay.patient_class);
    object.text("state", identity::name_of(stay.state));
    time(object, "admitted_at", stay.admitted_at);
    time(object, "discharged_at", stay.discharged_at);
    object.text("discharged_from", stay.discharged_from);
    object.text("letter_clock", identity::name_of(stay.clock));
    time(object, "deadline", stay.deadline);
    if (stay.letter != 0) number(object, "letter", stay.letter);
    time(object, "letter_left_at", stay.letter_left_at);
    time(object, "alerted_at", stay.alerted_at);
  }
  return text;
}

std::string to_json(const identity::patient_file& file) {
  std::string text;
  {
    json_scope object(text, '{');
    number(object, "id", file.patient.id);
    object.text("told_by", file.patient.told_by_authority ? "identity-system" : "documents");
    traits(object, file.patient.person);
    identifiers(object, file.identifiers);
    {
      json_scope list(object.member("consents"), '[');
      for (const auto& choice : file.consents) list.element() += to_json(choice);
    }
    {
      json_scope list(object.member("stays"), '[');
      for (const auto& stay : file.stays) list.element() += to_json(stay);
    }
    json_scope list(object.member("messages"), '[');
    for (const auto& subject : file.messages) {
      json_scope item(list.element(), '{');
      number(item, "message", subject.message);
      if (subject.stay != 0) number(item, "stay", subject.stay);
      item.text("identity", identity::name_of(subject.outcome));
      item.text("code", identity::code_of(subject.outcome));
    }
  }
  return text;
}

}  // namespace liaison::admin
