// SPDX-License-Identifier: Apache-2.0
// Problems, allergies, procedures, requests, devices, visits, family history.
#include "entries.hpp"
#include "oids.hpp"
#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct pair_row {
  std::string_view from, to;
};

template <std::size_t Size>
std::string_view look_up(const std::array<pair_row, Size>& rows, std::string_view from,
                         std::string_view otherwise = {}) {
  for (const pair_row& row : rows) {
    if (row.from == from) {
      return row.to;
    }
  }
  return otherwise;
}

constexpr std::array<pair_row, 6> problem_statuses{{{"55561003", "active"},
                                                    {"73425007", "inactive"},
                                                    {"413322009", "resolved"},
                                                    {"246455001", "recurrence"},
                                                    {"263855007", "relapse"},
                                                    {"277022003", "remission"}}};
constexpr std::array<pair_row, 6> severities{{{"255604002", "mild"},
                                              {"6736007", "moderate"},
                                              {"24484000", "severe"},
                                              {"L", "mild"},
                                              {"M", "moderate"},
                                              {"H", "severe"}}};
constexpr std::array<pair_row, 3> criticalities{{{"CRITH", "high"}, {"CRITL", "low"}, {"CRITU", "unable-to-assess"}}};
constexpr std::array<pair_row, 9> allergy_categories{{{"DALG", "medication"},
                                                      {"DNAINT", "medication"},
                                                      {"DINT", "medication"},
                                                      {"FALG", "food"},
                                                      {"FNAINT", "food"},
                                                      {"FINT", "food"},
                                                      {"EALG", "environment"},
                                                      {"ENAINT", "environment"},
                                                      {"EINT", "environment"}}};
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

bool is_code(const xmlNode* observation, std::string_view code) {
  return attribute_text(child(observation, "code"), "code") == code;
}

void write_system_code(const resource_ref& to, const std::string& path, std::string_view system, const sourced& code) {
  to.set(path + "/coding/0/system", system);
  to.set(path + "/coding/0/code", code);
}

/// Clinical status: the status observation, else whether it has ended, else the concern's own state.
std::string clinical_status(const reading& r, const xmlNode* concern, const xmlNode* observation, sourced& said) {
  for (const xmlNode* found : linked(observation, "REFR", "observation")) {
    const sourced code = r.attribute(child(found, "value"), "code");
    const std::string_view mapped = look_up(problem_statuses, code.text);
    if (!mapped.empty()) {
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
      said = code;
      return std::string(mapped);
    }
  }
  const bool ended = !attribute_text(descend(observation, {"effectiveTime", "high"}), "value").empty();
  const sourced state = r.attribute(child(concern, "statusCode"), "code");
  said = state;
  return ended || state.text == "completed"                     ? "resolved"
         : state.text == "aborted" || state.text == "suspended" ? "inactive"
                                                                : "active";
}

bool may_have_ended(std::string_view status) {
  return status == "resolved" || status == "inactive" || status == "remission";
}

void write_onset(const reading& r, const xmlNode* time, const resource_ref& to) {
  if (!write_time(r, child(time, "low"), {to, "onsetDateTime"})) {
    write_time(r, time, {to, "onsetDateTime"});
  }
}

void write_asserter(reading& r, const xmlNode* concern, const xmlNode* observation, const resource_ref& to) {
  const xmlNode* source = child(observation, "author") != nullptr ? observation : concern;
  if (const resource_ref who = write_person(r, source, "author")) {
    to.set_reference("recorder", as_individual(r, who));
    write_time(r, child(child(source, "author"), "time"), {to, "recordedDate"});
  }
}

}  // namespace

