// SPDX-License-Identifier: Apache-2.0
// May this leave for that recipient now? Asked at the moment of sending: choices of the patient, masking, confidentiality
// and marks on the identity may have changed since the message came in. Plain functions, no I/O.
#pragma once

#include "core/identity/consent.hpp"
#include "core/model/facts.hpp"
#include "core/model/issue.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::identity {

/// Who reads at a recipient.
enum class audience : std::uint8_t {
  internal,         ///< the house's own software: nothing is withheld
  professionals,    ///< health professionals and organisations outside
  patient,          ///< the patient
  representatives,  ///< legal representatives
  shared_record,    ///< a record that many may consult (DMP)
};
std::optional<audience> audience_named(std::string_view configured);  ///< "internal", "professionals" …
const char* name_of(audience who);

/// The policy for one audience; the defaults are those of `default_rule`.
struct secrecy_rule {
  bool send_when_not_collected = true;
  char confidentiality_max = 'R';  ///< N, R or V
  bool operator==(const secrecy_rule&) const = default;
};
secrecy_rule default_rule(audience who);

struct secrecy_question {
  audience to = audience::professionals;
  secrecy_rule rule;
  const facts::message_facts& message;
  std::span<const consent> consents;          ///< of the patient, all of them
  std::span<const std::string> flags;         ///< of the patient as known now
};

/// Why not, as an issue whose text names no one; nothing: it may go.
///   secrecy-identity-flag            the identity is marked as usurped, invalid, doubtful, fictive, hidden …
///   secrecy-opposed                  the patient refused
///   secrecy-consent-not-collected    nobody asked the patient, and the policy says: then not
///   secrecy-invisible-to-patient     INVISIBLE_PATIENT, to the patient and to representatives
///   secrecy-invisible-to-representatives
///   secrecy-confidentiality          R or V above what the policy lets out
///   secrecy-identity-not-qualified   to the patient only with a qualified identity (MSSanté, ECO.2.2.6)
/// A deletion takes back what went out, so neither choices nor masks hold it; marks on the identity do.
std::optional<model::issue> why_withheld(const secrecy_question& question);

}  // namespace liaison::identity
