// SPDX-License-Identifier: Apache-2.0
#include "core/identity/patient_index.hpp"

#include "core/identity/matricule.hpp"
#include "core/identity/stay_rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace liaison::identity {

namespace {

using facts::identifier_kind;

constexpr int joins_max = 64;              ///< in a row, so that a damaged table ends
constexpr std::size_t together_max = 256;  ///< patients joined into one
constexpr unix_ms letter_distance_ms = 24LL * 3600 * 1000;

/// What a message leaves out stays as it was told before.
facts::patient learned(const facts::patient& known, const facts::patient& told) {
  facts::patient merged = told;
  const auto keep = [](std::string& into, const std::string& from) {
    if (into.empty()) into = from;
  };
  keep(merged.family, known.family);
  keep(merged.birth_family, known.birth_family);
  keep(merged.birth_date, known.birth_date);
  keep(merged.birth_place_code, known.birth_place_code);
  if (merged.given.empty()) merged.given = known.given;
  if (merged.sex == facts::sex::unstated) merged.sex = known.sex;
  if (merged.identity_status == facts::identity_status::unknown) merged.identity_status = known.identity_status;
  return merged;
}

bool same_person(const facts::patient& a, const facts::patient& b) {
  return a.family == b.family && a.birth_family == b.birth_family && a.given == b.given &&
         a.birth_date == b.birth_date && a.sex == b.sex && a.birth_place_code == b.birth_place_code &&
         a.identity_status == b.identity_status && a.identity_flags == b.identity_flags;
}

bool has_ins(const facts::patient& patient) {
  return std::any_of(patient.identifiers.begin(), patient.identifiers.end(), [](const auto& id) { return is_ins(id.kind); });
}

/// An organisation that numbers both.
bool share_an_organisation(const facts::patient& a, const facts::patient& b) {
  for (const auto& left : a.identifiers)
    for (const auto& right : b.identifiers)
      if (left.kind == identifier_kind::ipp && right.kind == identifier_kind::ipp && left.system == right.system &&
          left.value != right.value)
        return true;
  return false;
}

}  // namespace

struct patient_index::found {
  struct key {
    facts::identifier id;
    std::optional<identifier_row> row;
  };
  std::vector<key> keys;
  patient_id by_number = 0, by_ins = 0;
};

patient_id patient_index::root_of(patient_id patient) {
  for (int i = 0; i < joins_max; ++i) {
    const auto row = table_.patient(patient);
    if (!row || row->joined == 0) return patient;
    patient = row->joined;
  }
  return patient;
}

std::vector<patient_id> patient_index::everyone_joined_to(patient_id root) {
  std::vector<patient_id> all{root};
  for (std::size_t at = 0; at < all.size() && all.size() < together_max; ++at)
    for (const patient_id joined : table_.joined_to(all[at])) all.push_back(joined);
  return all;
}

std::vector<identifier_row> patient_index::identifiers_of_all(patient_id root) {
  std::vector<identifier_row> rows;
  for (const patient_id each : everyone_joined_to(root))
    for (auto& row : table_.identifiers_of(each)) rows.push_back(std::move(row));
  return rows;
}

std::optional<patient_row> patient_index::known(patient_id root) {
  auto row = table_.patient(root);
  if (!row) return std::nullopt;
  for (auto& each : identifiers_of_all(root))
    if (!each.is_former) row->person.identifiers.push_back(std::move(each.id));
  return row;
}

patient_index::found patient_index::look_for(const facts::patient& told) {
  found f;
  for (auto& id : keys_of(told)) {
    found::key key{std::move(id), std::nullopt};
    key.row = table_.find_identifier(key.id.system, key.id.value);
    if (key.row) {
      patient_id& by = is_ins(key.id.kind) ? f.by_ins : f.by_number;
      if (by == 0) by = root_of(key.row->patient);
    }
    f.keys.push_back(std::move(key));
  }
  return f;
}

