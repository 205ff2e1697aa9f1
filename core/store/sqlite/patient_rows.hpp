// SPDX-License-Identifier: Apache-2.0
// Rows of the patient index in the database. Throws storage_error. Thread: that of the connection.
#pragma once

#include "core/identity/patient_table.hpp"
#include "core/store/sqlite/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace liaison::store::sqlite {

/// A row that is new most of the time. REPLACE alone writes down for each of them how it would be undone.
class row_to_put {
 public:
  row_to_put(connection& to, const std::string& into)
      : database_(to), add_(to, "INSERT OR IGNORE " + into), replace_(to, "INSERT OR REPLACE " + into) {}

  template <class... Values>
  void run(const Values&... values) {
    add_.run(values...);
    if (database_.changes() == 0) replace_.run(values...);
  }

 private:
  connection& database_;
  statement add_, replace_;
};

class patient_rows final : public identity::patient_table {
 public:
  explicit patient_rows(connection& database);

  std::optional<identity::identifier_row> find_identifier(const std::string& system, const std::string& value) override;
  std::vector<identity::identifier_row> identifiers_of(identity::patient_id patient) override;
  void put(const identity::identifier_row& row) override;

  std::optional<identity::patient_row> patient(identity::patient_id id) override;
  identity::patient_id add(const identity::patient_row& row) override;
  void put(const identity::patient_row& row) override;
  std::vector<identity::patient_id> joined_to(identity::patient_id id) override;

  std::vector<identity::consent> consents_of(identity::patient_id patient) override;
  void put(identity::patient_id patient, const identity::consent& row) override;
  std::vector<identity::consent> consents_told_by_people(std::uint32_t limit) override;

  std::optional<identity::stay_row> find_stay(const std::string& system, const std::string& value) override;
  std::optional<identity::stay_row> stay(identity::stay_id id) override;
  std::vector<identity::stay_row> stays_of(identity::patient_id patient) override;
  identity::stay_id add(const identity::stay_row& row) override;
  void put(const identity::stay_row& row) override;
  std::vector<identity::stay_row> stays_by_clock(identity::letter_clock which, unix_ms until,
                                                 std::uint32_t limit) override;
  identity::clock_counts count_clocks() override;

  std::optional<identity::subject_row> subject_of(model::message_id message) override;
  void put(const identity::subject_row& row) override;
  std::vector<identity::subject_row> subjects_of(identity::patient_id patient, std::uint32_t limit) override;
  std::vector<identity::subject_row> subjects_in(identity::stay_id stay, std::uint32_t limit) override;

  void clear() override;

  /// The message is gone; what it told stays.
  void forget_message(model::message_id message) { forget_subject_.run(message); }

 private:
  connection& database_;
  statement find_identifier_, identifiers_of_;
  row_to_put put_identifier_;
  statement patient_;
  row_to_put put_patient_;
  statement joined_to_;
  statement consents_of_, put_consent_, told_by_people_;
  statement find_stay_, stay_, stays_of_;
  row_to_put put_stay_;
  statement waiting_, overdue_, count_clocks_;
  statement subject_of_;
  row_to_put put_subject_;
  statement subjects_of_, subjects_in_, forget_subject_;
};

}  // namespace liaison::store::sqlite
