// SPDX-License-Identifier: Apache-2.0
// HL7 v3 data types R1 → FHIR R4, as the tables of docs/reference/cda-fhir.md say.
#include "datatypes.hpp"

#include "cda_findings.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct code_row {
  std::string_view from;
  std::string_view to;
};

template <std::size_t Size>
std::string_view look_up(const std::array<code_row, Size>& rows, std::string_view from,
                         std::string_view otherwise = {}) {
  for (const code_row& row : rows) {
    if (row.from == from) {
      return row.to;
    }
  }
  return otherwise;
}

constexpr std::array<code_row, 9> address_uses{{{"H", "home"},
                                                {"HP", "home"},
                                                {"HV", "home"},
                                                {"WP", "work"},
                                                {"DIR", "work"},
                                                {"PUB", "work"},
                                                {"TMP", "temp"},
                                                {"BAD", "old"},
                                                {"OLD", "old"}}};
constexpr std::array<code_row, 9> telecom_uses{{{"H", "home"},
                                                {"HP", "home"},
                                                {"HV", "home"},
                                                {"WP", "work"},
                                                {"DIR", "work"},
                                                {"PUB", "work"},
                                                {"TMP", "temp"},
                                                {"MC", "mobile"},
                                                {"BAD", "old"}}};
constexpr std::array<code_row, 11> null_flavors{{{"NI", "unknown"},
                                                 {"UNK", "unknown"},
                                                 {"NP", "unknown"},
                                                 {"ASKU", "asked-unknown"},
                                                 {"NAV", "temp-unknown"},
                                                 {"NASK", "not-asked"},
                                                 {"NA", "not-applicable"},
                                                 {"MSK", "masked"},
                                                 {"OTH", "unsupported"},
                                                 {"NINF", "negative-infinity"},
                                                 {"PINF", "positive-infinity"}}};

sourced with(std::string text, const sourced& leaf_of) {
  sourced made = leaf_of;
  made.text = std::move(text);
  return made;
}

void drop_leaf(const reading& r, const sourced& value, std::string_view reason) {
  if (r.book != nullptr && value.has_leaf) {
    r.book->drop(value.leaf, reason);
  }
}

void write_absent_reason(const sourced& null_flavor, const spot& to) {
  const spot extension = to / "extension/0";
  extension.ref.set(extension.path + "/url", absent_reason_url);
  (extension / "valueCode").set(with(std::string(look_up(null_flavors, null_flavor.text, "unknown")), null_flavor));
}

bool plausible_ucum(std::string_view unit) {
  for (const char c : unit) {
    if (c <= ' ' || c > '~') {
      return false;
    }
  }
  return !unit.empty();
}

}  // namespace

bool ins_must_stay(const reading& r) { return r.identity.identity_status != facts::identity_status::qualified; }

std::string json_digits(std::string_view real) {
  real = trim(real);
  if (real.starts_with('+')) {
    real.remove_prefix(1);
  }
  std::string text(real);
  if (text.starts_with('.')) {
    text.insert(0, "0");
  } else if (text.starts_with("-.")) {
    text.insert(1, "0");
  }
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return is_json_number(text) ? text : std::string();
}

void write_identifier(const reading& r, const xmlNode* id, const spot& to) {
  const sourced root = r.attribute(id, "root");
  const sourced extension = r.attribute(id, "extension");
  if (extension.empty()) {
    if (root.empty()) {
      return;
    }
    const std::string uri = is_uuid(root.text)  ? "urn:uuid:" + lower(root.text)
                            : is_oid(root.text) ? "urn:oid:" + root.text
                                                : "";
    if (!uri.empty()) {
      to.ref.set(to.path + "/system", "urn:ietf:rfc:3986");
    }
    (to / "value").set(with(uri.empty() ? root.text : uri, root));
  } else {
    (to / "system").set(with(system_of_oid(root.text), root));
    (to / "value").set(with(std::string(trim(extension.text)), extension));
    const std::string_view type = root.text == oid_ps_idnat ? "IDNPS" : root.text == oid_struct_idnat ? "IDNST" : "";
    if (!type.empty()) {
      to.ref.set(to.path + "/type/coding/0/system", "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203");
      to.ref.set(to.path + "/type/coding/0/code", type);
    }
  }
  (to / "assigner/display").set(r.attribute(id, "assigningAuthorityName"));
  drop_leaf(r, r.attribute(id, "displayable"), "no place in FHIR");
}

