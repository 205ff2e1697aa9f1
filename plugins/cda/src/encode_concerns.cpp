// SPDX-License-Identifier: Apache-2.0
// Problems and allergies as acts: the concern and the observations in it.
#include "datatypes.hpp"
#include "encode_entries.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <array>
#include <utility>

namespace liaison::cda {
namespace {

constexpr std::string_view oid_snomed = "2.16.840.1.113883.6.96";
constexpr std::string_view oid_act_code = "2.16.840.1.113883.5.4";

const json_value* our_extension(const json_value* resource, std::string_view name) {
  return writing::extension(resource, std::string(extension_base) + std::string(name));
}

/// A code that stands for one of FHIR's.
struct code_choice {
  std::string_view fhir, code, display, system;
};

/// The element `name` with the code for `said`; false when the table has none.
template <std::size_t Size>
bool write_choice(const writing& w, const std::array<code_choice, Size>& rows, const sourced& said,
                  std::string_view name, std::string_view xsi_type = {}) {
  for (const code_choice& row : rows) {
    if (row.fhir == said.text) {
      const xml_out::element element(w.out, name);
      w.out.attribute("xsi:type", xsi_type);
      w.out.attribute("code", with(std::string(row.code), said)).attribute("displayName", row.display);
      w.out.attribute("codeSystem", row.system).attribute("codeSystemName", name_of_oid(row.system));
      return true;
    }
  }
  return false;
}

/// An observation that says one thing of the act above it.
void open_detail(const writing& w, std::string_view type, std::string_view inversion,
                 std::initializer_list<std::string_view> templates, std::string_view code, std::string_view display,
                 std::string_view system, const std::string& label) {
  w.out.open("entryRelationship");
  w.out.attribute("typeCode", type).attribute("inversionInd", inversion);
  w.out.open("observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_templates(w, templates);
  w.out.leaf("id", {{"root", cda_root(uuid_v5("detail " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"code", code}, {"displayName", display}, {"codeSystem", system}});
  write_label_reference(w, label);
  w.out.leaf("statusCode", {{"code", "completed"}});
}

void close_detail(const writing& w) {
  w.out.close();
  w.out.close();
}

void write_severity(const writing& w, const json_value* coded, const sourced& plain, const std::string& label) {
  static constexpr std::array<code_choice, 3> severities{{{"mild", "255604002", "Léger", oid_snomed},
                                                          {"moderate", "6736007", "Modéré", oid_snomed},
                                                          {"severe", "24484000", "Sévère", oid_snomed}}};
  if (coded == nullptr && plain.empty()) {
    return;
  }
  open_detail(w, "SUBJ", "true",
              {"2.16.840.1.113883.10.20.1.55", "1.3.6.1.4.1.19376.1.5.3.1.4.1", "1.2.250.1.213.1.1.3.29"}, "SEV",
              "Sévérité", oid_act_code, label);
  if (!write_code(w, coded, "value", "CD")) {
    write_choice(w, severities, plain, "value", "CD");
  }
  close_detail(w);
}

/// Clinical status: the source's own code where the pivot keeps it, else FHIR's.
void write_clinical_status(const writing& w, const json_value* resource, const std::string& label) {
  static constexpr std::string_view oid_condition = "2.16.840.1.113883.4.642.1.1074";
  static constexpr std::string_view oid_allergy = "2.16.840.1.113883.4.642.4.1373";
  static constexpr std::array<code_choice, 6> statuses{{{"active", "active", "Actif", oid_condition},
                                                        {"inactive", "inactive", "Inactif", oid_condition},
                                                        {"resolved", "resolved", "Résolu", oid_condition},
                                                        {"recurrence", "recurrence", "Récurrent", oid_condition},
                                                        {"relapse", "relapse", "Rechute", oid_condition},
                                                        {"remission", "remission", "En rémission", oid_condition}}};
  static constexpr std::array<code_choice, 3> allergy_statuses{{{"active", "active", "Actif", oid_allergy},
                                                                {"inactive", "inactive", "Inactif", oid_allergy},
                                                                {"resolved", "resolved", "Résolu", oid_allergy}}};
  const sourced status = w.get(resource, "clinicalStatus/coding/0/code");
  w.pivot.envelope(resource, "clinicalStatus/coding/0/system");
  const json_value* own = writing::item(resource, "clinicalStatus/coding", 1);
  const json_value* concern = our_extension(resource, "concern");
  if (status.empty() || (own == nullptr && concern != nullptr)) {
    w.out.carry(status);  // the concern's own status and times said it
    return;
  }
  open_detail(w, "REFR", "false",
              {"2.16.840.1.113883.10.20.1.50", "2.16.840.1.113883.10.20.1.57", "1.3.6.1.4.1.19376.1.5.3.1.4.1.1",
               "1.2.250.1.213.1.1.3.30"},
              "33999-4", "Statut", oid_loinc, label);
  if (own != nullptr) {
    w.out.carry(status);
    write_code(w, own, "value", "CE");
  } else if (writing::text(resource, "resourceType") == "AllergyIntolerance") {
    write_choice(w, allergy_statuses, status, "value", "CE");
  } else {
    write_choice(w, statuses, status, "value", "CE");
  }
  close_detail(w);
}

void write_verification(const writing& w, const json_value* resource, const std::string& label) {
  static constexpr std::string_view oid_certainty = "2.16.840.1.113883.4.642.1.1075";
  static constexpr std::array<code_choice, 4> certainties{
      {{"confirmed", "confirmed", "Confirmé", oid_certainty},
       {"unconfirmed", "unconfirmed", "Non confirmé", oid_certainty},
       {"provisional", "unconfirmed", "Provisoire", oid_certainty},
       {"differential", "unconfirmed", "Possible", oid_certainty}}};
  const json_value* coding = writing::item(resource, "verificationStatus/coding", 0);
  const std::string code = writing::text(coding, "code");
  if (code.empty() || code == "refuted") {  // said by negationInd
    return;
  }
  open_detail(w, "SUBJ", "true",
              {"1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48", "1.2.250.1.213.1.1.3.171"}, "66455-7",
              "Certitude", oid_loinc, label);
  w.out.leaf("effectiveTime", {{"nullFlavor", "NA"}});
  write_choice(w, certainties, w.get(coding, "code"), "value", "CD");
  close_detail(w);
}

void write_negation_of(const writing& w, const json_value* resource) {
  const sourced status = w.get(resource, "verificationStatus/coding/0/code");
  w.pivot.envelope(resource, "verificationStatus/coding/0/system");
  if (status.text == "refuted") {
    w.out.attribute("negationInd", with("true", status));
  }
}

/// effectiveTime with low and, when it ended, high: both as the source has them.
void write_span(const writing& w, const json_value* resource, const char* from, const char* until) {
  const xml_out::element time(w.out, "effectiveTime");
  w.out.attribute("xsi:type", "IVL_TS");
  if (!write_time(w, resource, from, "low")) {
    w.out.leaf("low", {{"nullFlavor", "UNK"}});
  }
  write_time(w, resource, until, "high");
}

constexpr std::array<code_choice, 3> problem_kinds{{{"problem-list-item", "55607006", "Problème", oid_snomed},
                                                    {"encounter-diagnosis", "282291009", "Diagnostic", oid_snomed},
                                                    {"", "282291009", "Diagnostic", oid_snomed}}};

void write_problem_observation(const entry_scope& at, const json_value* condition) {
  const writing& w = at.w;
  const xml_out::element observation(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_negation_of(w, condition);
  write_templates(w, {"2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37"});
  write_act_ids(w, condition);
  const json_value* category = writing::item(condition, "category", 0);
  const std::string label = label_of(w, condition);
  const std::string kind = writing::text(category, "coding/0/code");
  const bool listed = kind == "404684003" || kind == "55607006" || kind == "64572001" || kind == "248536006" ||
                      kind == "1269496002" || kind == "418799008" || kind == "282291009";
  if (listed) {
    write_code(w, category, "code");
  } else {
    write_choice(w, problem_kinds, sourced(kind == "problem-list-item" ? kind : ""), "code");
    w.pivot.carry(category, "", w.out.location());
  }
  write_label_reference(w, label);
  w.out.leaf("statusCode", {{"code", "completed"}});
  write_span(w, condition, "onsetDateTime", "abatementDateTime");
  if (!write_code(w, writing::find(condition, "code"), "value", "CD", label)) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "CD");
    write_original_text(w, sourced(label), when_not_shown::write_inline);
  }
  write_code(w, writing::item(condition, "bodySite", 0), "targetSiteCode");
  write_act_author(w, writing::find(condition, "recorder"), condition, "recordedDate");
  write_severity(w, writing::find(condition, "severity"), {}, label);
  write_clinical_status(w, condition, label);
  write_verification(w, condition, label);
  write_act_links(at, condition);
}

/// What an allergy is, by SNOMED CT; the source's own code stands in the extension `allergy-kind`.
struct allergy_kind {
  std::string_view category, allergy, allergy_label, intolerance, intolerance_label;
};
constexpr std::array<allergy_kind, 3> allergy_kinds{
    {{"medication", "416098002", "allergie médicamenteuse", "609398007",
      "hypersensibilité non allergique à une drogue ou un médicament"},
     {"food", "414285001", "allergie alimentaire", "735449006", "hypersensibilité non allergique alimentaire"},
     {"", "419199007", "allergie à une substance", "609396006", "hypersensibilité non allergique"}}};

void write_allergy_kind(const writing& w, const json_value* allergy) {
  if (write_extension_code(w, allergy, "allergy-kind", "code")) {
    return;
  }
  const sourced category = w.get(allergy, "category/0");
  const sourced type = w.get(allergy, "type");
  for (const allergy_kind& row : allergy_kinds) {
    if (row.category == category.text || row.category.empty()) {
      const bool intolerance = type.text == "intolerance";
      const xml_out::element code(w.out, "code");
      w.out.attribute("code", with(std::string(intolerance ? row.intolerance : row.allergy), category));
      w.out.carry(type, "code");
      w.out.attribute("displayName", intolerance ? row.intolerance_label : row.allergy_label);
      w.out.attribute("codeSystem", oid_snomed).attribute("codeSystemName", name_of_oid(oid_snomed));
      return;
    }
  }
}

void write_agent(const writing& w, const json_value* allergy) {
  const json_value* code = writing::find(allergy, "code");
  if (writing::find(code, "coding/0") == nullptr && writing::text(code, "text").empty()) {
    return;
  }
  const xml_out::element participant(w.out, "participant");
  w.out.attribute("typeCode", "CSM");
  const xml_out::element role(w.out, "participantRole");
  w.out.attribute("classCode", "MANU");
  const xml_out::element entity(w.out, "playingEntity");
  w.out.attribute("classCode", "MMAT");
  write_code(w, code, "code", "", label_of(w, allergy));
  write_product_name(w, code, "name");
}

void write_reaction(const entry_scope& at, const json_value* reaction, const std::string& label) {
  const writing& w = at.w;
  for (std::size_t i = 0; const json_value* manifestation = writing::item(reaction, "manifestation", i); ++i) {
    open_detail(w, "MFST", "",
                {"2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "2.16.840.1.113883.10.20.1.54",
                 "1.2.250.1.213.1.1.3.37"},
                "418799008", "Symptôme", oid_snomed, label);
    write_span(w, reaction, "onset", "");
    write_code(w, manifestation, "value", "CD", label);
    write_severity(w, nullptr, w.get(reaction, "severity"), label);
    close_detail(w);
  }
}

void write_criticality(const writing& w, const json_value* allergy, const std::string& label) {
  static constexpr std::array<code_choice, 3> levels{
      {{"low", "low", "Risque faible", "2.16.840.1.113883.4.642.4.130"},
       {"high", "high", "Risque élevé", "2.16.840.1.113883.4.642.4.130"},
       {"unable-to-assess", "unable-to-assess", "Impossible d'évaluer le risque", "2.16.840.1.113883.4.642.4.130"}}};
  const sourced level = w.get(allergy, "criticality");
  if (level.empty()) {
    return;
  }
  open_detail(w, "SUBJ", "true",
              {"1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48", "1.2.250.1.213.1.1.3.172"}, "82606-5",
              "Criticité", oid_loinc, label);
  w.out.leaf("effectiveTime", {{"nullFlavor", "NA"}});
  write_choice(w, levels, level, "value", "CE");
  close_detail(w);
}

void write_allergy_observation(const entry_scope& at, const json_value* allergy) {
  const writing& w = at.w;
  const xml_out::element observation(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_negation_of(w, allergy);
  write_templates(w, {"2.16.840.1.113883.10.20.1.18", "2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5",
                      "1.3.6.1.4.1.19376.1.5.3.1.4.6", "1.2.250.1.213.1.1.3.41"});
  write_act_ids(w, allergy);
  write_allergy_kind(w, allergy);
  const std::string label = label_of(w, allergy);
  write_label_reference(w, label);
  w.out.leaf("statusCode", {{"code", "completed"}});
  write_span(w, allergy, "onsetDateTime", "");
  const json_value* finding = our_extension(allergy, "allergy-finding");
  if (!write_code(w, writing::find(finding, "valueCodeableConcept"), "value", "CD", label)) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "CD");
    write_original_text(w, sourced(label), when_not_shown::write_inline);
  }
  write_act_author(w, writing::find(allergy, "recorder"), allergy, "recordedDate");
  write_agent(w, allergy);
  write_clinical_status(w, allergy, label);
  write_criticality(w, allergy, label);
  write_verification(w, allergy, label);
  for (std::size_t i = 0; const json_value* reaction = writing::item(allergy, "reaction", i); ++i) {
    write_reaction(at, reaction, label);
  }
  write_act_links(at, allergy);
}

/// id, status and times of the concern that holds the members: its own where the pivot keeps them.
void write_concern_head(const writing& w, const std::vector<const json_value*>& members) {
  const json_value* id = nullptr;
  const json_value* period = nullptr;
  sourced status;
  for (const json_value* member : members) {
    const json_value* concern = our_extension(member, "concern");
    for (std::size_t i = 0; const json_value* part = writing::item(concern, "extension", i); ++i) {
      const std::string name = writing::text(part, "url");
      w.pivot.envelope(part, "url");
      id = name == "identifier" ? writing::find(part, "valueIdentifier") : id;
      period = name == "period" ? writing::find(part, "valuePeriod") : period;
      status = name == "status" ? w.get(part, "valueCode") : status;
    }
    if (concern != nullptr && member != members.front()) {
      w.pivot.carry(concern, "", w.out.location());
    }
  }
  if (id != nullptr) {
    write_id(w, id);
  } else {
    w.out.leaf("id",
               {{"root", cda_root(uuid_v5("concern " + w.pivot.pointer(members.front()) + w.of.options().id_seed))}});
  }
  w.out.leaf("code", {{"nullFlavor", "NA"}});
  const std::string clinical = writing::text(members.front(), "clinicalStatus/coding/0/code");
  const bool over = clinical == "resolved" || clinical == "inactive" || clinical == "remission";
  {
    const xml_out::element element(w.out, "statusCode");
    status.empty() ? (void)w.out.attribute("code", over ? "completed" : "active")
                   : (void)w.out.attribute("code", status);
  }
  const bool closed = status.empty() ? over : status.text != "active" && status.text != "suspended";
  const xml_out::element time(w.out, "effectiveTime");
  if (!write_time(w, period, "start", "low")) {
    const std::string from = ts_of(writing::text(members.front(), "onsetDateTime"));
    from.empty() ? w.out.leaf("low", {{"nullFlavor", "UNK"}}) : w.out.leaf("low", {{"value", from}});
  }
  if (!write_time(w, period, "end", "high") && closed) {
    const std::string until = ts_of(writing::text(members.front(), "abatementDateTime"));
    until.empty() ? w.out.leaf("high", {{"nullFlavor", "UNK"}}) : w.out.leaf("high", {{"value", until}});
  }
}

void write_concern_acts(const entry_scope& at, const std::vector<const json_value*>& members, bool allergies) {
  const writing& w = at.w;
  if (at.depth > 0 || at.section_code == "42349-1") {  // below another act and as a reason it stands alone
    allergies ? write_allergy_observation(at, members.front()) : write_problem_observation(at, members.front());
    return;
  }
  const xml_out::element act(w.out, "act");
  w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
  write_templates(w, {"2.16.840.1.113883.10.20.1.27", "1.3.6.1.4.1.19376.1.5.3.1.4.5.1"});
  write_templates(w, {allergies ? "1.3.6.1.4.1.19376.1.5.3.1.4.5.3" : "1.3.6.1.4.1.19376.1.5.3.1.4.5.2",
                      allergies ? "1.2.250.1.213.1.1.3.40" : "1.2.250.1.213.1.1.3.39"});
  write_concern_head(w, members);
  for (const json_value* member : members) {
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", "SUBJ").attribute("inversionInd", "false");
    allergies ? write_allergy_observation(at.deeper(), member) : write_problem_observation(at.deeper(), member);
  }
}

}  // namespace

void write_concern(const entry_scope& at, const std::vector<const json_value*>& members) {
  const writing& w = at.w;
  const bool allergies = writing::text(members.front(), "resourceType") == "AllergyIntolerance";
  const bool claimed = std::exchange(w.narrative.claims_templates, true);  // what a concern is, its templates say
  write_concern_acts(at, members, allergies);
  w.narrative.claims_templates = claimed;
}

}  // namespace liaison::cda
