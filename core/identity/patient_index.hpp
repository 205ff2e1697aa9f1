// SPDX-License-Identifier: Apache-2.0
// The patient index: which messages and stays are one person's, as messages tell it. It finds documents and stays and
// warns of conflicts; it never adds an identity to a message. Rules over a patient_table, whichever backend keeps it.
#pragma once

#include "core/identity/observation.hpp"
#include "core/identity/patient_table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace liaison::identity {

struct noted {
  patient_id patient = 0;  ///< 0: the message names no patient that the index knows by
  stay_id stay = 0;
  reconciliation outcome = reconciliation::none;
};

/// All that is known of one person: those that were joined count as one.
struct patient_file {
  patient_row patient;  ///< the one that stands for all
  std::vector<identifier_row> identifiers;
  std::vector<consent> consents;
  std::vector<stay_row> stays;
  std::vector<subject_row> messages;  ///< newest first
};

/// What sending asks.
struct sending_facts {
  std::vector<consent> consents;
  std::vector<std::string> flags;
};

class patient_index {
 public:
  explicit patient_index(patient_table& table) : table_(table) {}

  /// Takes in what a message tells. Local numbers lead to the patient before the INS does. A document changes nothing
  /// of a patient that the identity system told; an event does. Two patients with one INS become one only when all
  /// traits agree, no mark stops it, and no organisation has numbered both; else the outcome says so and a person looks.
  noted note(const observation& told, model::message_id message);

  /// A letter was accepted outside of the house. Gives the stay when this ended or stopped its clock.
  std::optional<stay_row> letter_left(model::message_id message, unix_ms at);

  /// Keeps a choice told by a person for the patient with this identifier; false: no such patient.
  bool record(consent what);

  std::optional<patient_file> find(const std::string& system, const std::string& value, std::uint32_t messages_max);
  std::optional<patient_file> file_of(patient_id patient, std::uint32_t messages_max);
  sending_facts facts_for_sending(model::message_id message);

 private:
  struct found;

  patient_id root_of(patient_id patient);
  std::vector<patient_id> everyone_joined_to(patient_id root);
  std::vector<identifier_row> identifiers_of_all(patient_id root);
  std::optional<patient_row> known(patient_id root);  ///< with the identifiers that hold
  found look_for(const facts::patient& told);
  patient_id resolve(const observation& told, const facts::patient& who, model::message_id message, reconciliation* outcome);
  patient_id add(const observation& told, const facts::patient& who, model::message_id message);
  void learn(patient_id patient, const observation& told, const facts::patient& who, model::message_id message);
  void learn_keys(patient_id patient, const observation& told, const facts::patient& who);
  void apply(const facts::merge& what, const observation& told, patient_id first, model::message_id message);
  void unlink(const facts::merge& what, const observation& told, patient_id kept);
  void join(patient_id from, patient_id into, bool is_link);
  void keep(patient_id patient, consent what, unix_ms told_at);
  stay_id note_stay(const observation& told, patient_id patient, model::message_id message);
  stay_id stay_of_letter(const observation& told, patient_id patient);

  patient_table& table_;
};

}  // namespace liaison::identity