void write_identifiers(const reading& r, const xmlNode* entity, const spot& array) {
  std::size_t index = 0;
  for (const xmlNode* id = child(entity, "id"); id != nullptr; id = next(id, "id")) {
    const bool placeholder =
        attribute_text(id, "root") == oid_ps_idnat && attribute_text(id, "extension") == unknown_ps_idnat;
    if ((is_null(id) && attribute_text(id, "root").empty()) || placeholder) {
      r.drop(id, reason_nothing_known);
      continue;
    }
    if (ins_must_stay(r) && is_ins(identifier_kind_of(attribute_text(id, "root")))) {
      r.drop(id, reason_ins_stays);
      continue;
    }
    write_identifier(r, id, array / index++);
  }
}

bool write_coding(const reading& r, const xmlNode* code, const spot& to) {
  const sourced value = r.attribute(code, "code");
  const sourced display = r.attribute(code, "displayName");
  if (value.empty() && display.empty()) {
    return false;
  }
  const sourced system = r.attribute(code, "codeSystem");
  (to / "system").set(with(system_of_oid(system.text), system));
  (to / "version").set(r.attribute(code, "codeSystemVersion"));
  (to / "code").set(with(std::string(trim(value.text)), value));
  (to / "display").set(display);
  const sourced name = r.attribute(code, "codeSystemName");
  if (name.has_leaf) {
    system.empty() ? drop_leaf(r, name, "a code system without its OID") : (to / "system").carry(name);
  }
  for (const char* of : {"valueSet", "valueSetVersion"}) {
    drop_leaf(r, r.attribute(code, of), "the value set of a code has no place in FHIR");
  }
  return true;
}

/// Side, modality…: what changes the meaning of a code and has no place in a Coding of R4.
static void write_qualifiers(const reading& r, const xmlNode* code, const spot& to) {
  for (const xmlNode* qualifier = child(code, "qualifier"); qualifier != nullptr;
       qualifier = next(qualifier, "qualifier")) {
    const spot extension = (to / "extension").next();
    std::size_t part = 0;
    for (const char* name : {"name", "value"}) {
      const spot nested = extension / "extension" / part;
      if (write_coding(r, child(qualifier, name), nested / "valueCoding")) {
        nested.ref.set(nested.path + "/url", name);
        ++part;
      }
    }
    if (part > 0) {
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "qualifier");
    }
    r.drop(qualifier, "no place in a coding");
  }
}

bool write_concept(const reading& r, const xmlNode* code, const spot& to) {
  if (code == nullptr) {
    return false;
  }
  std::size_t codings = 0;
  if (write_coding(r, code, to / "coding/0")) {
    ++codings;
  }
  for (const xmlNode* translation = child(code, "translation"); translation != nullptr;
       translation = next(translation, "translation")) {
    if (write_coding(r, translation, to / "coding" / codings)) {
      ++codings;
    }
    r.structure(translation);
    r.drop(translation, "no place in a coding");
  }
  const xmlNode* original = child(code, "originalText");
  bool said = codings > 0;
  if (original != nullptr) {
    const std::string text = referenced_text(r.ids, original);
    const sourced inline_text = r.text(original);
    const sourced reference = r.attribute(child(original, "reference"), "value");
    if (!text.empty()) {
      (to / "text").set(with(text, inline_text.empty() ? reference : inline_text));
      said = true;
    }
    drop_leaf(r, reference, "the reference leads to no text");
  }
  const sourced null_flavor = r.attribute(code, "nullFlavor");
  if (!null_flavor.empty()) {
    if (said) {
      write_absent_reason(null_flavor, to);
    } else {
      drop_leaf(r, null_flavor, reason_nothing_known);
    }
  }
  r.ledger.envelope(code, "type");
  write_qualifiers(r, code, to);
  return said;
}

void write_required_concept(const reading& r, const xmlNode* code, const spot& to) {
  if (write_concept(r, code, to)) {
    return;
  }
  const spot extension = to / "extension/0";
  extension.ref.set(extension.path + "/url", absent_reason_url);
  const sourced null_flavor = r.attribute(code, "nullFlavor");
  (extension / "valueCode").set(with(std::string(look_up(null_flavors, null_flavor.text, "unknown")), null_flavor));
  if (null_flavor.empty()) {
    r.added(extension, "unknown", "FHIR requires a code and the source has none");
  }
}

