// SPDX-License-Identifier: Apache-2.0
#include "core/identity/observation.hpp"

#include "core/identity/matricule.hpp"

#include <algorithm>

namespace liaison::identity {

namespace {

using facts::identifier_kind;

constexpr std::size_t consents_max = 32;   ///< of one message
constexpr std::size_t merges_max = 16;
constexpr std::size_t identifiers_max = 32;  ///< of one patient
constexpr std::size_t text_size_max = 256;   ///< of a value that is kept: longer ones are no identifier

bool contains(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool is_kept(const facts::identifier& id) {
  return !id.value.empty() && id.value.size() <= text_size_max && id.system.size() <= text_size_max;
}

void scope(facts::identifier& id, const std::string& source) {
  if (is_ins(id.kind)) id.system = ins_system_of(id.kind);
  if (id.system.empty()) id.system = "endpoint:" + source;
}

void scope(std::vector<facts::identifier>& ids, const std::string& source) {
  std::erase_if(ids, [](const auto& id) { return !is_kept(id); });
  if (ids.size() > identifiers_max) ids.resize(identifiers_max);
  for (auto& id : ids) scope(id, source);
}

/// "ADT^A13" → "A13".
std::string_view trigger_of(const facts::event& event) {
  const std::string_view code = event.code;
  return code.starts_with("ADT^") ? code.substr(4) : std::string_view();
}

/// A correction (Z99) says by `of` and `action` which event it changes.
stay_event event_of(const facts::event& event) {
  std::string_view what = trigger_of(event);
  if (what.empty()) return stay_event::none;
  bool is_cancelled = event.action == "cancel";
  if (what.starts_with("Z") && !event.of.empty()) what = event.of;
  if (what == "A11" || what == "A13") {
    is_cancelled = true;
    what = what == "A11" ? "A01" : "A03";
  }
  if (what == "A03") return is_cancelled ? stay_event::cancelled_discharge : stay_event::discharge;
  if (what == "A01" || what == "A04") return is_cancelled ? stay_event::cancelled_admission : stay_event::admission;
  return stay_event::none;
}

stay_told stay_of(const model::message_facts& facts, const std::string& source, unix_ms at, const letter_rule& rule) {
  stay_told told;
  const auto& ids = facts.patients.front().identifiers;
  const auto number = std::find_if(ids.begin(), ids.end(), [](const auto& id) { return id.kind == identifier_kind::stay; });
  if (number == ids.end() || !is_kept(*number)) return told;
  facts::identifier id = *number;
  scope(id, source);
  told.system = std::move(id.system);
  told.value = std::move(id.value);
  told.event = event_of(facts.event);
  told.patient_class = facts.encounter.patient_class.substr(0, 8);
  const time_zone zone{rule.zone};
  told.admitted_at = time_from_fhir(facts.encounter.start, zone).value_or(0);
  if (told.event == stay_event::admission && told.admitted_at == 0) told.admitted_at = at;
  if (told.event != stay_event::discharge) return told;
  told.discharged_at = time_from_fhir(facts.encounter.end, zone).value_or(at);
  told.discharged_from = facts.encounter.end_from.empty() ? facts.event.time_from : facts.encounter.end_from;
  if (rule.is_watched && !contains(rule.classes_excluded, told.patient_class))
    told.deadline = deadline_of(told.discharged_at, rule);
  return told;
}

std::vector<consent> consents_of(const model::message_facts& facts, const letter_rule& rule) {
  std::vector<consent> found;
  for (const auto& told : facts.consents) {
    const auto answer = answer_named(told.value);
    if (told.patient != 0 || !answer || !is_consent_kind(told.kind) || found.size() >= consents_max) continue;
    consent one;
    one.kind = told.kind;
    one.answer = *answer;
    one.since = time_from_fhir(told.date, {rule.zone}).value_or(0);  // 0: the index takes the moment of the message
    one.source = told.source.substr(0, text_size_max);
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace

unix_ms deadline_of(unix_ms discharged_at, const letter_rule& rule) {
  return std::max(local_moment(discharged_at, rule.minute_of_day, {rule.zone}), discharged_at + rule.after_ms_min);
}

std::vector<facts::identifier> keys_of(const facts::patient& patient) {
  std::vector<facts::identifier> keys;
  const bool is_qualified = patient.identity_status == facts::identity_status::qualified;
  for (const auto& id : patient.identifiers) {
    const bool is_local = id.kind == identifier_kind::ipp && !id.value.empty();
    if (is_local || (is_ins(id.kind) && is_qualified && ins_key_is_right(id.value))) keys.push_back(id);
  }
  return keys;
}

observation observe(model::message_facts&& facts, const std::string& source, unix_ms received_at, const letter_rule& rule) {
  observation told;
  told.is_event = !trigger_of(facts.event).empty();
  // One message about many people (a batch of results) says nothing about whose message it is.
  if (facts.patients.empty() || (facts.patients.size() > 1 && facts.merges.empty())) return told;
  told.is_document = !facts.document.type.code.empty() && !told.is_event;
  told.is_letter = contains(rule.types, facts.document.type.code) && facts.document.status != "deleted" &&
                   facts.document.status != "cancelled";
  const std::string& when = told.is_event ? facts.event.time : facts.document.created;
  told.at = time_from_fhir(when, {rule.zone}).value_or(received_at);
  told.consents = consents_of(facts, rule);
  told.stay = stay_of(facts, source, told.at, rule);
  told.patients = std::move(facts.patients);
  for (auto& patient : told.patients) scope(patient.identifiers, source);
  told.merges = std::move(facts.merges);
  if (told.merges.size() > merges_max) told.merges.resize(merges_max);
  for (auto& merge : told.merges) {
    scope(merge.prior, source);
    scope(merge.prior_stays, source);
  }
  return told;
}

}  // namespace liaison::identity
