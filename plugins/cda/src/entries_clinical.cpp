// SPDX-License-Identifier: Apache-2.0
// Procedures, requests, goals, devices, visits, family history.
#include "entries.hpp"
#include "facts_reader.hpp"
#include "lookup.hpp"
#include "oids.hpp"
#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

constexpr std::array<pair_row, 5> procedure_statuses{{{"completed", "completed"},
                                                      {"active", "in-progress"},
                                                      {"aborted", "stopped"},
                                                      {"cancelled", "not-done"},
                                                      {"suspended", "on-hold"}}};
constexpr std::array<pair_row, 5> request_statuses{{{"completed", "completed"},
                                                    {"active", "active"},
                                                    {"aborted", "revoked"},
                                                    {"cancelled", "revoked"},
                                                    {"suspended", "on-hold"}}};

}  // namespace

resource_ref write_procedure(reading& r, const xmlNode* act) {
  const resource_ref to = r.pivot.add("Procedure");
  r.structure(act);
  write_identifiers(r, act, {to, "identifier"});
  sourced status = r.attribute(child(act, "statusCode"), "code");
  status.text = is_negated(r, act, {to, "status"}) ? "not-done" : look_up(procedure_statuses, status.text, "unknown");
  to.set("status", status);
  write_required_concept(r, child(act, "code"), {to, "code"});
  to.set_reference("subject", r.patient);
  write_effective(r, child(act, "effectiveTime"), to, "performed");
  std::size_t index = 0;
  for (const xmlNode* site = child(act, "targetSiteCode"); site != nullptr; site = next(site, "targetSiteCode")) {
    index += write_concept(r, site, spot{to, "bodySite"} / index) ? 1U : 0U;
  }
  write_code_extension(r, child(act, "approachSiteCode"), to, "approach-site");
  index = 0;
  for (const xmlNode* person = child(act, "performer"); person != nullptr; person = next(person, "performer")) {
    r.structure(person);
    if (const resource_ref who = write_entity_of(r, person)) {
      to.set_reference("performer/" + std::to_string(index++) + "/actor", who);
    }
  }
  write_other_people(r, act, to, {"author", "informant"});
  write_reasons(r, act, to);
  write_code_extension(r, child(act, "priorityCode"), to, "priority-code");
  write_code_extension(r, child(act, "methodCode"), to, "method");
  write_text_pointer(r, act);
  write_notes(r, act, to);
  write_related(r, act, to);
  return to;
}

resource_ref write_request(reading& r, const xmlNode* act) {
  const resource_ref to = r.pivot.add("ServiceRequest");
  r.structure(act);
  write_identifiers(r, act, {to, "identifier"});
  sourced status = r.attribute(child(act, "statusCode"), "code");
  status.text = look_up(request_statuses, status.text, "unknown");
  to.set("status", status);
  const std::string mood = attribute_text(act, "moodCode");
  to.set("intent", mood == "PRP" ? "proposal" : mood == "RQO" ? "order" : "plan");
  write_mood(r, act, to, {"PRP", "RQO", "INT"});
  if (const std::string kind = attribute_text(act, "classCode"); !is_named(act, "procedure") && !kind.empty()) {
    const spot extension = spot{to, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "act-class");
    extension.ref.set(extension.path + "/valueCode", kind);
  }
  if (is_negated(r, act, {to, "doNotPerform"})) {
    to.set_bool("doNotPerform", true);
  }
  const xmlNode* code = child(act, "code");
  if (code == nullptr) {
    code = descend(act, {"product", "manufacturedProduct", "manufacturedMaterial", "code"});
  }
  write_required_concept(r, code, {to, "code"});
  to.set_reference("subject", r.patient);
  write_effective(r, child(act, "effectiveTime"), to, "occurrence");
  std::size_t index = 0;
  for (const xmlNode* site = child(act, "targetSiteCode"); site != nullptr; site = next(site, "targetSiteCode")) {
    index += write_concept(r, site, spot{to, "bodySite"} / index) ? 1U : 0U;
  }
  if (const xmlNode* value = child(act, "value")) {
    if (value_type(value) == "CD" || value_type(value) == "CE") {
      write_concept(r, value, {to, "orderDetail/0"});
    } else if (const sourced text = r.text(value); !text.empty()) {
      to.set("orderDetail/0/text", text);
    }
  }
  write_quantity(r, child(act, "quantity"), {to, "quantityQuantity"});
  write_code_extension(r, child(act, "priorityCode"), to, "priority-code");
  write_reasons(r, act, to);
  if (const resource_ref who = write_person(r, act, "author")) {
    to.set_reference("requester", who);
    write_time(r, child(child(act, "author"), "time"), {to, "authoredOn"});
  }
  if (const resource_ref who = write_person(r, act, "performer")) {
    to.set_reference("performer/0", who);
  }
  write_text_pointer(r, act);
  write_notes(r, act, to);
  write_related(r, act, to);
  return to;
}