resource_ref write_problem(reading& r, const xmlNode* concern, const xmlNode* observation) {
  const resource_ref to = r.pivot.add("Condition");
  r.structure(concern);
  r.structure(observation == nullptr ? nullptr : observation->parent);
  r.structure(observation);
  std::size_t ids = 0;
  for (const xmlNode* holder : {observation, concern}) {
    for (const xmlNode* id = child(holder, "id"); id != nullptr; id = next(id, "id")) {
      if (!attribute_text(id, "root").empty()) {
        write_identifier(r, id, spot{to, "identifier"} / ids++);
      }
    }
  }
  sourced said;
  const std::string status = clinical_status(r, concern, observation, said);
  said.text = status;
  write_system_code(to, "clinicalStatus", "http://terminology.hl7.org/CodeSystem/condition-clinical", said);
  if (is_negated(r, observation, {to, "verificationStatus"})) {
    write_system_code(to, "verificationStatus", "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                      sourced("refuted"));
  }
  write_concept(r, child(observation, "code"), {to, "category/0"});
  const xmlNode* value = child(observation, "value");
  if (!write_concept(r, value, {to, "code"})) {
    to.set("code/extension/0/url", absent_reason_url);
    to.set("code/extension/0/valueCode", "unknown");
  }
  write_concept(r, child(observation, "targetSiteCode"), {to, "bodySite/0"});
  to.set_reference("subject", r.patient);
  const xmlNode* time = child(observation, "effectiveTime");
  write_onset(r, time, to);
  if (may_have_ended(status)) {
    write_time(r, child(time, "high"), {to, "abatementDateTime"});
  }
  for (const xmlNode* found : linked(observation, "", "observation")) {
    if (is_code(found, "SEV")) {
      write_concept(r, child(found, "value"), {to, "severity"});
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
    }
  }
  r.ledger.envelope(child(observation, "statusCode"));
  r.ledger.envelope(child(concern, "effectiveTime"), "type");
  write_asserter(r, concern, observation, to);
  write_text_pointer(r, observation);
  write_text_pointer(r, concern);
  write_notes(r, observation, to);
  write_related(r, observation, to);
  return to;
}

namespace {

void write_reactions(const reading& r, const xmlNode* observation, const resource_ref& to) {
  std::size_t index = 0;
  for (const xmlNode* found : linked(observation, "MFST", "observation")) {
    const spot reaction = spot{to, "reaction"} / index;
    const xmlNode* value = child(found, "value");
    if (!write_concept(r, value, reaction / "manifestation/0")) {
      continue;
    }
    ++index;
    r.structure(found->parent);
    r.structure(found);
    r.ledger.envelope(found->parent, "inversionInd");
    r.ledger.envelope(child(found, "code"));
    r.ledger.envelope(child(found, "statusCode"));
    const xmlNode* time = child(found, "effectiveTime");
    if (!write_time(r, child(time, "low"), reaction / "onset")) {
      write_time(r, time, reaction / "onset");
    }
    for (const xmlNode* part : linked(found, "", "observation")) {
      sourced severity = r.attribute(child(part, "value"), "code");
      const std::string_view mapped = look_up(severities, severity.text);
      if (!mapped.empty()) {
        severity.text = mapped;
        (reaction / "severity").set(severity);
        r.structure(part->parent);
        r.structure(part);
        r.ledger.envelope(child(part, "code"));
      }
    }
  }
}

void write_allergy_kind(const reading& r, const xmlNode* observation, const resource_ref& to) {
  const xmlNode* code = child(observation, "code");
  sourced kind = r.attribute(code, "code");
  const std::string source = kind.text;
  const std::string_view category = look_up(allergy_categories, source);
  if (!category.empty()) {
    kind.text = category;
    to.set("category/0", kind);
    to.set("type", source.ends_with("ALG") ? "allergy" : "intolerance");
    for (const char* name : {"displayName", "codeSystem", "codeSystemName"}) {
      to.carry("category/0", r.attribute(code, name));
    }
  } else if (source == "ALG" || source == "OINT" || source == "NAINT") {
    kind.text = source == "ALG" ? "allergy" : "intolerance";
    to.set("type", kind);
    for (const char* name : {"displayName", "codeSystem", "codeSystemName"}) {
      to.carry("type", r.attribute(code, name));
    }
  } else if (!source.empty()) {
    const spot extension = spot{to, "extension"}.next();
    if (write_concept(r, code, extension / "valueCodeableConcept")) {
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "allergy-kind");
    }
  }
}

}  // namespace

