// SPDX-License-Identifier: Apache-2.0
#include "consents.hpp"

#include "decode.hpp"
#include "encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

// ZFA-6 and -7 are oppositions: yes means that the patient denies.
constexpr choice table[] = {
    {"ZFA", 9, 10, "dmp-feeding", "Alimentation du DMP", "INO", "IO"},
    {"ZFA", 11, 12, "dmp-consultation", "Consultation du DMP", "IC", "INC"},
    {"ZFA", 4, 5, "dmp-access", "Accès de l'établissement au DMP", "Y", "N"},
    {"ZFA", 6, 8, "dmp-break-glass", "Accès au DMP en mode bris de glace", "N", "Y"},
    {"ZFA", 7, 8, "dmp-emergency-centre", "Accès au DMP du centre de régulation", "N", "Y"},
    {"ZFD", 3, 0, "sms", "Envoi de SMS", "Y", "N"},
};

void write_consent(decoding& d, const segment& from, const choice& row, std::string_view raw, std::string_view value) {
  const resource_ref consent = d.pivot.add("Consent");
  const spot to{consent, ""};
  consent.set("status", "active");
  (to / "scope/coding/0/system").set("http://terminology.hl7.org/CodeSystem/consentscope");
  (to / "scope/coding/0/code").set("patient-privacy");
  (to / "category/0/coding/0/system").set(system_consent_kind);
  (to / "category/0/coding/0/code").set(row.kind);
  (to / "category/0/coding/0/display").set(row.display);
  consent.set_reference("patient", d.patient);
  if (row.date != 0) write_time(d, from[row.date].component(1), to / "dateTime");
  // A Consent of FHIR names a policy; the choice itself is the provision.
  (to / "policyRule/coding/0/system").set("http://terminology.hl7.org/CodeSystem/v3-ActCode");
  (to / "policyRule/coding/0/code").set(value == "permit" ? "OPTIN" : "OPTOUT");
  (to / "provision/type").set(d.values.as(raw, std::string(value)));
}

}  // namespace

std::span<const choice> choices() { return table; }

std::string_view value_of_choice(const choice& of, std::string_view code) {
  if (code == "NA" || code == "\"\"") return "not-collected";
  return code == of.permit ? "permit" : code == of.deny ? "deny" : std::string_view{};
}

void write_consents(decoding& d) {
  if (!d.patient) return;
  for (const choice& row : table) {
    const segment from = d.of.find(row.segment);
    if (!from) continue;
    // What was not collected is no Consent: it stays a field of its own.
    const std::string_view raw = from[row.field].component(1), value = value_of_choice(row, trim(raw));
    if (value == "permit" || value == "deny") write_consent(d, from, row, raw, value);
  }
}

void put_consents(encoding& e) {
  for (const json_value* consent = nullptr; const choice& row : table) {
    for (std::size_t i = 0; i < e.in.entry_count(); ++i) {
      consent = &e.in.resource(i);
      if (pivot_reader::text(consent, "resourceType") != "Consent" ||
          pivot_reader::text(consent, "category/0/coding/0/code") != row.kind)
        continue;
      const std::string value = pivot_reader::text(consent, "provision/type");
      const std::string_view code = value == "permit" ? row.permit : value == "deny" ? row.deny : std::string_view{};
      const auto known = e.by_name.find({std::string(row.segment), 1U});
      if (code.empty() || pivot_reader::text(consent, "status") != "active") continue;
      out_segment& to = known == e.by_name.end() ? e.add(std::string(row.segment), rank_z) : *known->second;
      e.put_as(consent, "provision/type", to, {row.field}, code);
      for (const char* said : {"status", "scope", "category", "policyRule"}) e.in.envelope(consent, said);
      if (row.date == 0) continue;
      const auto stamp = hl7_from_fhir(pivot_reader::text(consent, "dateTime"), hl7_zone::drop);
      if (stamp) e.put_as(consent, "dateTime", to, {row.date}, *stamp);
    }
  }
}

}  // namespace liaison::hl7v2