patient_id patient_index::add(const observation& told, const facts::patient& who, model::message_id message) {
  patient_row row;
  row.told_by_authority = told.is_event;
  row.told_by = message;
  row.person = who;
  return table_.add(row);
}

/// The patient that this one of the message's patients is; made when there is none. 0: no key.
patient_id patient_index::resolve(const observation& told, const facts::patient& who, model::message_id message,
                                  reconciliation* outcome) {
  const found f = look_for(who);
  if (f.keys.empty()) {
    if (outcome && told.is_document) *outcome = reconcile({who});
    return 0;
  }
  const bool has_number = std::any_of(f.keys.begin(), f.keys.end(), [](const auto& key) { return !is_ins(key.id.kind); });
  patient_id patient = f.by_number != 0 ? f.by_number : f.by_ins;
  auto here = patient != 0 ? known(patient) : std::nullopt;
  const bool is_marked = stops_matching(who.identity_flags) || (here && stops_matching(here->person.identity_flags));
  bool is_twice = false;
  if (f.by_number != 0 && f.by_ins != 0 && f.by_number != f.by_ins) {
    const auto other = known(f.by_ins);
    is_twice = other && here && share_an_organisation(here->person, other->person);
    const bool may_join = other && here && !is_twice && !is_marked && !stops_matching(other->person.identity_flags) &&
                          !has_ins(here->person) && compare_identities(other->person, who) == likeness::exact;
    if (may_join) {
      patient = std::min(f.by_number, f.by_ins);
      join(std::max(f.by_number, f.by_ins), patient, true);
      here = known(patient);
    }
  } else if (f.by_number == 0 && f.by_ins != 0 && has_number) {
    is_twice = here && share_an_organisation(here->person, who);
    const bool is_same = here && !is_marked && !is_twice && compare_identities(here->person, who) == likeness::exact;
    if (!is_same) patient = 0;  // A local number of its own; the INS goes on leading to whom it led to.
  }
  if (outcome && told.is_document) *outcome = reconcile({who, here ? &here->person : nullptr, is_twice, is_marked});
  if (patient == 0) patient = add(told, who, message);
  else if (here) learn(patient, told, who, message);
  for (const auto& key : f.keys) {
    if (key.row) continue;
    const bool decides = told.is_event || !here || !here->told_by_authority;
    if (is_ins(key.id.kind) && (!decides || (!told.is_event && here && has_ins(here->person)))) continue;
    table_.put(identifier_row{key.id, patient, false});
  }
  if (told.is_event) learn_keys(patient, told, who);
  return patient;
}

void patient_index::learn(patient_id patient, const observation& told, const facts::patient& who,
                          model::message_id message) {
  auto row = table_.patient(patient);
  if (!row) return;
  if (!told.is_event) {
    // Documents complete what only documents told, once: with a qualified identity and all its traits.
    const bool is_better = who.identity_status == facts::identity_status::qualified && missing_traits(who).empty() &&
                           row->person.identity_status != facts::identity_status::qualified;
    if (row->told_by_authority || !is_better) return;
  } else if (row->told_by_authority && message < row->told_by) {
    return;
  }
  auto person = learned(row->person, who);
  if (same_person(person, row->person) && (row->told_by_authority || !told.is_event)) return;
  row->person = std::move(person);
  row->told_by = message;
  row->told_by_authority = row->told_by_authority || told.is_event;
  table_.put(*row);
}

/// The INS that an event names takes the place of the one before, which still finds the patient.
void patient_index::learn_keys(patient_id patient, const observation& told, const facts::patient& who) {
  const auto keys = keys_of(who);
  const auto ins = std::find_if(keys.begin(), keys.end(), [](const auto& id) { return is_ins(id.kind); });
  if (!told.is_event || ins == keys.end()) return;
  for (auto& row : identifiers_of_all(patient)) {
    const bool is_this = row.id.system == ins->system && row.id.value == ins->value;
    if (!is_ins(row.id.kind) || row.is_former == !is_this) continue;
    row.is_former = !is_this;
    table_.put(row);
  }
}

