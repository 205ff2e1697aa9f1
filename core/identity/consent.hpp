// SPDX-License-Identifier: Apache-2.0
// What a patient chose about the sharing of data, and the choices that hold now. "Not collected" is neither yes nor no.
#pragma once

#include "core/base/clock.hpp"
#include "core/model/message.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::identity {

enum class consent_answer : std::uint8_t { not_collected, permit, deny };
const char* name_of(consent_answer answer);  ///< "not-collected", "permit", "deny"
std::optional<consent_answer> answer_named(std::string_view name);

/// Kinds that sending asks for; others that messages tell (dmp-consultation, dmp-break-glass, sms …) are kept and shown.
namespace consent_kind {
inline constexpr std::string_view dmp_feeding = "dmp-feeding";          ///< ZFA-9: the shared record
inline constexpr std::string_view professionals = "professionals";      ///< sending to professionals outside the house
inline constexpr std::string_view patient = "patient";                  ///< sending to the patient
inline constexpr std::string_view representatives = "representatives";  ///< sending to legal representatives
}  // namespace consent_kind

/// "dmp-feeding": lower-case letters and hyphens, at most 32.
bool is_consent_kind(std::string_view kind);

struct consent {
  std::string kind;
  consent_answer answer = consent_answer::not_collected;
  unix_ms since = 0;               ///< of the choice; else when it was told
  std::string source;              ///< "ZFA-9", or the name that a person gave to the API
  model::message_id told_by = 0;   ///< 0: a person
  std::string system, value;       ///< the identifier that a person named; empty for messages
  bool operator==(const consent&) const = default;
};

/// The choice that holds: the latest one that is an answer. A later "not collected" takes nothing back: it says that
/// nobody asked again. Of two of the same moment the refusal holds.
consent_answer answer_of(std::span<const consent> all, std::string_view kind);

}  // namespace liaison::identity
