// SPDX-License-Identifier: Apache-2.0
// Choices of the patient in PAM.FR (ZFA, ZFD-3): where each stands, what its codes mean.
#pragma once

#include <span>
#include <string_view>

namespace liaison::hl7v2 {

struct choice {
  std::string_view segment;
  unsigned field;
  unsigned date;  ///< field with the date of the choice; 0: there is none
  std::string_view kind, display;
  std::string_view permit, deny;  ///< codes of the field
};
std::span<const choice> choices();

/// permit, deny or not-collected ("NA" and the explicit null); empty for a code that is not known.
std::string_view value_of_choice(const choice& of, std::string_view code);

inline constexpr std::string_view system_consent_kind = "https://liaison.example/fhir/CodeSystem/consent-kind";

}  // namespace liaison::hl7v2
