// SPDX-License-Identifier: Apache-2.0
// Medications and vaccines as substanceAdministration. A timing that PIVL_TS and EIVL_TS cannot say stays in the
// narrative and is listed as not carried.
#include "datatypes.hpp"
#include "encode_entries.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

constexpr std::string_view oid_act_code = "2.16.840.1.113883.5.4";

/// Product of a medication: the Medication that is referred to, else the code itself.
struct product {
  const json_value* code = nullptr;
  const json_value* medication = nullptr;
};

product product_of(const writing& w, const json_value* resource) {
  const json_value* medication = w.resolve(resource, "medicationReference");
  return medication != nullptr ? product{writing::find(medication, "code"), medication}
                               : product{writing::find(resource, "medicationCodeableConcept"), nullptr};
}

void write_ingredient(const writing& w, const json_value* ingredient) {
  const xml_out::element element(w.out, "pharm:ingredient");
  w.out.attribute("classCode", "ACTI");
  if (writing::find(ingredient, "strength/numerator/value") != nullptr) {
    const xml_out::element quantity(w.out, "pharm:quantity");
    for (const char* part : {"numerator", "denominator"}) {
      const xml_out::element bound(w.out, part);
      w.out.attribute("xsi:type", "PQ");
      quantity_attributes(w, writing::find(ingredient, std::string("strength/") + part));
    }
  }
  const xml_out::element substance(w.out, "pharm:ingredient");
  w.out.attribute("classCode", "MMAT").attribute("determinerCode", "KIND");
  const json_value* item = writing::find(ingredient, "itemCodeableConcept");
  write_code(w, item, "pharm:code");
  write_product_name(w, item, "pharm:name");
}

void write_consumable(const writing& w, const product& made, const std::string& label, std::string_view lot_path,
                      const json_value* lot_holder, const json_value* manufacturer) {
  const xml_out::element consumable(w.out, "consumable");
  w.out.attribute("typeCode", "CSM");
  const xml_out::element manufactured(w.out, "manufacturedProduct");
  w.out.attribute("classCode", "MANU");
  // The product of the CI-SIS is coded in CIS; others are held to IHE's template only.
  const bool cis = oid_of_system(writing::text(made.code, "coding/0/system")) == "1.2.250.1.213.2.3.1";
  write_templates(
      w, {cis ? "1.2.250.1.213.1.1.3.43" : "", "2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2"});
  {
    const xml_out::element material(w.out, "manufacturedMaterial");
    cis ? (void)write_code(w, made.code, "code", "", label) : write_foreign_code(w, made.code, "code", label);
    write_product_name(w, made.code, "name");
    const sourced lot = w.get(lot_holder, lot_path);
    if (!lot.empty()) {
      const xml_out::element element(w.out, "lotNumberText");
      w.out.text(lot);
    }
    write_code(w, writing::find(made.medication, "form"), "pharm:formCode");
    for (std::size_t i = 0; const json_value* ingredient = writing::item(made.medication, "ingredient", i); ++i) {
      write_ingredient(w, ingredient);
    }
  }
  if (manufacturer != nullptr) {
    write_organization(w, manufacturer, "manufacturerOrganization");
  }
}

/// A decimal without its point and zeros: "8" of 24 / 3; empty when it does not come out even.
std::string quotient(std::string_view period, std::string_view frequency) {
  if (!is_digits(period) || !is_digits(frequency) || period.size() > 6 || frequency.size() > 6) {
    return {};
  }
  const int by = std::stoi(std::string(frequency));
  const int all = std::stoi(std::string(period));
  return by != 0 && all % by == 0 ? std::to_string(all / by) : std::string();
}

/// "2 times a day" is every 12 hours: PIVL_TS has a period and no frequency.
bool write_period(const writing& w, const json_value* repeat) {
  const sourced period = w.get(repeat, "period");
  const sourced unit = w.get(repeat, "periodUnit");
  const sourced said_frequency = w.get(repeat, "frequency");
  const std::string frequency = said_frequency.empty() ? "1" : said_frequency.text;
  if (period.empty() || unit.empty()) {
    return false;
  }
  std::string value = frequency == "1" ? period.text : quotient(period.text, frequency);
  std::string in = unit.text;
  if (value.empty() && unit.text == "d" && is_digits(period.text) && period.text.size() < 4) {
    value = quotient(std::to_string(std::stoi(period.text) * 24), frequency);
    in = "h";
  }
  if (value.empty()) {
    return false;
  }
  const xml_out::element time(w.out, "effectiveTime");
  w.out.attribute("xsi:type", "PIVL_TS").attribute("operator", "A");
  if (frequency != "1") {
    w.out.attribute("institutionSpecified", "true");
  }
  const xml_out::element element(w.out, "period");
  w.out.attribute("value", with(value, period)).attribute("unit", with(in, unit));
  w.out.carry(said_frequency, "value");
  return true;
}