bool write_time(const reading& r, const xmlNode* stamp, const spot& to) {
  const sourced value = r.attribute(stamp, "value");
  if (value.empty()) {
    drop_leaf(r, r.attribute(stamp, "nullFlavor"), reason_nothing_known);
    return false;
  }
  const auto time = fhir_from_hl7(trim(value.text), r.of.options().zone);
  if (!time) {
    tell(r.of, finding::time_unreadable, xml_location(stamp, "value"));
    drop_leaf(r, value, "no possible date or time");
    return false;
  }
  to.set(with(*time, value));
  r.ledger.envelope(stamp, "type");
  return true;
}

bool write_date(const reading& r, const xmlNode* stamp, const spot& to) {
  const sourced value = r.attribute(stamp, "value");
  const auto date = fhir_from_hl7(std::string_view(value.text).substr(0, 8), r.of.options().zone);
  if (value.empty() || !date) {
    return write_time(r, stamp, to);
  }
  to.set(with(*date, value));
  return true;
}

bool write_period(const reading& r, const xmlNode* interval, const spot& to) {
  bool said = write_time(r, child(interval, "low"), to / "start");
  said = write_time(r, child(interval, "high"), to / "end") || said;
  if (!said && interval != nullptr) {
    said = write_time(r, interval, to / "start");
  }
  drop_leaf(r, r.attribute(interval, "nullFlavor"), reason_nothing_known);
  r.ledger.envelope(interval, "type");
  for (const char* part : {"center", "width"}) {
    r.drop(child(interval, part), "a Period has a start and an end only");
  }
  return said;
}

bool write_effective(const reading& r, const xmlNode* time, const resource_ref& to, std::string_view name) {
  if (time == nullptr) {
    return false;
  }
  if (child(time, "low") != nullptr || child(time, "high") != nullptr) {
    return write_period(r, time, {to, std::string(name) + "Period"});
  }
  return write_time(r, time, {to, std::string(name) + "DateTime"});
}

bool write_quantity(const reading& r, const xmlNode* quantity, const spot& to) {
  const sourced value = r.attribute(quantity, "value");
  const std::string digits = json_digits(value.text);
  if (digits.empty()) {
    return false;
  }
  to.ref.set_number(to.path + "/value", with(digits, value));
  const sourced unit = r.attribute(quantity, "unit");
  (to / "unit").set(unit);
  if (plausible_ucum(unit.text)) {
    to.ref.set(to.path + "/system", "http://unitsofmeasure.org");
    to.ref.set(to.path + "/code", unit.text);
  }
  r.ledger.envelope(quantity, "type");
  return true;
}

