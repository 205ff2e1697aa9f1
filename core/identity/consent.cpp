// SPDX-License-Identifier: Apache-2.0
#include "core/identity/consent.hpp"

#include <algorithm>

namespace liaison::identity {

const char* name_of(consent_answer answer) {
  switch (answer) {
    case consent_answer::permit: return "permit";
    case consent_answer::deny: return "deny";
    case consent_answer::not_collected: break;
  }
  return "not-collected";
}

std::optional<consent_answer> answer_named(std::string_view name) {
  for (const auto answer : {consent_answer::not_collected, consent_answer::permit, consent_answer::deny})
    if (name == name_of(answer)) return answer;
  return std::nullopt;
}

bool is_consent_kind(std::string_view kind) {
  constexpr std::size_t size_max = 32;
  return !kind.empty() && kind.size() <= size_max &&
         std::all_of(kind.begin(), kind.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

consent_answer answer_of(std::span<const consent> all, std::string_view kind) {
  const consent* latest = nullptr;
  for (const consent& one : all) {
    if (one.kind != kind || one.answer == consent_answer::not_collected) continue;
    const bool is_later = latest == nullptr || one.since > latest->since;
    if (is_later || (one.since == latest->since && one.answer == consent_answer::deny)) latest = &one;
  }
  return latest == nullptr ? consent_answer::not_collected : latest->answer;
}

}  // namespace liaison::identity