void write_timing(const writing& w, const json_value* dosage) {
  const json_value* repeat = writing::find(dosage, "timing/repeat");
  write_period(w, repeat);
  for (std::size_t i = 0; const json_value* when = writing::item(repeat, "when", i); ++i) {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.attribute("xsi:type", "EIVL_TS").attribute("operator", "A");
    const xml_out::element event(w.out, "event");
    w.out.attribute("code", w.get(when, ""));
  }
}

void write_dose(const writing& w, const json_value* dosage, const std::string& kind, std::string_view name) {
  const json_value* dose = writing::find(dosage, "doseAndRate/0");
  if (const json_value* quantity = writing::find(dose, kind + "Quantity")) {
    const xml_out::element element(w.out, name);  // CI-SIS: both bounds, always
    write_bound(w, quantity, "low");
    write_bound(w, quantity, "high");
  } else if (const json_value* range = writing::find(dose, kind + "Range")) {
    const xml_out::element element(w.out, name);
    write_bound(w, writing::find(range, "low"), "low");
    write_bound(w, writing::find(range, "high"), "high");
  }
}

/// What stands between the times and the product: the schema's order.
void write_dosage(const writing& w, const json_value* dosage) {
  write_code_of(w, writing::find(dosage, "route"), "routeCode", {"2.16.840.1.113883.5.112", "0.4.0.127.0.16.1.1.2.1"});
  write_code(w, writing::find(dosage, "site"), "approachSiteCode");
  write_dose(w, dosage, "dose", "doseQuantity");
  write_dose(w, dosage, "rate", "rateQuantity");
  if (const json_value* most = writing::find(dosage, "maxDosePerPeriod")) {
    const xml_out::element element(w.out, "maxDoseQuantity");
    write_bound(w, writing::find(most, "numerator"), "numerator");
    write_bound(w, writing::find(most, "denominator"), "denominator");
  }
}

void write_precondition(const writing& w, const json_value* dosage) {
  const sourced condition = w.get(dosage, "asNeededCodeableConcept/text");
  if (condition.empty()) {
    return;
  }
  const xml_out::element precondition(w.out, "precondition");
  const xml_out::element criterion(w.out, "criterion");
  write_comment_text(w, condition);
}

/// The printed posology: the narrative that shows it.
void write_posology_text(const writing& w, const json_value* dosage, const std::string& label) {
  const sourced text = w.get(dosage, "text");
  const auto shown = w.narrative.id_of_text.find(text.text);
  if (text.empty() || shown == w.narrative.id_of_text.end()) {
    write_label_reference(w, label);
    return;
  }
  const xml_out::element element(w.out, "text");
  const xml_out::element reference(w.out, "reference");
  w.out.attribute("value", with("#" + shown->second, text));
}

/// Second and later dosages: split or tapered doses, each an act of its own.
void write_more_dosages(const writing& w, const json_value* resource, const std::string& dosage_name) {
  for (std::size_t i = 1; const json_value* dosage = writing::item(resource, dosage_name, i); ++i) {
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", "COMP");
    const xml_out::element act(w.out, "substanceAdministration");
    w.out.attribute("classCode", "SBADM").attribute("moodCode", "INT");
    write_posology_text(w, dosage, "");
    write_timing(w, dosage);
    write_dosage(w, dosage);
    const xml_out::element consumable(w.out, "consumable");
    const xml_out::element product_element(w.out, "manufacturedProduct");
    const xml_out::element material(w.out, "manufacturedMaterial");
    w.out.attribute("nullFlavor", "NA");
  }
}

