// SPDX-License-Identifier: Apache-2.0
#include "core/identity/secrecy.hpp"

#include "core/identity/matricule.hpp"

#include <algorithm>
#include <array>

namespace liaison::identity {

namespace {

struct audience_row {
  audience who;
  const char* name;
  std::string_view asks;  ///< kind of consent
  secrecy_rule rule;
};
constexpr std::array<audience_row, 5> audiences{{
    {audience::internal, "internal", "", {true, 'V'}},
    {audience::professionals, "professionals", consent_kind::professionals, {true, 'V'}},
    {audience::patient, "patient", consent_kind::patient, {true, 'R'}},
    {audience::representatives, "representatives", consent_kind::representatives, {false, 'N'}},
    {audience::shared_record, "shared_record", consent_kind::dmp_feeding, {false, 'N'}},
}};

const audience_row& row_of(audience who) { return audiences[static_cast<std::size_t>(who)]; }

model::issue refusal(const char* code, const char* text) { return {model::severity::error, code, "", text}; }

/// N, R, V in their order; what is no code of confidentiality is as open as N.
int rank_of(char confidentiality) { return confidentiality == 'V' ? 2 : confidentiality == 'R' ? 1 : 0; }

bool has_mask(const facts::document& document, std::string_view name) {
  return std::any_of(document.masks.begin(), document.masks.end(),
                     [&](const std::string& mask) { return std::string_view(mask).starts_with(name); });
}

std::optional<model::issue> why_masked(const secrecy_question& q) {
  const auto& document = q.message.document;
  const bool to_family = q.to == audience::patient || q.to == audience::representatives;
  if (to_family && has_mask(document, "INVISIBLE_PATIENT"))
    return refusal("secrecy-invisible-to-patient", "the document is not to be seen by the patient");
  // INVISIBLE_REP_LEGAUX in HL7v2, INVISIBLE_REPRESENTANTS_LEGAUX in CDA and the DMP.
  if (q.to == audience::representatives && has_mask(document, "INVISIBLE_REP"))
    return refusal("secrecy-invisible-to-representatives", "the document is not to be seen by legal representatives");
  if (!document.confidentiality.empty() &&
      rank_of(document.confidentiality.front()) > rank_of(q.rule.confidentiality_max))
    return refusal("secrecy-confidentiality", "the document is more confidential than what may go to this recipient");
  return std::nullopt;
}

std::optional<model::issue> why_not_wanted(const secrecy_question& q) {
  const auto answer = answer_of(q.consents, row_of(q.to).asks);
  if (answer == consent_answer::deny) return refusal("secrecy-opposed", "the patient refused that this is sent there");
  if (answer == consent_answer::not_collected && !q.rule.send_when_not_collected)
    return refusal("secrecy-consent-not-collected",
                   "the patient's choice is not collected, and the configuration sends only what was agreed to");
  return std::nullopt;
}

}  // namespace

std::optional<audience> audience_named(std::string_view configured) {
  for (const auto& row : audiences)
    if (configured == row.name) return row.who;
  return std::nullopt;
}

const char* name_of(audience who) { return row_of(who).name; }
secrecy_rule default_rule(audience who) { return row_of(who).rule; }

std::optional<model::issue> why_withheld(const secrecy_question& q) {
  if (q.to == audience::internal || q.message.patients.empty()) return std::nullopt;
  std::vector<std::string> flags(q.flags.begin(), q.flags.end());
  for (const auto& patient : q.message.patients)
    flags.insert(flags.end(), patient.identity_flags.begin(), patient.identity_flags.end());
  if (stops_sending(flags))
    return refusal("secrecy-identity-flag", "the identity is marked as invalid, doubtful, fictive or hidden");
  if (q.message.document.status == "deleted") return std::nullopt;
  if (auto why = why_masked(q)) return why;
  const bool is_qualified = std::all_of(q.message.patients.begin(), q.message.patients.end(), [](const auto& patient) {
    return patient.identity_status == facts::identity_status::qualified;
  });
  if (q.to == audience::patient && !is_qualified)
    return refusal("secrecy-identity-not-qualified", "to the patient only with a qualified identity");
  return why_not_wanted(q);
}

}  // namespace liaison::identity