namespace {

/// IVL_PQ and IVL_REAL: one bound is a comparator, two are a range.
bool write_interval(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  const xmlNode* low = child(value, "low");
  const xmlNode* high = child(value, "high");
  const bool has_low = !json_digits(attribute_text(low, "value")).empty();
  const bool has_high = !json_digits(attribute_text(high, "value")).empty();
  for (const xmlNode* bound : {low, high}) {
    drop_leaf(r, r.attribute(bound, "nullFlavor"), reason_nothing_known);
  }
  if (has_low && has_high) {
    const spot range{to, name + "Range"};
    for (const auto& [bound, step] : {std::pair(low, "low"), std::pair(high, "high")}) {
      write_quantity(r, bound, range / step);
      const sourced inclusive = r.attribute(bound, "inclusive");
      inclusive.text == "false" ? drop_leaf(r, inclusive, "a Range always includes its bounds")
                                : (range / step).carry(inclusive);
    }
    return true;
  }
  if (!has_low && !has_high) {
    const xmlNode* center = child(value, "center");
    return write_quantity(r, center != nullptr ? center : value, {to, name + "Quantity"});
  }
  const xmlNode* bound = has_low ? low : high;
  const spot quantity{to, name + "Quantity"};
  write_quantity(r, bound, quantity);
  const sourced inclusive = r.attribute(bound, "inclusive");
  const bool strict = inclusive.text == "false";
  const std::string comparator = has_low ? (strict ? ">" : ">=") : (strict ? "<" : "<=");
  (quantity / "comparator").set(with(comparator, inclusive));
  return true;
}

bool write_number(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  if (write_quantity(r, value, {to, name + "Quantity"})) {
    return true;
  }
  const sourced digits = r.attribute(value, "value");
  if (digits.empty()) {
    return false;
  }
  const sourced unit = r.attribute(value, "unit");
  const spot text{to, name + "String"};
  text.set(with(digits.text + (unit.empty() ? "" : ' ' + unit.text), digits));
  text.carry(unit);
  return true;
}

bool write_text_value(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  const sourced text = r.text(value);
  const spot place{to, name + "String"};
  if (!text.empty()) {
    place.set(text);
    return true;
  }
  const std::string referenced = referenced_text(r.ids, value);
  if (referenced.empty()) {
    return false;
  }
  place.set(with(referenced, r.attribute(child(value, "reference"), "value")));
  return true;
}

bool write_integer(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  const sourced digits = r.attribute(value, "value");
  const std::string number = json_digits(digits.text);
  constexpr std::size_t integer_digits_max = 9;
  if (number.empty() || number.find_first_of(".eE") != std::string::npos || number.size() > integer_digits_max) {
    return write_number(r, value, to, name);
  }
  to.set_number(name + "Integer", with(number, digits));
  return true;
}

bool write_boolean(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  const sourced said = r.attribute(value, "value");
  if (said.text != "true" && said.text != "false") {
    return false;
  }
  to.set_bool(name + "Boolean", said.text == "true");
  to.carry(name + "Boolean", said);
  return true;
}

bool write_ratio(const reading& r, const xmlNode* value, const resource_ref& to, const std::string& name) {
  const spot ratio{to, name + "Ratio"};
  const bool numerator = write_quantity(r, child(value, "numerator"), ratio / "numerator");
  return write_quantity(r, child(value, "denominator"), ratio / "denominator") && numerator;
}

}  // namespace

bool write_value(const reading& r, const xmlNode* value, const resource_ref& to, std::string_view name_view) {
  if (value == nullptr) {
    return false;
  }
  const std::string name(name_view);
  const std::string type = value_type(value);
  r.ledger.envelope(value, "type");
  bool said = false;
  if (type == "PQ" || type == "REAL" || type == "MO") {
    said = write_number(r, value, to, name);
  } else if (type == "INT") {
    said = write_integer(r, value, to, name);
  } else if (type == "BL" || type == "BN") {
    said = write_boolean(r, value, to, name);
  } else if (type == "IVL_PQ" || type == "IVL_REAL" || type == "IVL_INT") {
    said = write_interval(r, value, to, name);
  } else if (type == "TS") {
    said = write_time(r, value, {to, name + "DateTime"});
  } else if (type == "IVL_TS") {
    said = write_period(r, value, {to, name + "Period"});
  } else if (type == "RTO" || type == "RTO_PQ_PQ") {
    said = write_ratio(r, value, to, name);
  } else if (type == "CD" || type == "CE" || type == "CV" || type == "CO" || type == "CS" || type == "SC") {
    said = write_concept(r, value, {to, name + "CodeableConcept"});
  } else {
    said = write_text_value(r, value, to, name);
  }
  if (!said) {
    drop_leaf(r, r.attribute(value, "nullFlavor"), reason_nothing_known);
  }
  return said;
}

void write_telecoms(const reading& r, const xmlNode* entity, const spot& array) {
  static constexpr std::array<code_row, 7> schemes{{{"tel", "phone"},
                                                    {"fax", "fax"},
                                                    {"mailto", "email"},
                                                    {"http", "url"},
                                                    {"https", "url"},
                                                    {"ftp", "url"},
                                                    {"sms", "sms"}}};
  std::size_t index = 0;
  for (const xmlNode* telecom = child(entity, "telecom"); telecom != nullptr; telecom = next(telecom, "telecom")) {
    const sourced value = r.attribute(telecom, "value");
    if (value.empty()) {
      r.drop(telecom, reason_nothing_known);
      continue;
    }
    if (ins_must_stay(r) && lower(value.text).ends_with("@patient.mssante.fr")) {
      r.drop(telecom, reason_ins_stays);  // the mailbox of a patient is named by the INS
      continue;
    }
    const spot to = array / index++;
    const std::size_t colon = value.text.find(':');
    const std::string scheme = colon == std::string::npos ? "" : lower(value.text.substr(0, colon));
    const std::string_view system = look_up(schemes, scheme, scheme.empty() ? "phone" : "other");
    to.ref.set(to.path + "/system", system);
    const bool keeps_scheme = system == "url" || system == "other" || colon == std::string::npos;
    (to / "value").set(with(keeps_scheme ? value.text : std::string(trim(value.text.substr(colon + 1))), value));
    const sourced use = r.attribute(telecom, "use");
    const std::string_view mapped = look_up(telecom_uses, std::string_view(use.text).substr(0, use.text.find(' ')));
    mapped.empty() ? drop_leaf(r, use, "no such use in FHIR") : (to / "use").set(with(std::string(mapped), use));
    r.drop(telecom, "no place in a ContactPoint");
  }
}

