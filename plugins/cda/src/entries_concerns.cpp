// SPDX-License-Identifier: Apache-2.0
// Problems and allergies, with the concern around them.
#include "entries.hpp"
#include "lookup.hpp"
#include "oids.hpp"
#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

constexpr std::array<pair_row, 12> problem_statuses{{{"55561003", "active"},
                                                     {"active", "active"},
                                                     {"inactive", "inactive"},
                                                     {"resolved", "resolved"},
                                                     {"recurrence", "recurrence"},
                                                     {"relapse", "relapse"},
                                                     {"remission", "remission"},
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
constexpr std::array<pair_row, 6> criticalities{{{"CRITH", "high"},
                                                 {"CRITL", "low"},
                                                 {"CRITU", "unable-to-assess"},
                                                 {"high", "high"},
                                                 {"low", "low"},
                                                 {"unable-to-assess", "unable-to-assess"}}};
constexpr std::array<pair_row, 9> allergy_categories{{{"DALG", "medication"},
                                                      {"DNAINT", "medication"},
                                                      {"DINT", "medication"},
                                                      {"FALG", "food"},
                                                      {"FNAINT", "food"},
                                                      {"FINT", "food"},
                                                      {"EALG", "environment"},
                                                      {"ENAINT", "environment"},
                                                      {"EINT", "environment"}}};
bool is_code(const xmlNode* observation, std::string_view code) {
  return attribute_text(child(observation, "code"), "code") == code;
}

void write_system_code(const resource_ref& to, const std::string& path, std::string_view system, const sourced& code) {
  to.set(path + "/coding/0/system", system);
  to.set(path + "/coding/0/code", code);
}

/// id, status and times of the act around an observation: extension `concern`.
void write_concern(const reading& r, const xmlNode* concern, const resource_ref& to) {
  if (concern == nullptr) {
    return;
  }
  const spot extension = spot{to, "extension"}.next();
  std::size_t parts = 0;
  const auto part = [&](const char* name) {
    const spot place = extension / ("extension/" + std::to_string(parts++));
    place.ref.set(place.path + "/url", name);
    return place;
  };
  const xmlNode* id = child(concern, "id");
  if (!attribute_text(id, "root").empty()) {
    write_identifier(r, id, part("identifier") / "valueIdentifier");
  }
  const sourced status = r.attribute(child(concern, "statusCode"), "code");
  if (!status.empty()) {
    (part("status") / "valueCode").set(status);
  }
  const xmlNode* time = child(concern, "effectiveTime");
  if (!attribute_text(child(time, "low"), "value").empty() || !attribute_text(child(time, "high"), "value").empty()) {
    write_period(r, time, part("period") / "valuePeriod");
  }
  if (parts > 0) {
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "concern");
  }
}

/// How certain it is (66455-7), where the source says so in FHIR's own words.
void write_certainty(const reading& r, const xmlNode* observation, const resource_ref& to, std::string_view system) {
  for (const xmlNode* found : linked(observation, "", "observation")) {
    const sourced code = r.attribute(child(found, "value"), "code");
    const bool known = code.text == "confirmed" || code.text == "unconfirmed" || code.text == "provisional" ||
                       code.text == "differential" || code.text == "refuted";
    if (!is_code(found, "66455-7") || !known || to.has("verificationStatus")) {
      continue;
    }
    to.set("verificationStatus/coding/0/system", system);
    to.set("verificationStatus/coding/0/code", code);
    for (const char* name : {"displayName", "codeSystem", "codeSystemName"}) {
      to.carry("verificationStatus", r.attribute(child(found, "value"), name));
    }
    r.structure(found->parent);
    r.structure(found);
    r.ledger.envelope(child(found, "code"));
    r.ledger.envelope(child(found, "statusCode"));
  }
}

/// Clinical status: the status observation, else whether it has ended, else the concern's own state.
std::string clinical_status(const reading& r, const xmlNode* concern, const xmlNode* observation, sourced& said,
                            const xmlNode*& own) {
  for (const xmlNode* found : linked(observation, "REFR", "observation")) {
    const sourced code = r.attribute(child(found, "value"), "code");
    const std::string_view mapped = look_up(problem_statuses, code.text);
    if (!mapped.empty()) {
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
      r.ledger.envelope(child(found, "statusCode"));
      write_text_pointer(r, found);
      own = child(found, "value");
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
  write_identifiers(r, observation, {to, "identifier"});
  write_concern(r, concern, to);
  sourced said;
  const xmlNode* own = nullptr;
  const std::string status = clinical_status(r, concern, observation, said, own);
  said.text = status;
  write_system_code(to, "clinicalStatus", "http://terminology.hl7.org/CodeSystem/condition-clinical", said);
  write_coding(r, own, {to, "clinicalStatus/coding/1"});
  if (is_negated(r, observation, {to, "verificationStatus"})) {
    write_system_code(to, "verificationStatus", "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                      sourced("refuted"));
  }
  write_certainty(r, observation, to, "http://terminology.hl7.org/CodeSystem/condition-ver-status");
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
  write_identifiers(r, observation, {to, "identifier"});
  write_concern(r, concern, to);
  sourced said;
  const xmlNode* own = nullptr;
  std::string status = clinical_status(r, concern, observation, said, own);
  status = may_have_ended(status) ? (status == "resolved" ? "resolved" : "inactive") : "active";
  said.text = status;
  write_system_code(to, "clinicalStatus", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", said);
  write_coding(r, own, {to, "clinicalStatus/coding/1"});
  if (is_negated(r, observation, {to, "verificationStatus"})) {
    write_system_code(to, "verificationStatus", "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                      sourced("refuted"));
  }
  write_certainty(r, observation, to, "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification");
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
    write_second_name(r, agent, name, {to, "code"});
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

}  // namespace liaison::cda