void write_supply(const writing& w, const json_value* request) {
  const json_value* dispense = writing::find(request, "dispenseRequest");
  const sourced repeats = w.get(dispense, "numberOfRepeatsAllowed");
  if (repeats.empty() && writing::find(dispense, "quantity/value") == nullptr) {
    return;
  }
  const xml_out::element link(w.out, "entryRelationship");
  w.out.attribute("typeCode", "COMP");
  const xml_out::element supply(w.out, "supply");
  w.out.attribute("classCode", "SPLY").attribute("moodCode", "RQO");
  w.out.leaf("independentInd", {{"value", "false"}});
  if (is_digits(repeats.text) && repeats.text.size() < 4) {
    const xml_out::element number(w.out, "repeatNumber");  // CDA counts the first one too
    w.out.attribute("value", with(std::to_string(std::stoi(repeats.text) + 1), repeats));
  }
  write_bound(w, writing::find(dispense, "quantity"), "quantity");
}

/// statusCode is always completed (IHE PCC); what the pivot says beyond that is an observation of its own.
void write_medication_status(const writing& w, const sourced& status) {
  struct status_row {
    std::string_view fhir, code, display;
  };
  static constexpr std::array<status_row, 6> rows{{{"active", "55561003", "Actif"},
                                                   {"intended", "55561003", "Actif"},
                                                   {"on-hold", "421139008", "Suspendu"},
                                                   {"stopped", "73425007", "Inactif"},
                                                   {"cancelled", "73425007", "Inactif"},
                                                   {"entered-in-error", "723510000", "Saisi par erreur"}}};
  for (const status_row& row : rows) {
    if (row.fhir == status.text) {
      const xml_out::element link(w.out, "entryRelationship");
      w.out.attribute("typeCode", "REFR");
      const xml_out::element observation(w.out, "observation");
      w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
      w.out.leaf("templateId", {{"root", "2.16.840.1.113883.10.20.1.47"}});
      w.out.leaf("code", {{"code", "33999-4"}, {"displayName", "Statut"}, {"codeSystem", oid_loinc}});
      w.out.leaf("statusCode", {{"code", "completed"}});
      const xml_out::element value(w.out, "value");
      w.out.attribute("xsi:type", "CE").attribute("code", with(std::string(row.code), status));
      w.out.attribute("displayName", row.display).attribute("codeSystem", "2.16.840.1.113883.6.96");
      return;
    }
  }
}

void write_category(const writing& w, const json_value* category) {
  // FHIR's own categories (inpatient, outpatient) say where, not what is given.
  const bool own = !oid_of_system(writing::text(category, "coding/0/system")).empty();
  if (!own || !write_code(w, category, "code")) {
    w.out.leaf("code", {{"code", "DRUG"}, {"displayName", "Médicament"}, {"codeSystem", oid_act_code}});
  }
}

}  // namespace

void write_medication_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const bool request = writing::text(resource, "resourceType") == "MedicationRequest";
  const xml_out::element act(w.out, "substanceAdministration");
  w.out.attribute("classCode", "SBADM");
  const sourced intent = w.get(resource, "intent");
  const sourced mood = w.get(writing::extension(resource, std::string(extension_base) + "mood"), "valueCode");
  w.out.attribute("moodCode", !mood.empty() ? mood
                              : request     ? with(intent.text == "proposal" ? "PRP" : "INT", intent)
                                            : sourced("EVN"));
  w.out.carry(intent, "moodCode");
  const sourced status = w.get(resource, "status");
  if (status.text == "not-taken" || writing::text(resource, "doNotPerform") == "true") {
    w.out.attribute("negationInd", with("true", request ? w.get(resource, "doNotPerform") : status));
  }
  const std::string dosage_name = request ? "dosageInstruction" : "dosage";
  const bool split = writing::item(resource, dosage_name, 1) != nullptr;
  if (mood.empty() && intent.text != "proposal") {  // IHE PCC: what was given or is to be given
    write_templates(w, {"1.2.250.1.213.1.1.3.42", "2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.7",
                        split ? "1.3.6.1.4.1.19376.1.5.3.1.4.9" : "1.3.6.1.4.1.19376.1.5.3.1.4.7.1"});
  }
  write_act_ids(w, resource);
  write_category(w, request ? writing::item(resource, "category", 0) : writing::find(resource, "category"));
  const json_value* dosage = writing::item(resource, dosage_name, 0);
  write_posology_text(w, dosage, label_of(w, resource));
  {
    const xml_out::element completed(w.out, "statusCode");
    status.text == "completed" ? (void)w.out.attribute("code", status) : (void)w.out.attribute("code", "completed");
  }
  const json_value* bounds =
      request ? writing::find(dosage, "timing/repeat/boundsPeriod") : writing::find(resource, "effectivePeriod");
  {
    const xml_out::element time(w.out, "effectiveTime");
    const bool single = bounds == nullptr && (!writing::text(resource, "effectiveDateTime").empty() ||
                                              !writing::text(dosage, "timing/event/0").empty());
    w.out.attribute("xsi:type", "IVL_TS");
    if (single) {
      write_time(w, request ? dosage : resource, request ? "timing/event/0" : "effectiveDateTime", "low");
      w.out.leaf("high", {{"nullFlavor", "UNK"}});
    } else {
      if (!write_time(w, bounds, "start", "low")) {
        w.out.leaf("low", {{"nullFlavor", "UNK"}});
      }
      if (!write_time(w, bounds, "end", "high")) {
        w.out.leaf("high", {{"nullFlavor", "UNK"}});
      }
    }
  }
  write_timing(w, dosage);
  write_dosage(w, dosage);
  write_consumable(w, product_of(w, resource), label_of(w, resource), "batch/lotNumber",
                   w.resolve(resource, "medicationReference"), nullptr);
  write_act_author(w, writing::find(resource, request ? "requester" : "informationSource"), resource,
                   request ? "authoredOn" : "dateAsserted");
  write_people(w, resource);
  write_more_dosages(w, resource, dosage_name);
  write_reasons(at, resource);
  write_supply(w, resource);
  write_medication_status(w, status);
  write_act_links(at, resource);
  write_precondition(w, dosage);
}

