// SPDX-License-Identifier: Apache-2.0
// substanceAdministration → MedicationStatement (what happened), MedicationRequest (what is intended) or
// Immunization. Posology that FHIR's Timing cannot say exactly stays as text.
#include "entries.hpp"
#include "lookup.hpp"
#include "oids.hpp"
#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct status_row {
  std::string_view cda, statement, request;
};
constexpr std::array<status_row, 6> statuses{{{"active", "active", "active"},
                                              {"completed", "completed", "completed"},
                                              {"suspended", "on-hold", "on-hold"},
                                              {"aborted", "stopped", "stopped"},
                                              {"cancelled", "stopped", "cancelled"},
                                              {"nullified", "entered-in-error", "entered-in-error"}}};

constexpr std::array<pair_row, 4> told_statuses{
    {{"55561003", "active"}, {"421139008", "on-hold"}, {"73425007", "stopped"}, {"723510000", "entered-in-error"}}};

const xmlNode* material_of(const xmlNode* act) {
  return descend(act, {"consumable", "manufacturedProduct", "manufacturedMaterial"});
}

/// Code of the product with its name as text; false when neither is there.
bool write_product(const reading& r, const xmlNode* material, const spot& to) {
  const sourced name = r.text(child(material, "name"));
  const bool coded = write_concept(r, child(material, "code"), to);
  write_second_name(r, material, name, to);
  return coded || !name.empty();
}

/// Form, ingredients and lot need a Medication of their own; else the code stands in the statement.
void write_product_of(reading& r, const xmlNode* act, const resource_ref& to) {
  const xmlNode* material = material_of(act);
  for (const xmlNode* wrapper :
       {child(act, "consumable"), descend(act, {"consumable", "manufacturedProduct"}), material}) {
    r.structure(wrapper);
  }
  const xmlNode* form = child(material, "formCode");
  const xmlNode* ingredient = child(material, "ingredient");
  const sourced lot = r.text(child(material, "lotNumberText"));
  if (form == nullptr && ingredient == nullptr && lot.empty()) {
    if (!write_product(r, material, {to, "medicationCodeableConcept"})) {
      to.set("medicationCodeableConcept/text", "—");
      r.added({to, "medicationCodeableConcept"}, "—", "FHIR requires a product and the source names none");
    }
    return;
  }
  const resource_ref product = r.pivot.add("Medication");
  to.set_reference("medicationReference", product);
  write_product(r, material, {product, "code"});
  write_concept(r, form, {product, "form"});
  product.set("batch/lotNumber", lot);
  std::size_t index = 0;
  for (; ingredient != nullptr; ingredient = next(ingredient, "ingredient")) {
    const xmlNode* substance = child(ingredient, "ingredient");
    const spot place = spot{product, "ingredient"} / index;
    r.structure(ingredient);
    r.structure(substance);
    bool said = write_concept(r, child(substance, "code"), place / "itemCodeableConcept");
    const sourced name = r.text(child(substance, "name"));
    if (!name.empty() && !product.has((place / "itemCodeableConcept/text").path)) {
      (place / "itemCodeableConcept/text").set(name);
      said = true;
    }
    if (said) {
      ++index;
      const xmlNode* quantity = child(ingredient, "quantity");
      if (write_quantity(r, child(quantity, "numerator"), place / "strength/numerator")) {
        if (!write_quantity(r, child(quantity, "denominator"), place / "strength/denominator")) {
          place.ref.set_number((place / "strength/denominator/value").path, sourced("1"));
        }
      }
    }
  }
}

/// "h", "d" … of Timing.repeat; empty when FHIR has no such unit.
std::string_view period_unit(std::string_view unit) {
  static constexpr std::array<std::string_view, 7> units{"s", "min", "h", "d", "wk", "mo", "a"};
  for (const std::string_view known : units) {
    if (known == unit) {
      return known;
    }
  }
  return {};
}

bool is_when(std::string_view code) {
  static constexpr std::array<std::string_view, 14> codes{"HS",  "WAKE", "C",   "CM", "CD",  "CV",  "AC",
                                                          "ACM", "ACD",  "ACV", "PC", "PCM", "PCD", "PCV"};
  for (const std::string_view known : codes) {
    if (known == code) {
      return true;
    }
  }
  return false;
}

void write_timing(const reading& r, const xmlNode* act, const spot& repeat) {
  for (const xmlNode* time = child(act, "effectiveTime"); time != nullptr; time = next(time, "effectiveTime")) {
    const sourced period = r.attribute(child(time, "period"), "value");
    const sourced unit = r.attribute(child(time, "period"), "unit");
    const std::string digits = json_digits(period.text);
    if (!digits.empty() && digits != "0" && !period_unit(unit.text).empty() &&
        !repeat.ref.has((repeat / "period").path)) {
      r.structure(time);
      repeat.ref.set_number((repeat / "frequency").path, sourced("1"));
      sourced number = period;
      number.text = digits;
      repeat.ref.set_number((repeat / "period").path, number);
      (repeat / "periodUnit").set(unit);
    }
    const sourced event = r.attribute(child(time, "event"), "code");
    if (is_when(event.text)) {
      r.structure(time);
      (repeat / "when").next().set(event);
    }
  }
}