void patient_index::join(patient_id from, patient_id into, bool is_link) {
  from = root_of(from);
  into = root_of(into);
  if (from == into) return;
  auto row = table_.patient(from);
  if (!row) return;
  row->joined = into;
  row->is_link = is_link;
  table_.put(*row);
}

void patient_index::apply(const facts::merge& what, const observation& told, patient_id first,
                          model::message_id message) {
  if (what.action == "unlink") return unlink(what, told, first);
  patient_id kept = first;
  if (what.patient != 0 && what.patient < told.patients.size())
    kept = resolve(told, told.patients[what.patient], message, nullptr);
  if (kept == 0) return;
  const bool is_link = what.action == "link";
  if (what.prior_patient && *what.prior_patient < told.patients.size() && *what.prior_patient != what.patient) {
    const patient_id prior = resolve(told, told.patients[*what.prior_patient], message, nullptr);
    if (prior != 0) join(prior, kept, is_link);
  }
  if (what.action != "move")
    for (const auto& id : what.prior) {
      if (id.kind != identifier_kind::ipp && !is_ins(id.kind)) continue;
      auto row = table_.find_identifier(id.system, id.value);
      if (!row) row = identifier_row{id, kept, !is_link};
      else join(row->patient, kept, is_link);
      row->is_former = row->is_former || !is_link;
      table_.put(*row);
    }
  for (const auto& id : what.prior_stays) {
    auto stay = table_.find_stay(id.system, id.value);
    if (!stay || stay->patient == kept) continue;
    stay->patient = kept;
    table_.put(*stay);
  }
}

void patient_index::unlink(const facts::merge& what, const observation& told, patient_id kept) {
  std::vector<facts::identifier> ids = what.prior;
  for (const std::uint32_t index : {what.patient, what.prior_patient.value_or(what.patient)})
    if (index < told.patients.size())
      for (const auto& id : told.patients[index].identifiers) ids.push_back(id);
  const patient_id root = root_of(kept);
  for (const auto& id : ids) {
    const auto identifier = table_.find_identifier(id.system, id.value);
    if (!identifier) continue;
    auto row = table_.patient(identifier->patient);
    if (!row || !row->is_link || row->joined == 0 || root_of(row->id) != root) continue;
    row->joined = 0;
    row->is_link = false;
    table_.put(*row);
  }
}

/// A choice without a date says nothing new when the same source told the same last; one with a date always does.
void patient_index::keep(patient_id patient, consent what, unix_ms told_at) {
  const consent* last = nullptr;
  const auto all = table_.consents_of(patient);
  for (const auto& before : all) {
    if (before.kind != what.kind || before.source != what.source) continue;
    if (before.since == what.since && before.answer == what.answer) return;
    if (last == nullptr || before.since >= last->since) last = &before;
  }
  if (what.since == 0 && last != nullptr && last->answer == what.answer) return;
  if (what.since == 0) what.since = told_at;
  table_.put(patient, what);
}

noted patient_index::note(const observation& told, model::message_id message) {
  noted done;
  if (told.patients.empty()) return done;
  done.patient = resolve(told, told.patients.front(), message, &done.outcome);
  if (done.patient == 0 && done.outcome == reconciliation::none) return done;
  if (told.is_event && !told.merges.empty()) {
    for (const auto& merge : told.merges) apply(merge, told, done.patient, message);
    done.patient = root_of(done.patient);
  }
  if (done.patient != 0) {
    for (consent each : told.consents) {
      each.told_by = message;
      keep(done.patient, std::move(each), told.at);
    }
    done.stay = note_stay(told, done.patient, message);
    table_.put(subject_row{message, done.patient, done.stay, done.outcome, told.is_letter});
  }
  return done;
}