/// Observation in mood GOL.
resource_ref write_goal(reading& r, const xmlNode* observation) {
  const resource_ref to = r.pivot.add("Goal");
  r.structure(observation);
  write_identifiers(r, observation, {to, "identifier"});
  sourced status = r.attribute(child(observation, "statusCode"), "code");
  status.text = status.text == "completed" ? "completed" : status.text == "cancelled" ? "cancelled" : "active";
  to.set("lifecycleStatus", status);
  const xmlNode* code = child(observation, "code");
  write_required_concept(r, code, {to, "description"});
  to.set_reference("subject", r.patient);
  const xmlNode* time = child(observation, "effectiveTime");
  if (child(time, "low") != nullptr || child(time, "high") != nullptr) {
    write_date(r, child(time, "low"), {to, "startDate"});
    write_date(r, child(time, "high"), {to, "target/0/dueDate"});
  } else {
    write_date(r, time, {to, "target/0/dueDate"});
  }
  const xmlNode* value = child(observation, "value");
  const std::string type = value_type(value);
  bool said = false;
  if (type == "PQ") {
    said = write_quantity(r, value, {to, "target/0/detailQuantity"});
  } else if (type == "CD" || type == "CE") {
    said = write_concept(r, value, {to, "target/0/detailCodeableConcept"});
  } else if (const sourced text = r.text(value); !text.empty()) {
    to.set("target/0/detailString", text);
    said = true;
  }
  if (said) {  // gol-1: a detail has a measure
    to.set("target/0/measure/text", result_label(r.ids, observation));
  }
  write_text_pointer(r, observation);
  write_notes(r, observation, to);
  write_related(r, observation, to);
  return to;
}

resource_ref write_device_use(reading& r, const xmlNode* supply) {
  const resource_ref to = r.pivot.add("DeviceUseStatement");
  const resource_ref device = r.pivot.add("Device");
  r.structure(supply);
  write_identifiers(r, supply, {to, "identifier"});
  sourced status = r.attribute(child(supply, "statusCode"), "code");
  status.text = status.text == "completed" ? "completed" : status.text == "aborted" ? "stopped" : "active";
  if (attribute_text(supply, "negationInd") == "true") {  // FHIR R4 has no "not used"
    to.set("modifierExtension/0/url", std::string(extension_base) + "negated");
    to.set_bool("modifierExtension/0/valueBoolean", true);
    is_negated(r, supply, {to, "modifierExtension/0/valueBoolean"});
  } else {
    r.ledger.envelope(supply, "negationInd");
  }
  to.set("status", status);
  to.set_reference("subject", r.patient);
  to.set_reference("device", device);
  const xmlNode* time = child(supply, "effectiveTime");
  if (child(time, "low") != nullptr || child(time, "high") != nullptr) {
    write_period(r, time, {to, "timingPeriod"});
  } else {
    write_time(r, time, {to, "timingDateTime"});
  }
  const xmlNode* participant = child(supply, "participant");
  const xmlNode* role = child(participant, "participantRole");
  const xmlNode* played = child(role, "playingDevice");
  const xmlNode* material = descend(supply, {"product", "manufacturedProduct", "manufacturedMaterial"});
  for (const xmlNode* node : {participant, role, played, child(supply, "product"),
                              descend(supply, {"product", "manufacturedProduct"}), material}) {
    r.structure(node);
  }
  write_identifiers(r, role, {device, "identifier"});
  if (!write_concept(r, child(played, "code"), {device, "type"})) {
    if (!write_concept(r, child(material, "code"), {device, "type"})) {
      write_concept(r, child(supply, "code"), {device, "type"});
    }
  }
  const sourced name = r.text(child(material, "name"));
  const sourced model = r.text(child(played, "manufacturerModelName"));
  const sourced& label = name.empty() ? model : name;
  if (!label.empty()) {
    device.set("deviceName/0/name", label);
    device.set("deviceName/0/type", name.empty() ? "model-name" : "user-friendly-name");
  }
  device.set("lotNumber", r.text(child(material, "lotNumberText")));
  device.set_reference("patient", r.patient);
  if (const resource_ref who = write_person(r, supply, "author")) {
    to.set_reference("source", as_individual(r, who));
    write_time(r, child(child(supply, "author"), "time"), {to, "recordedOn"});
  }
  write_text_pointer(r, supply);
  write_notes(r, supply, to);
  write_related(r, supply, to);
  return to;
}

