// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/patient_rows.hpp"

#include "core/store/sqlite/codes.hpp"

#include <string_view>

namespace liaison::store::sqlite {

namespace {

using namespace identity;

constexpr char parting = '\x1f';
constexpr const char* stay_columns =
    "SELECT id, patient, value, system, class, state, admitted_at, discharged_at, discharged_from, deadline, clock, "
    "letter, letter_left_at, alerted_at, told_by FROM stay ";
constexpr const char* subject_columns = "SELECT message, patient, stay, outcome, letter FROM subject ";
constexpr const char* consent_columns = "SELECT kind, since, source, answer, told_by, system, value FROM consent ";

std::string sql(const char* columns, const char* rest) { return std::string(columns) + rest; }

std::string joined(const std::vector<std::string>& parts, char by) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += by;
    text += part;
  }
  return text;
}

std::vector<std::string> parted(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(by);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

identifier_row identifier_in(const cursor& row) {
  identifier_row found;
  found.id.value = row.text(0);
  found.id.system = row.text(1);
  found.id.kind = static_cast<facts::identifier_kind>(row.integer(2));
  found.patient = row.integer(3);
  found.is_former = row.integer(4) != 0;
  return found;
}

consent consent_in(const cursor& row) {
  consent found;
  found.kind = row.text(0);
  found.since = row.integer(1);
  found.source = row.text(2);
  found.answer = static_cast<consent_answer>(row.integer(3));
  found.told_by = row.integer(4);
  found.system = row.text(5);
  found.value = row.text(6);
  return found;
}

stay_row stay_in(const cursor& row) {
  stay_row found;
  found.id = row.integer(0);
  found.patient = row.integer(1);
  found.value = row.text(2);
  found.system = row.text(3);
  found.patient_class = row.text(4);
  found.state = static_cast<stay_state>(row.integer(5));
  found.admitted_at = row.integer(6);
  found.discharged_at = row.integer(7);
  found.discharged_from = row.text(8);
  found.deadline = row.integer(9);
  found.clock = row.is_null(10) ? letter_clock::none : static_cast<letter_clock>(row.integer(10));
  found.letter = row.integer(11);
  found.letter_left_at = row.integer(12);
  found.alerted_at = row.integer(13);
  found.told_by = row.integer(14);
  return found;
}

subject_row subject_in(const cursor& row) {
  subject_row found;
  found.message = row.integer(0);
  found.patient = row.integer(1);
  found.stay = row.is_null(2) ? 0 : row.integer(2);
  found.outcome = static_cast<reconciliation>(row.integer(3));
  found.is_letter = row.integer(4) != 0;
  return found;
}

template <class Row, class Read>
std::optional<Row> first_of(cursor rows, Read read) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

template <class Row, class Read>
std::vector<Row> all_of(cursor rows, Read read) {
  std::vector<Row> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t limit_of(std::uint32_t limit) { return std::int64_t{limit}; }

}  // namespace

patient_rows::patient_rows(connection& to)
    : database_(to),
      find_identifier_(to, "SELECT value, system, kind, patient, former FROM patient_identifier WHERE value=? AND system=?"),
      identifiers_of_(to,
                      "SELECT value, system, kind, patient, former FROM patient_identifier "
                      "INDEXED BY patient_identifier_of WHERE patient=?"),
      put_identifier_(to, "INTO patient_identifier VALUES(?,?,?,?,?)"),
      patient_(to,
               "SELECT into_patient, linked, status, flags, authority, told_by, family, birth_family, given, "
               "birth_date, sex, birth_place FROM patient WHERE id=?"),
      put_patient_(to, "INTO patient VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      joined_to_(to, "SELECT id FROM patient INDEXED BY patient_joined WHERE into_patient=?"),
      consents_of_(to, sql(consent_columns, "WHERE patient=? ORDER BY kind, since")),
      put_consent_(to, "INSERT OR REPLACE INTO consent VALUES(?,?,?,?,?,?,?,?)"),
      told_by_people_(to, sql(consent_columns, "WHERE told_by=0 LIMIT ?")),
      find_stay_(to, sql(stay_columns, "WHERE value=? AND system=?")),
      stay_(to, sql(stay_columns, "WHERE id=?")),
      stays_of_(to, sql(stay_columns, "WHERE patient=? ORDER BY id")),
      put_stay_(to, "INTO stay VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      waiting_(to, sql(stay_columns, "INDEXED BY stay_clock WHERE clock=1 AND deadline<=? ORDER BY deadline LIMIT ?")),
      overdue_(to, sql(stay_columns, "INDEXED BY stay_clock WHERE clock=2 ORDER BY deadline LIMIT ?")),
      count_clocks_(to, "SELECT clock, count(*) FROM stay INDEXED BY stay_clock WHERE clock IS NOT NULL GROUP BY clock"),
      subject_of_(to, sql(subject_columns, "WHERE message=?")),
      put_subject_(to, "INTO subject VALUES(?,?,?,?,?)"),
      subjects_of_(to, sql(subject_columns, "WHERE patient=? ORDER BY message DESC LIMIT ?")),
      subjects_in_(to, sql(subject_columns, "WHERE stay=? ORDER BY message DESC LIMIT ?")),
      forget_subject_(to, "DELETE FROM subject WHERE message=?") {}

std::optional<identifier_row> patient_rows::find_identifier(const std::string& system, const std::string& value) {
  return first_of<identifier_row>(find_identifier_.with(value, system), identifier_in);
}

std::vector<identifier_row> patient_rows::identifiers_of(patient_id patient) {
  return all_of<identifier_row>(identifiers_of_.with(patient), identifier_in);
}

void patient_rows::put(const identifier_row& row) {
  put_identifier_.run(row.id.value, row.id.system, code(row.id.kind), row.patient, std::int64_t{row.is_former});
}

std::optional<patient_row> patient_rows::patient(patient_id id) {
  return first_of<patient_row>(patient_.with(id), [id](const cursor& row) {
    patient_row found;
    found.id = id;
    found.joined = row.is_null(0) ? 0 : row.integer(0);
    found.is_link = row.integer(1) != 0;
    found.person.identity_status = static_cast<facts::identity_status>(row.integer(2));
    found.person.identity_flags = parted(row.bytes(3), ' ');
    found.told_by_authority = row.integer(4) != 0;
    found.told_by = row.integer(5);
    found.person.family = row.text(6);
    found.person.birth_family = row.text(7);
    found.person.given = parted(row.bytes(8), parting);
    found.person.birth_date = row.text(9);
    found.person.sex = static_cast<facts::sex>(row.integer(10));
    found.person.birth_place_code = row.text(11);
    return found;
  });
}

patient_id patient_rows::add(const patient_row& row) {
  std::optional<std::int64_t> into;
  if (row.joined != 0) into = row.joined;
  const auto& who = row.person;
  std::optional<std::int64_t> id;
  if (row.id != 0) id = row.id;
  put_patient_.run(id, into, std::int64_t{row.is_link}, code(who.identity_status), joined(who.identity_flags, ' '),
                   std::int64_t{row.told_by_authority}, row.told_by, who.family, who.birth_family,
                   joined(who.given, parting), who.birth_date, code(who.sex), who.birth_place_code);
  return database_.last_id();
}

void patient_rows::put(const patient_row& row) { add(row); }

std::vector<patient_id> patient_rows::joined_to(patient_id id) {
  return all_of<patient_id>(joined_to_.with(id), [](const cursor& row) { return row.integer(0); });
}

std::vector<consent> patient_rows::consents_of(patient_id patient) {
  return all_of<consent>(consents_of_.with(patient), consent_in);
}

void patient_rows::put(patient_id patient, const consent& row) {
  put_consent_.run(patient, row.kind, row.since, row.source, code(row.answer), row.told_by, row.system, row.value);
}

std::vector<consent> patient_rows::consents_told_by_people(std::uint32_t limit) {
  return all_of<consent>(told_by_people_.with(limit_of(limit)), consent_in);
}

std::optional<stay_row> patient_rows::find_stay(const std::string& system, const std::string& value) {
  return first_of<stay_row>(find_stay_.with(value, system), stay_in);
}

std::optional<stay_row> patient_rows::stay(stay_id id) { return first_of<stay_row>(stay_.with(id), stay_in); }

std::vector<stay_row> patient_rows::stays_of(patient_id patient) {
  return all_of<stay_row>(stays_of_.with(patient), stay_in);
}

stay_id patient_rows::add(const stay_row& row) {
  std::optional<std::int64_t> id;
  if (row.id != 0) id = row.id;
  std::optional<std::int64_t> clock;
  if (row.clock != letter_clock::none) clock = code(row.clock);
  put_stay_.run(id, row.patient, row.value, row.system, row.patient_class, code(row.state), row.admitted_at,
                row.discharged_at, row.discharged_from, row.deadline, clock, row.letter, row.letter_left_at,
                row.alerted_at, row.told_by);
  return database_.last_id();
}

void patient_rows::put(const stay_row& row) { add(row); }

std::vector<stay_row> patient_rows::stays_by_clock(letter_clock which, unix_ms until, std::uint32_t limit) {
  if (which == letter_clock::waiting) return all_of<stay_row>(waiting_.with(until, limit_of(limit)), stay_in);
  if (which == letter_clock::overdue) return all_of<stay_row>(overdue_.with(limit_of(limit)), stay_in);
  return {};
}

clock_counts patient_rows::count_clocks() {
  clock_counts counts{};
  auto rows = count_clocks_.with();
  while (rows.next()) {
    const auto which = static_cast<std::size_t>(rows.integer(0));
    if (which < counts.size()) counts[which] = static_cast<std::uint64_t>(rows.integer(1));
  }
  return counts;
}

std::optional<subject_row> patient_rows::subject_of(model::message_id message) {
  return first_of<subject_row>(subject_of_.with(message), subject_in);
}

void patient_rows::put(const subject_row& row) {
  std::optional<std::int64_t> stay;
  if (row.stay != 0) stay = row.stay;
  put_subject_.run(row.message, row.patient, stay, code(row.outcome), std::int64_t{row.is_letter});
}

std::vector<subject_row> patient_rows::subjects_of(patient_id patient, std::uint32_t limit) {
  return all_of<subject_row>(subjects_of_.with(patient, limit_of(limit)), subject_in);
}

std::vector<subject_row> patient_rows::subjects_in(stay_id stay, std::uint32_t limit) {
  return all_of<subject_row>(subjects_in_.with(stay, limit_of(limit)), subject_in);
}

void patient_rows::clear() {
  for (const char* table : {"patient", "patient_identifier", "consent", "stay", "subject"})
    database_.execute(std::string("DELETE FROM ") + table);
}

}  // namespace liaison::store::sqlite