stay_id patient_index::note_stay(const observation& told, patient_id patient, model::message_id message) {
  if (told.stay.value.empty()) return told.is_letter ? stay_of_letter(told, patient) : 0;
  const auto before = table_.find_stay(told.stay.system, told.stay.value);
  stay_row stay = before.value_or(stay_row{});
  stay.system = told.stay.system;
  stay.value = told.stay.value;
  if (!before || told.is_event) stay.patient = patient;
  stay = after_event(std::move(stay), told.stay, message);
  if (told.is_letter) stay.letter = std::max(stay.letter, message);
  if (!before) return table_.add(stay);
  if (!(stay == *before)) table_.put(stay);
  return stay.id;
}

/// A letter that names no stay belongs to the only one that it can belong to: open, or ended within a day of it.
stay_id patient_index::stay_of_letter(const observation& told, patient_id patient) {
  std::vector<stay_row> fitting;
  for (const patient_id each : everyone_joined_to(root_of(patient)))
    for (auto& stay : table_.stays_of(each)) {
      const bool has_ended = stay.state == stay_state::discharged;
      const bool is_near = std::llabs(stay.discharged_at - told.at) <= letter_distance_ms;
      if (stay.state == stay_state::admitted || (has_ended && is_near)) fitting.push_back(std::move(stay));
    }
  const auto waits = [](const stay_row& stay) {
    return stay.clock == letter_clock::waiting || stay.clock == letter_clock::overdue;
  };
  if (fitting.size() > 1) std::erase_if(fitting, [&](const auto& stay) { return !waits(stay); });
  return fitting.size() == 1 ? fitting.front().id : 0;
}

std::optional<stay_row> patient_index::letter_left(model::message_id message, unix_ms at) {
  const auto subject = table_.subject_of(message);
  if (!subject || !subject->is_letter || subject->stay == 0) return std::nullopt;
  const auto before = table_.stay(subject->stay);
  if (!before) return std::nullopt;
  const stay_row stay = after_letter_left(*before, at);
  if (stay == *before) return std::nullopt;
  table_.put(stay);
  return stay;
}

bool patient_index::record(consent what) {
  const auto row = table_.find_identifier(what.system, what.value);
  if (!row) return false;
  what.told_by = 0;
  keep(root_of(row->patient), what, what.since);
  return true;
}

std::optional<patient_file> patient_index::find(const std::string& system, const std::string& value,
                                                std::uint32_t messages_max) {
  const auto row = table_.find_identifier(system, value);
  return row ? file_of(row->patient, messages_max) : std::nullopt;
}

std::optional<patient_file> patient_index::file_of(patient_id patient, std::uint32_t messages_max) {
  const patient_id root = root_of(patient);
  auto row = table_.patient(root);
  if (!row) return std::nullopt;
  patient_file file;
  file.patient = std::move(*row);
  for (const patient_id each : everyone_joined_to(root)) {
    for (auto& id : table_.identifiers_of(each)) file.identifiers.push_back(std::move(id));
    for (auto& choice : table_.consents_of(each)) file.consents.push_back(std::move(choice));
    for (auto& stay : table_.stays_of(each)) file.stays.push_back(std::move(stay));
    for (auto& subject : table_.subjects_of(each, messages_max)) file.messages.push_back(subject);
  }
  std::ranges::sort(file.messages, std::ranges::greater{}, &subject_row::message);
  if (file.messages.size() > messages_max) file.messages.resize(messages_max);
  std::ranges::stable_sort(file.consents, {}, &consent::since);
  std::ranges::stable_sort(file.stays, std::ranges::greater{}, &stay_row::admitted_at);
  return file;
}

sending_facts patient_index::facts_for_sending(model::message_id message) {
  sending_facts said;
  const auto subject = table_.subject_of(message);
  if (!subject || subject->patient == 0) return said;
  const patient_id root = root_of(subject->patient);
  for (const patient_id each : everyone_joined_to(root)) {
    for (auto& choice : table_.consents_of(each)) said.consents.push_back(std::move(choice));
    if (auto row = table_.patient(each))
      said.flags.insert(said.flags.end(), row->person.identity_flags.begin(), row->person.identity_flags.end());
  }
  return said;
}

}  // namespace liaison::identity