namespace {

// JDV_ImmunizationRouteCodes_CISIS (EDQM) and JDV_ImmunizationApproachSiteCode_CISIS (SNOMED CT)
constexpr std::array<std::string_view, 5> vaccine_routes{"20020000", "20030000", "20035000", "20053000", "20066000"};
constexpr std::array<std::string_view, 10> vaccine_sites{
    "11207009", "61396006",          "64262003",          "66480008",  "91774008",
    "91775009", "16217661000119109", "16217701000119102", "723979003", "723980000"};

/// A code outside the list leaves as a translation.
template <std::size_t Size>
void write_listed_code(const writing& w, const json_value* node, std::string_view name,
                       const std::array<std::string_view, Size>& codes) {
  const std::string code = writing::text(node, "coding/0/code");
  if (code.empty() || std::find(codes.begin(), codes.end(), code) != codes.end()) {
    write_code(w, node, name);
  } else {
    write_translated_code(w, node, name);
  }
}

}  // namespace

void write_vaccine_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const xml_out::element act(w.out, "substanceAdministration");
  const sourced status = w.get(resource, "status");
  w.out.attribute("classCode", "SBADM").attribute("moodCode", "EVN");
  w.out.attribute("negationInd", with(status.text == "not-done" ? "true" : "false", status));
  write_templates(w, {"2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.12", "1.2.250.1.213.1.1.3.45"});
  write_act_ids(w, resource);
  if (!write_extension_code(w, resource, "act-code", "code")) {
    w.out.leaf("code", {{"code", "IMMUNIZ"}, {"displayName", "Vaccination"}, {"codeSystem", oid_act_code}});
  }
  write_label_reference(w, label_of(w, resource));
  w.out.leaf("statusCode", {{"code", "completed"}});
  if (!write_time(w, resource, "occurrenceDateTime", "effectiveTime")) {
    w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
  }
  write_listed_code(w, writing::find(resource, "route"), "routeCode", vaccine_routes);
  write_listed_code(w, writing::find(resource, "site"), "approachSiteCode", vaccine_sites);
  write_bound(w, writing::find(resource, "doseQuantity"), "doseQuantity");
  write_consumable(w, {writing::find(resource, "vaccineCode"), nullptr}, label_of(w, resource), "lotNumber", resource,
                   w.resolve(resource, "manufacturer"));
  write_act_performers(w, resource, "performer", "actor");
  write_people(w, resource);
  const sourced number = w.get(resource, "protocolApplied/0/doseNumberPositiveInt");
  if (!number.empty()) {
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", "SUBJ");
    const xml_out::element observation(w.out, "observation");
    w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
    write_templates(w, {"2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82"});
    w.out.leaf("code", {{"code", "30973-2"}, {"displayName", "Rang de la vaccination"}, {"codeSystem", oid_loinc}});
    w.out.leaf("statusCode", {{"code", "completed"}});
    write_plain(w, number, "INT");
  }
  write_reasons(at, resource);
  write_act_links(at, resource);
}

}  // namespace liaison::cda