void write_dose(const reading& r, const xmlNode* dose, const spot& to, const std::string& name) {
  if (write_quantity(r, dose, to / (name + "Quantity"))) {
    return;
  }
  const xmlNode* low = child(dose, "low");
  const xmlNode* high = child(dose, "high");
  if (low != nullptr && high != nullptr && attribute_text(low, "value") == attribute_text(high, "value") &&
      attribute_text(low, "unit") == attribute_text(high, "unit") && write_quantity(r, low, to / (name + "Quantity"))) {
    for (const char* attribute : {"value", "unit"}) {  // one dose: CI-SIS writes it twice
      to.ref.carry((to / (name + "Quantity")).path, r.attribute(high, attribute));
    }
    return;
  }
  const spot range = to / (name + "Range");
  write_quantity(r, child(dose, "low"), range / "low");
  write_quantity(r, child(dose, "high"), range / "high");
}

void write_dosage(const reading& r, const xmlNode* act, const spot& dosage) {
  const std::string printed = referenced_text(r.ids, child(act, "text"));
  if (!printed.empty()) {
    sourced text = r.attribute(child(child(act, "text"), "reference"), "value");
    text.text = printed;
    (dosage / "text").set(text);
  }
  write_timing(r, act, dosage / "timing/repeat");
  write_concept(r, child(act, "routeCode"), dosage / "route");
  write_concept(r, child(act, "approachSiteCode"), dosage / "site");
  write_dose(r, child(act, "doseQuantity"), dosage / "doseAndRate/0", "dose");
  write_dose(r, child(act, "rateQuantity"), dosage / "doseAndRate/0", "rate");
  const xmlNode* most = child(act, "maxDoseQuantity");
  if (most != nullptr && !json_digits(attribute_text(child(most, "numerator"), "value")).empty() &&
      !json_digits(attribute_text(child(most, "denominator"), "value")).empty()) {
    write_quantity(r, child(most, "numerator"), dosage / "maxDosePerPeriod/numerator");
    write_quantity(r, child(most, "denominator"), dosage / "maxDosePerPeriod/denominator");
  }
  const xmlNode* criterion = child(child(act, "precondition"), "criterion");
  const std::string condition = referenced_text(r.ids, child(criterion, "text"));
  if (!condition.empty()) {
    sourced text = r.attribute(child(child(criterion, "text"), "reference"), "value");
    if (text.empty()) {
      text = r.text(child(criterion, "text"));
    }
    text.text = condition;
    (dosage / "asNeededCodeableConcept/text").set(text);
  }
}

void write_status(const reading& r, const xmlNode* act, const resource_ref& to, bool request) {
  sourced status = r.attribute(child(act, "statusCode"), "code");
  std::string_view mapped = "unknown";
  for (const status_row& row : statuses) {
    if (row.cda == status.text) {
      mapped = request ? row.request : row.statement;
    }
  }
  status.text = mapped;
  to.set("status", status);
  // statusCode is "completed" by IHE PCC whatever became of the treatment: the status observation tells.
  for (const xmlNode* found : linked(act, "REFR", "observation")) {
    sourced code = r.attribute(child(found, "value"), "code");
    const bool status_code = attribute_text(child(found, "code"), "code") == "33999-4";
    const std::string_view told = look_up(told_statuses, code.text);
    if (status_code && !told.empty()) {
      code.text = told;
      to.set("status", code);
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
      r.ledger.envelope(child(found, "statusCode"));
    }
  }
}

/// Quantity and repeats of the supply that belongs to an order.
void write_dispense(const reading& r, const xmlNode* act, const resource_ref& to) {
  const auto supplies = linked(act, "", "supply");
  const xmlNode* supply = supplies.empty() ? nullptr : supplies.front();
  if (supply != nullptr) {
    r.structure(supply->parent);
    r.structure(supply);
    write_quantity(r, child(supply, "quantity"), {to, "dispenseRequest/quantity"});
  }
  sourced repeats = r.attribute(child(supply, "repeatNumber"), "value");
  if (repeats.empty()) {
    repeats = r.attribute(child(act, "repeatNumber"), "value");
  }
  if (is_digits(repeats.text) && repeats.text.size() < 4 && repeats.text != "0") {
    repeats.text = std::to_string(std::stoi(repeats.text) - 1);  // CDA counts the first one too
    to.set_number("dispenseRequest/numberOfRepeatsAllowed", repeats);
  }
}

}  // namespace

