// SPDX-License-Identifier: Apache-2.0
// What one message tells of its patient and stay, out of its facts, in the terms of the patient index.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/local_time.hpp"
#include "core/identity/consent.hpp"
#include "core/model/facts.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace liaison::identity {

enum class stay_event : std::uint8_t { none, admission, discharge, cancelled_admission, cancelled_discharge };

struct stay_told {
  std::string system, value;  ///< `value` empty: the message names no stay
  stay_event event = stay_event::none;
  std::string patient_class;
  unix_ms admitted_at = 0, discharged_at = 0;
  std::string discharged_from;
  unix_ms deadline = 0;  ///< for the letter after this discharge; 0: none is awaited
};

struct observation {
  bool is_event = false;     ///< of the identity system (ADT): it decides about the numbers of its organisation
  bool is_document = false;
  bool is_letter = false;    ///< a discharge letter that is not withdrawn
  std::vector<facts::patient> patients;  ///< the first is the message's; others are named by `merges`
  std::vector<facts::merge> merges;
  std::vector<consent> consents;         ///< of the first patient; `since` 0: without a date
  stay_told stay;
  unix_ms at = 0;  ///< of the event or of the document; else when the message came
};

/// What may change whether something leaves: a choice of the patient, a mark of the identity, two identities made one by those
/// who decide it.
inline bool tells_of_leaving(const observation& told) {
  return !told.consents.empty() || !told.merges.empty() ||
         std::any_of(told.patients.begin(), told.patients.end(), [](const auto& one) { return !one.identity_flags.empty(); });
}

/// When the letter after a discharge is late.
struct letter_rule {
  std::vector<std::string> types{"11490-0"};  ///< codes of documents that are the letter
  int minute_of_day = 20 * 60;                ///< on the local day of the discharge …
  std::int64_t after_ms_min = 2LL * 3600 * 1000;        ///< … but never sooner than this after it
  std::vector<std::string> classes_excluded{"N", "R"};  ///< patient classes (HL7 0004) without a letter
  bool is_watched = true;
  std::string zone = "Europe/Paris";
  bool operator==(const letter_rule&) const = default;
};

/// The later of "that day at the configured hour" and "so long after the discharge".
unix_ms deadline_of(unix_ms discharged_at, const letter_rule& rule);

/// `source` names the endpoint: a local number whose authority is not told counts among those of its source only.
/// Takes patients and merges out of the facts.
observation observe(model::message_facts&& facts, const std::string& source, unix_ms received_at, const letter_rule& rule);
inline observation observe(const model::message_facts& facts, const std::string& source, unix_ms received_at,
                           const letter_rule& rule) {
  return observe(model::message_facts(facts), source, received_at, rule);
}

/// Identifiers that stand for a person in the index: local numbers with their authority, and the INS of a qualified
/// identity with a right key.
std::vector<facts::identifier> keys_of(const facts::patient& patient);

}  // namespace liaison::identity