resource_ref write_visit(reading& r, const xmlNode* encounter) {
  const resource_ref to = r.pivot.add("Encounter");
  r.structure(encounter);
  write_identifiers(r, encounter, {to, "identifier"});
  const bool past = attribute_text(encounter, "moodCode") == "EVN";
  to.set("status", past ? "finished" : "planned");
  write_mood(r, encounter, to, {"EVN", "INT"});
  write_concept(r, child(encounter, "priorityCode"), {to, "priority"});
  const xmlNode* code = child(encounter, "code");
  const bool act_code = attribute_text(code, "codeSystem") == "2.16.840.1.113883.5.4";
  if (act_code) {
    write_coding(r, code, {to, "class"});
  } else {
    to.set("class/extension/0/url", absent_reason_url);
    to.set("class/extension/0/valueCode", "unknown");
    write_concept(r, code, {to, "type/0"});
  }
  to.set_reference("subject", r.patient);
  const xmlNode* time = child(encounter, "effectiveTime");
  if (time != nullptr) {
    write_period(r, time, {to, "period"});
  }
  std::size_t index = 0;
  for (const xmlNode* person = child(encounter, "performer"); person != nullptr; person = next(person, "performer")) {
    r.structure(person);
    if (const resource_ref who = write_entity_of(r, person)) {
      to.set_reference("participant/" + std::to_string(index++) + "/individual", as_individual(r, who));
    }
  }
  write_other_people(r, encounter, to, {"author", "informant"});
  write_text_pointer(r, encounter);
  write_related(r, encounter, to);
  return to;
}

resource_ref write_family_member(reading& r, const xmlNode* organizer) {
  const resource_ref to = r.pivot.add("FamilyMemberHistory");
  const xmlNode* subject = child(organizer, "subject");
  const xmlNode* relative = child(subject, "relatedSubject");
  const xmlNode* person = child(relative, "subject");
  for (const xmlNode* node : {organizer, subject, relative, person}) {
    r.structure(node);
  }
  write_identifiers(r, organizer, {to, "identifier"});
  sourced status = r.attribute(child(organizer, "statusCode"), "code");
  status.text = status.text == "completed" || status.text.empty() ? "completed" : "partial";
  to.set("status", status);
  to.set_reference("patient", r.patient);
  write_required_concept(r, child(relative, "code"), {to, "relationship"});
  std::string name;
  for (const xmlNode* part : elements(child(person, "name"))) {
    const sourced text = r.text(part);
    name += (name.empty() || text.empty() ? "" : " ") + text.text;
  }
  if (!name.empty()) {
    to.set("name", name);
    for (const xmlNode* part : elements(child(person, "name"))) {
      to.carry("name", r.text(part));
    }
  }
  write_date(r, child(person, "birthTime"), {to, "bornDate"});
  std::size_t index = 0;
  for (const xmlNode* component = child(organizer, "component"); component != nullptr;
       component = next(component, "component")) {
    const xmlNode* observation = child(component, "observation");
    r.structure(component);
    const spot condition = spot{to, "condition"} / index;
    if (observation != nullptr && write_concept(r, child(observation, "value"), condition / "code")) {
      r.structure(observation);
      r.ledger.envelope(child(observation, "statusCode"));
      const xmlNode* time = child(observation, "effectiveTime");
      sourced onset = r.attribute(child(time, "low") != nullptr ? child(time, "low") : time, "value");
      if (!onset.empty()) {
        (condition / "onsetString").set(onset);
      }
      write_text_pointer(r, observation);
      ++index;
    }
  }
  return to;
}

}  // namespace liaison::cda