resource_ref write_medication(reading& r, const xmlNode* act) {
  const bool request = attribute_text(act, "moodCode") != "EVN";
  const resource_ref to = r.pivot.add(request ? "MedicationRequest" : "MedicationStatement");
  r.structure(act);
  write_identifiers(r, act, {to, "identifier"});
  write_status(r, act, to, request);
  if (request) {
    to.set("intent", attribute_text(act, "moodCode") == "PRP" ? "proposal" : "order");
    write_mood(r, act, to, {"INT", "PRP"});
  }
  const bool negated = is_negated(r, act, {to, request ? "doNotPerform" : "status"});
  if (negated && request) {
    to.set_bool("doNotPerform", true);
  } else if (negated) {
    to.set("status", "not-taken");
  }
  write_product_of(r, act, to);
  if (!attribute_text(child(act, "code"), "code").empty()) {
    write_concept(r, child(act, "code"), {to, request ? "category/0" : "category"});
  }
  to.set_reference("subject", r.patient);
  const std::string dosage_name = request ? "dosageInstruction" : "dosage";
  const xmlNode* time = child(act, "effectiveTime");
  const spot first{to, dosage_name + "/0"};
  if (child(time, "low") != nullptr || child(time, "high") != nullptr) {
    write_period(r, time, request ? first / "timing/repeat/boundsPeriod" : spot{to, "effectivePeriod"});
  } else if (time != nullptr) {
    write_time(r, time, request ? first / "timing/event/0" : spot{to, "effectiveDateTime"});
  }
  write_dosage(r, act, first);
  for (const xmlNode* part : linked(act, "COMP", "substanceAdministration")) {  // split or tapered doses
    r.structure(part->parent);
    r.structure(part);
    const spot more = spot{to, dosage_name}.next();
    write_dosage(r, part, more);
  }
  write_reasons(r, act, to);
  write_other_people(r, act, to, {"performer", "informant"});
  if (request) {
    write_dispense(r, act, to);
    if (const resource_ref who = write_person(r, act, "author")) {
      to.set_reference("requester", who);
      write_time(r, child(child(act, "author"), "time"), {to, "authoredOn"});
    }
  } else if (const resource_ref who = write_person(r, act, "author")) {
    to.set_reference("informationSource", who);
    write_time(r, child(child(act, "author"), "time"), {to, "dateAsserted"});
  }
  write_notes(r, act, to);
  write_related(r, act, to);
  return to;
}

resource_ref write_immunization(reading& r, const xmlNode* act) {
  const resource_ref to = r.pivot.add("Immunization");
  r.structure(act);
  write_identifiers(r, act, {to, "identifier"});
  sourced status = r.attribute(child(act, "statusCode"), "code");
  status.text = is_negated(r, act, {to, "status"}) ? "not-done"
                : status.text == "nullified"       ? "entered-in-error"
                                                   : "completed";
  to.set("status", status);
  const xmlNode* material = material_of(act);
  for (const xmlNode* wrapper :
       {child(act, "consumable"), descend(act, {"consumable", "manufacturedProduct"}), material}) {
    r.structure(wrapper);
  }
  if (write_product(r, material, {to, "vaccineCode"})) {
    write_code_extension(r, child(act, "code"), to, "act-code");  // first or booster
  } else {
    write_required_concept(r, child(act, "code"), {to, "vaccineCode"});
  }
  to.set_reference("patient", r.patient);
  const xmlNode* time = child(act, "effectiveTime");
  if (!write_time(r, time, {to, "occurrenceDateTime"}) &&
      !write_time(r, child(time, "low"), {to, "occurrenceDateTime"})) {
    to.set("occurrenceString", "—");
    r.added({to, "occurrenceString"}, "—", "FHIR requires a date and the source has none");
  }
  to.set("lotNumber", r.text(child(material, "lotNumberText")));
  if (const resource_ref maker =
          write_organization(r, descend(act, {"consumable", "manufacturedProduct", "manufacturerOrganization"}))) {
    to.set_reference("manufacturer", maker);
  }
  write_concept(r, child(act, "routeCode"), {to, "route"});
  write_concept(r, child(act, "approachSiteCode"), {to, "site"});
  write_quantity(r, child(act, "doseQuantity"), {to, "doseQuantity"});
  if (const resource_ref who = write_person(r, act, "performer")) {
    to.set_reference("performer/0/actor", who);
  }
  write_other_people(r, act, to, {"author", "informant"});
  write_reasons(r, act, to);
  for (const xmlNode* found : linked(act, "", "observation")) {
    const sourced number = r.attribute(child(found, "value"), "value");
    const std::string code = attribute_text(child(found, "code"), "code");
    if ((code == "30973-2" || code == "30981-5") && is_digits(number.text) && number.text.size() < 3 &&
        number.text != "0") {
      to.set_number("protocolApplied/0/doseNumberPositiveInt", number);
      r.structure(found->parent);
      r.structure(found);
      r.ledger.envelope(child(found, "code"));
      r.ledger.envelope(child(found, "value"), "type");
    }
  }
  write_text_pointer(r, act);
  write_notes(r, act, to);
  write_related(r, act, to);
  return to;
}

}  // namespace liaison::cda