resource_ref write_allergy(reading& r, const xmlNode* concern, const xmlNode* observation) {
  const resource_ref to = r.pivot.add("AllergyIntolerance");
  r.structure(concern);
  r.structure(observation->parent);
  r.structure(observation);
  std::size_t ids = 0;
  for (const xmlNode* holder : {observation, concern}) {
    for (const xmlNode* id = child(holder, "id"); id != nullptr; id = next(id, "id")) {
      if (!attribute_text(id, "root").empty()) {
        write_identifier(r, id, spot{to, "identifier"} / ids++);
      }
    }
  }
  sourced said;
  std::string status = clinical_status(r, concern, observation, said);
  status = may_have_ended(status) ? (status == "resolved" ? "resolved" : "inactive") : "active";
  said.text = status;
  write_system_code(to, "clinicalStatus", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", said);
  if (is_negated(r, observation, {to, "verificationStatus"})) {
    write_system_code(to, "verificationStatus", "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                      sourced("refuted"));
  }
  write_allergy_kind(r, observation, to);
  const xmlNode* participant = child(observation, "participant");
  const xmlNode* agent = descend(participant, {"participantRole", "playingEntity"});
  r.structure(participant);
  r.structure(child(participant, "participantRole"));
  r.structure(agent);
  const xmlNode* value = child(observation, "value");
  bool named = write_concept(r, child(agent, "code"), {to, "code"});
  const sourced name = r.text(child(agent, "name"));
  if (!name.empty()) {
    to.has("code/text") ? (spot{to, "code/coding"}.next() / "display").set(name) : to.set("code/text", name);
    named = true;
  }
  if (!named) {
    named = write_concept(r, value, {to, "code"});
  } else if (value != nullptr) {
    const spot extension = spot{to, "extension"}.next();
    if (write_concept(r, value, extension / "valueCodeableConcept")) {
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "allergy-finding");
    }
  }
  if (!named) {
    to.set("code/extension/0/url", absent_reason_url);
    to.set("code/extension/0/valueCode", "unknown");
  }
  to.set_reference("patient", r.patient);
  write_onset(r, child(observation, "effectiveTime"), to);
  for (const xmlNode* found : linked(observation, "", "observation")) {
    sourced level = r.attribute(child(found, "value"), "code");
    const std::string_view mapped = look_up(criticalities, level.text);
    if (!mapped.empty()) {
      level.text = mapped;
      to.set("criticality", level);
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
    }
  }
  write_reactions(r, observation, to);
  r.ledger.envelope(child(observation, "statusCode"));
  write_asserter(r, concern, observation, to);
  write_text_pointer(r, observation);
  write_text_pointer(r, concern);
  write_notes(r, observation, to);
  write_related(r, observation, to);
  return to;
}

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
  for (const char* name : {"targetSiteCode", "approachSiteCode"}) {
    for (const xmlNode* site = child(act, name); site != nullptr; site = next(site, name)) {
      index += write_concept(r, site, spot{to, "bodySite"} / index) ? 1U : 0U;
    }
  }
  index = 0;
  for (const xmlNode* person = child(act, "performer"); person != nullptr; person = next(person, "performer")) {
    r.structure(person);
    if (const resource_ref who = write_entity_of(r, person)) {
      to.set_reference("performer/" + std::to_string(index++) + "/actor", who);
    }
  }
  index = 0;
  for (const xmlNode* reason : linked(act, "RSON", "observation")) {
    r.structure(reason->parent);
    r.structure(reason);
    index += write_concept(r, child(reason, "value"), spot{to, "reasonCode"} / index) ? 1U : 0U;
  }
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
    }
  }
  write_quantity(r, child(act, "quantity"), {to, "quantityQuantity"});
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
