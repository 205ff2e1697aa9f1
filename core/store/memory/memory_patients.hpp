// SPDX-License-Identifier: Apache-2.0
// Rows of the patient index in memory.
#pragma once

#include "core/identity/patient_table.hpp"

#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace liaison::store {

class memory_patients final : public identity::patient_table {
 public:
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

  void forget_message(model::message_id message) { subjects_.erase(message); }

 private:
  using consent_key = std::tuple<identity::patient_id, std::string, unix_ms, std::string>;

  std::map<std::pair<std::string, std::string>, identity::identifier_row> identifiers_;
  std::map<identity::patient_id, identity::patient_row> patients_;
  std::map<consent_key, identity::consent> consents_;
  std::map<identity::stay_id, identity::stay_row> stays_;
  std::map<model::message_id, identity::subject_row> subjects_;
};

}  // namespace liaison::store
