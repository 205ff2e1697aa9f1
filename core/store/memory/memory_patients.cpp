// SPDX-License-Identifier: Apache-2.0
#include "core/store/memory/memory_patients.hpp"

#include <algorithm>

namespace liaison::store {

namespace {

using namespace identity;

template <class Row, class Map, class Wanted>
std::vector<Row> all_of(const Map& rows, Wanted is_wanted) {
  std::vector<Row> found;
  for (const auto& [key, row] : rows)
    if (is_wanted(row)) found.push_back(row);
  return found;
}

template <class Map, class Key>
auto find_in(const Map& rows, const Key& key) -> std::optional<typename Map::mapped_type> {
  const auto at = rows.find(key);
  if (at == rows.end()) return std::nullopt;
  return at->second;
}

template <class Map>
std::int64_t next_id(const Map& rows) {
  return rows.empty() ? 1 : rows.rbegin()->first + 1;
}

template <class Map, class Wanted>
std::vector<subject_row> newest(const Map& rows, std::uint32_t limit, Wanted is_wanted) {
  std::vector<subject_row> found;
  for (auto at = rows.rbegin(); at != rows.rend() && found.size() < limit; ++at)
    if (is_wanted(at->second)) found.push_back(at->second);
  return found;
}

}  // namespace

std::optional<identifier_row> memory_patients::find_identifier(const std::string& system, const std::string& value) {
  return find_in(identifiers_, std::pair(value, system));
}

std::vector<identifier_row> memory_patients::identifiers_of(patient_id patient) {
  return all_of<identifier_row>(identifiers_, [&](const auto& row) { return row.patient == patient; });
}

void memory_patients::put(const identifier_row& row) { identifiers_[{row.id.value, row.id.system}] = row; }

std::optional<patient_row> memory_patients::patient(patient_id id) { return find_in(patients_, id); }

patient_id memory_patients::add(const patient_row& row) {
  patient_row made = row;
  made.id = next_id(patients_);
  put(made);
  return made.id;
}

void memory_patients::put(const patient_row& row) {
  patient_row& kept = patients_[row.id] = row;
  kept.person.identifiers.clear();
}

std::vector<patient_id> memory_patients::joined_to(patient_id id) {
  std::vector<patient_id> found;
  for (const auto& [key, row] : patients_)
    if (row.joined == id) found.push_back(key);
  return found;
}

std::vector<consent> memory_patients::consents_of(patient_id patient) {
  std::vector<consent> found;
  for (const auto& [key, row] : consents_)
    if (std::get<0>(key) == patient) found.push_back(row);
  return found;
}

void memory_patients::put(patient_id patient, const consent& row) {
  consents_[{patient, row.kind, row.since, row.source}] = row;
}

std::vector<consent> memory_patients::consents_told_by_people(std::uint32_t limit) {
  auto found = all_of<consent>(consents_, [](const auto& row) { return row.told_by == 0; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::optional<stay_row> memory_patients::find_stay(const std::string& system, const std::string& value) {
  auto found = all_of<stay_row>(stays_, [&](const auto& row) { return row.system == system && row.value == value; });
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::optional<stay_row> memory_patients::stay(stay_id id) { return find_in(stays_, id); }

std::vector<stay_row> memory_patients::stays_of(patient_id patient) {
  return all_of<stay_row>(stays_, [&](const auto& row) { return row.patient == patient; });
}

stay_id memory_patients::add(const stay_row& row) {
  stay_row made = row;
  made.id = next_id(stays_);
  put(made);
  return made.id;
}

void memory_patients::put(const stay_row& row) { stays_[row.id] = row; }

std::vector<stay_row> memory_patients::stays_by_clock(letter_clock which, unix_ms until, std::uint32_t limit) {
  if (which != letter_clock::waiting && which != letter_clock::overdue) return {};
  auto found = all_of<stay_row>(stays_, [&](const auto& row) {
    return row.clock == which && (which == letter_clock::overdue || row.deadline <= until);
  });
  std::ranges::stable_sort(found, {}, &stay_row::deadline);
  if (found.size() > limit) found.resize(limit);
  return found;
}

clock_counts memory_patients::count_clocks() {
  clock_counts counts{};
  for (const auto& [id, row] : stays_)
    if (row.clock != letter_clock::none) ++counts[static_cast<std::size_t>(row.clock)];
  return counts;
}

std::optional<subject_row> memory_patients::subject_of(model::message_id message) { return find_in(subjects_, message); }

void memory_patients::put(const subject_row& row) { subjects_[row.message] = row; }

std::vector<subject_row> memory_patients::subjects_of(patient_id patient, std::uint32_t limit) {
  return newest(subjects_, limit, [&](const auto& row) { return row.patient == patient; });
}

std::vector<subject_row> memory_patients::subjects_in(stay_id stay, std::uint32_t limit) {
  return newest(subjects_, limit, [&](const auto& row) { return row.stay == stay; });
}

void memory_patients::clear() {
  identifiers_.clear();
  patients_.clear();
  consents_.clear();
  stays_.clear();
  subjects_.clear();
}

}  // namespace liaison::store