void write_address(const reading& r, const xmlNode* address, const spot& to) {
  const sourced use = r.attribute(address, "use");
  const std::string_view mapped = look_up(address_uses, std::string_view(use.text).substr(0, use.text.find(' ')));
  mapped.empty() ? drop_leaf(r, use, "no such use in FHIR") : (to / "use").set(with(std::string(mapped), use));
  // Parts of one street line are joined in this order, as a French address is written.
  static constexpr std::array<std::string_view, 4> street_parts{"houseNumber", "streetNameType", "streetNameBase",
                                                                "streetName"};
  std::size_t line = 0;
  std::string street;
  for (const std::string_view part : street_parts) {
    const sourced text = r.text(child(address, part));
    if (!text.empty()) {
      street += (street.empty() ? "" : " ") + text.text;
    }
  }
  const terms::element_path street_line = (to / "line" / 0).path;
  if (!street.empty()) {
    to.ref.set(street_line, street);
    for (const std::string_view part : street_parts) {
      to.ref.carry(street_line, r.text(child(address, part)));
    }
    line = 1;
  }
  for (const char* part : {"additionalLocator", "unitID", "unitType", "streetAddressLine", "deliveryAddressLine",
                           "postBox", "precinct", "careOf"}) {
    for (const xmlNode* node = child(address, part); node != nullptr; node = next(node, part)) {
      const sourced text = r.text(node);
      if (!text.empty()) {
        (to / "line" / line++).set(text);
      }
    }
  }
  (to / "city").set(r.text(child(address, "city")));
  (to / "district").set(r.text(child(address, "county")));
  (to / "state").set(r.text(child(address, "state")));
  (to / "postalCode").set(r.text(child(address, "postalCode")));
  (to / "country").set(r.text(child(address, "country")));
  const sourced whole = r.text(address);
  if (!whole.empty()) {
    (to / "text").set(whole);
  }
  if (const xmlNode* useable = child(address, "useablePeriod")) {
    write_period(r, useable, to / "period");
  }
}

void write_addresses(const reading& r, const xmlNode* entity, const spot& array) {
  std::size_t index = 0;
  for (const xmlNode* address = child(entity, "addr"); address != nullptr; address = next(address, "addr")) {
    if (trim(all_text(address)).empty()) {
      r.drop(address, reason_nothing_known);
      continue;
    }
    write_address(r, address, array / index++);
  }
}

void write_person_name(const reading& r, const xmlNode* name, const spot& to) {
  std::size_t given = 0;
  std::size_t prefix = 0;
  std::size_t suffix = 0;
  bool has_family = false;
  for (const xmlNode* part : elements(name)) {
    const sourced text = r.text(part);
    if (text.empty()) {
      continue;
    }
    if (is_named(part, "family") && !has_family) {
      (to / "family").set(text);
      has_family = true;
    } else if (is_named(part, "given")) {
      (to / "given" / given++).set(text);
    } else if (is_named(part, "prefix")) {
      (to / "prefix" / prefix++).set(text);
    } else if (is_named(part, "suffix")) {
      (to / "suffix" / suffix++).set(text);
    }
    drop_leaf(r, r.attribute(part, "qualifier"), "a FHIR name has no qualifiers on its parts");
  }
  const sourced whole = r.text(name);
  if (!whole.empty()) {
    (to / "text").set(whole);
  }
}

}  // namespace liaison::cda
