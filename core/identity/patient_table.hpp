// SPDX-License-Identifier: Apache-2.0
// Rows of the patient index and the storage that keeps them. The rules stand in patient_index.hpp; each backend of the
// store keeps the rows its own way. A backend's disk error leaves a call as that backend's own exception.
#pragma once

#include "core/identity/consent.hpp"
#include "core/identity/reconcile.hpp"
#include "core/model/facts.hpp"
#include "core/model/message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace liaison::identity {

using patient_id = std::int64_t;  ///< within this gateway; 0 is none
using stay_id = std::int64_t;     ///< 0 is none

struct patient_row {
  patient_id id = 0;
  patient_id joined = 0;         ///< the one that it was merged into or linked to; 0: stands for itself
  bool is_link = false;          ///< `joined` can be taken back
  bool told_by_authority = false;  ///< by the identity system's own events (ADT), not by documents
  model::message_id told_by = 0;
  facts::patient person;         ///< traits, status and flags; identifiers stand in rows of their own
};

struct identifier_row {
  facts::identifier id;
  patient_id patient = 0;
  bool is_former = false;  ///< no longer to be used; still finds the patient
};

enum class stay_state : std::uint8_t { known = 0, admitted = 1, discharged = 2, cancelled = 3 };

/// Numbers stand in the store's tables. `waiting` and `overdue` are looked for by the clock.
enum class letter_clock : std::uint8_t { none = 0, waiting = 1, overdue = 2, on_time = 3, late = 4 };

struct stay_row {
  stay_id id = 0;
  patient_id patient = 0;
  std::string system, value;
  std::string patient_class;  ///< HL7 0004
  stay_state state = stay_state::known;
  unix_ms admitted_at = 0, discharged_at = 0;
  std::string discharged_from;  ///< field that gave the time
  unix_ms deadline = 0;         ///< for the letter; 0: none
  letter_clock clock = letter_clock::none;
  model::message_id letter = 0;
  unix_ms letter_left_at = 0;
  unix_ms alerted_at = 0;
  model::message_id told_by = 0;
  bool operator==(const stay_row&) const = default;
};

/// Whose a message is.
struct subject_row {
  model::message_id message = 0;
  patient_id patient = 0;
  stay_id stay = 0;
  reconciliation outcome = reconciliation::none;
  bool is_letter = false;
};

/// Stays by their clock, indexed by letter_clock; `none` is not counted.
using clock_counts = std::array<std::uint64_t, 5>;

/// Thread: that of the transaction it is used in.
class patient_table {
 public:
  virtual ~patient_table() = default;

  virtual std::optional<identifier_row> find_identifier(const std::string& system, const std::string& value) = 0;
  virtual std::vector<identifier_row> identifiers_of(patient_id patient) = 0;
  virtual void put(const identifier_row& row) = 0;

  virtual std::optional<patient_row> patient(patient_id id) = 0;
  virtual patient_id add(const patient_row& row) = 0;  ///< `id` is ignored
  virtual void put(const patient_row& row) = 0;
  virtual std::vector<patient_id> joined_to(patient_id id) = 0;

  virtual std::vector<consent> consents_of(patient_id patient) = 0;
  virtual void put(patient_id patient, const consent& row) = 0;  ///< replaces that of the same kind, moment and source
  virtual std::vector<consent> consents_told_by_people(std::uint32_t limit) = 0;

  virtual std::optional<stay_row> find_stay(const std::string& system, const std::string& value) = 0;
  virtual std::optional<stay_row> stay(stay_id id) = 0;
  virtual std::vector<stay_row> stays_of(patient_id patient) = 0;
  virtual stay_id add(const stay_row& row) = 0;  ///< `id` is ignored
  virtual void put(const stay_row& row) = 0;
  /// Waiting for the letter with a deadline up to `until`; or overdue ones, whatever `until`. Earliest first.
  virtual std::vector<stay_row> stays_by_clock(letter_clock which, unix_ms until, std::uint32_t limit) = 0;
  virtual clock_counts count_clocks() = 0;

  virtual std::optional<subject_row> subject_of(model::message_id message) = 0;
  virtual void put(const subject_row& row) = 0;
  /// Newest first.
  virtual std::vector<subject_row> subjects_of(patient_id patient, std::uint32_t limit) = 0;
  virtual std::vector<subject_row> subjects_in(stay_id stay, std::uint32_t limit) = 0;

  virtual void clear() = 0;  ///< all rows
};

}  // namespace liaison::identity
