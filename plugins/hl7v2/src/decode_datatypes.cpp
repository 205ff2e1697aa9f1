// SPDX-License-Identifier: Apache-2.0
// CX, XPN, XAD, XTN, CWE, EI and TS as FHIR data types (fhir-france 11.1).
#include "codes.hpp"
#include "decode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <span>

namespace liaison::hl7v2 {
namespace {

using facts::identifier_kind;

constexpr std::string_view identifier_types[] = {
    "AN", "ANON", "BR", "DL",  "DN",  "EI", "FI", "FILL", "JHN", "MA", "MC", "MD",  "MR", "NH", "NI", "NIIP", "NPI",
    "PI", "PLAC", "PN", "PPN", "PRN", "PT", "RI", "SB",   "SN",  "SR", "SS", "TAX", "U",  "VN", "VS", "XX"};

struct ins_type {
  identifier_kind kind;
  std::string_view code;
  std::string_view use;
};
constexpr ins_type ins_types[] = {{identifier_kind::ins_nir, "INS-NIR", "official"},
                                  {identifier_kind::ins_nia, "INS-NIA", "temp"},
                                  {identifier_kind::ins_test, "INS-NIR-TEST", "official"},
                                  {identifier_kind::ins_demo, "INS-NIR-DEMO", "official"}};

struct code_pair {
  std::string_view from, to;
};

std::string mapped(std::span<const code_pair> table, std::string_view code) {
  for (const auto& row : table) {
    if (row.from == code) return std::string(row.to);
  }
  return {};
}

constexpr code_pair name_uses[] = {{"L", "official"},  {"D", "usual"},    {"B", "official"},
                                   {"M", "maiden"},    {"N", "nickname"}, {"S", "anonymous"},
                                   {"A", "anonymous"}, {"T", "temp"},     {"U", "usual"}};
constexpr code_pair address_uses[] = {{"H", "home"}, {"P", "home"}, {"L", "home"},     {"C", "temp"},  {"B", "work"},
                                      {"O", "work"}, {"BA", "old"}, {"BI", "billing"}, {"BDL", "home"}};
constexpr code_pair address_types[] = {{"M", "postal"}, {"SH", "postal"}};
constexpr code_pair telecom_systems[] = {{"PH", "phone"},  {"CP", "phone"},       {"SAT", "phone"},   {"FX", "fax"},
                                         {"BP", "pager"},  {"Internet", "email"}, {"X.400", "email"}, {"TDD", "other"},
                                         {"TTY", "other"}, {"MD", "other"}};
constexpr code_pair telecom_uses[] = {
    {"PRN", "home"}, {"ORN", "home"}, {"VHN", "home"}, {"WPN", "work"}, {"PRS", "mobile"}};

bool is_known_type(std::string_view code) {
  return std::find(std::begin(identifier_types), std::end(identifier_types), code) != std::end(identifier_types);
}

void write_authority(decoding& d, const repetition& of, unsigned component, const spot& to) {
  const std::string_view whole = of.component(component);
  if (whole.empty()) return;
  const char sub = of.by().subcomponent;
  const std::string_view name = nth_piece(whole, sub, 1), id = nth_piece(whole, sub, 2),
                         type = nth_piece(whole, sub, 3);
  const authority by = authority_of(of, component);
  if (!by.system.empty()) {
    (to / "system").set(d.values.as(by.is_misplaced ? name : id, by.system));
    (to / "system").carry(d.values.get(type));
  }
  if (!by.is_misplaced) (to / "assigner/display").set(d.values.get(name));
}

}  // namespace

bool write_identifier(decoding& d, const repetition& cx, const spot& to) {
  const sourced value = d.values.get(cx.component(1));
  if (value.empty()) return false;
  const facts::identifier known = patient_identifier(cx);
  const std::string_view type = trim(cx.component(5));
  sourced text = value;
  text.text = known.value;
  const auto ins =
      std::find_if(std::begin(ins_types), std::end(ins_types), [&](const auto& row) { return row.kind == known.kind; });
  if (ins != std::end(ins_types)) {
    (to / "use").set(ins->use);
    (to / "type/coding/0/system").set(system_identifier_type_fr);
    (to / "type/coding/0/code")
        .set(type.empty() ? sourced(std::string(ins->code)) : d.values.as(cx.component(5), std::string(ins->code)));
  } else if (is_known_type(type)) {
    if (known.kind == identifier_kind::ipp) (to / "use").set("usual");
    (to / "type/coding/0/system").set(system_identifier_type);
    (to / "type/coding/0/code").set(d.values.get(cx.component(5)));
  } else {
    (to / "type/text").set(d.values.get(cx.component(5)));
  }
  write_authority(d, cx, 4, to);
  (to / "value").set(text);
  write_time(d, cx.component(7), to / "period/start");
  write_time(d, cx.component(8), to / "period/end");
  return true;
}

bool write_name(decoding& d, const repetition& xpn, const spot& to) {
  const auto part = [&](unsigned n) { return d.values.get(xpn.component(n)); };
  const sourced family = part(1), given = part(2), further = part(3);
  if (family.empty() && given.empty() && further.empty()) return false;
  const std::string_view type = trim(xpn.component(7));
  const std::string use = mapped(name_uses, type);
  // A single name of no type is the used one (pivot, Patient).
  if (use.empty()) {
    (to / "use").set("usual");
  } else {
    (to / "use").set(d.values.as(xpn.component(7), use));
  }
  (to / "family").set(family);
  (to / "given/0").set(given);
  if (!further.empty() && d.is_french) {
    // Component 3 of a French birth name is the list of all given names, not a second one (fhir-france 11.1).
    const spot list = to / "extension/0";
    (list / "url").set(extension_birth_list_given);
    (list / "valueString").set(further);
  } else {
    (to / "given").next().set(further);
  }
  for (const unsigned n : {4U, 6U}) {
    if (!part(n).empty()) (to / "suffix").next().set(part(n));
  }
  if (!part(5).empty()) (to / "prefix/0").set(part(5));
  write_time(d, xpn.component(12), to / "period/start");
  write_time(d, xpn.component(13), to / "period/end");
  return true;
}

bool write_address(decoding& d, const repetition& xad, const spot& to) {
  bool said = false;
  std::size_t lines = 0;
  const char sub = xad.by().subcomponent;
  for (const auto piece : pieces(xad.component(1), sub)) {
    const sourced line = d.values.get(piece);
    if (line.empty()) continue;
    (to / "line" / lines++).set(line);
    said = true;
  }
  const std::pair<unsigned, const char*> parts[] = {{2, "line"},       {3, "city"},    {4, "state"},
                                                    {5, "postalCode"}, {6, "country"}, {9, "district"}};
  for (const auto& [n, name] : parts) {
    const sourced value = d.values.get(xad.component(n));
    if (value.empty()) continue;
    said = true;
    (n == 2 ? to / name / lines++ : to / name).set(value);
  }
  if (!said) return false;
  const std::string_view type = trim(xad.component(7));
  const std::string use = mapped(address_uses, type), kind = mapped(address_types, type);
  if (!use.empty()) (to / "use").set(d.values.as(xad.component(7), use));
  if (!kind.empty()) (to / "type").set(d.values.as(xad.component(7), kind));
  return true;
}

bool write_telecom(decoding& d, const repetition& xtn, const spot& to, std::string_view default_use) {
  const sourced email = d.values.get(xtn.component(4));
  const std::string_view equipment = trim(xtn.component(3)), use = trim(xtn.component(2));
  std::string system = mapped(telecom_systems, equipment);
  if (!email.empty()) {
    (to / "system").set(system == "email" ? d.values.as(xtn.component(3), system) : sourced("email"));
    (to / "value").set(email);
  } else {
    sourced number;
    for (const unsigned n : {12U, 1U}) {
      if (number.empty()) number = d.values.get(xtn.component(n));
    }
    if (number.empty()) {
      // Country, area, number, extension: joined as one would dial.
      std::string joined;
      for (const unsigned n : {5U, 6U, 7U, 8U}) {
        const std::string digits = value_of(xtn.component(n), xtn.by());
        if (digits.empty()) continue;
        joined += n == 5 ? "+" + digits : n == 8 ? " ext. " + digits : (joined.empty() ? "" : " ") + digits;
      }
      if (joined.empty()) return false;
      (to / "system").set(system.empty() || system == "email" ? "phone" : system);
      (to / "value").set(joined);
      for (const unsigned n : {5U, 6U, 7U, 8U}) (to / "value").carry(d.values.get(xtn.component(n)));
    } else {
      (to / "system")
          .set(system.empty() || system == "email" ? sourced("phone") : d.values.as(xtn.component(3), system));
      (to / "value").set(number);
    }
  }
  std::string how = mapped(telecom_uses, use);
  if (equipment == "CP") how = "mobile";
  if (!how.empty()) {
    (to / "use").set(use.empty() ? sourced(how) : d.values.as(xtn.component(2), how));
    if (equipment == "CP") (to / "use").carry(d.values.get(xtn.component(3)));
  } else if (!default_use.empty()) {
    (to / "use").set(default_use);
  }
  // NET says "network address", which an e-mail address is anyway.
  if (use == "NET") (to / "system").carry(d.values.get(xtn.component(2)));
  return true;
}

std::string local_system(const message& of, std::string_view coding_system) {
  std::string name = value_of(coding_system, of.by());
  if (name.empty() || name == "L" || name == "99LAB" || name == "LOCAL") {
    name = value_of(of.at(0)[4].component(1), of.by());
    if (name.empty()) name = value_of(of.at(0)[3].component(1), of.by());
  }
  std::string out = "urn:liaison:local:";
  for (const char c : name) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    out += fits ? c : '-';
  }
  return out;
}

bool write_coding(decoding& d, const repetition& cwe, unsigned first_component, const spot& to) {
  const sourced code = d.values.get(cwe.component(first_component)),
                display = d.values.get(cwe.component(first_component + 1));
  if (code.empty()) return false;
  const std::string_view raw_system = cwe.component(first_component + 2);
  std::string system = system_of_coding(raw_system);
  if (system.empty()) system = local_system(d.of, raw_system);
  (to / "system").set(trim(raw_system).empty() ? sourced(system) : d.values.as(raw_system, system));
  (to / "code").set(code);
  (to / "display").set(display);
  return true;
}

bool write_concept(decoding& d, const repetition& cwe, const spot& to) {
  if (cwe.empty()) return false;
  std::size_t codings = 0;
  for (const unsigned first : {1U, 4U}) {
    if (write_coding(d, cwe, first, to / "coding" / codings)) ++codings;
  }
  const sourced original = d.values.get(cwe.component(9)), label = d.values.get(cwe.component(2)),
                other = d.values.get(cwe.component(5));
  const sourced& text = !original.empty() ? original : !label.empty() ? label : other;
  (to / "text").set(text);
  // A version of a coding system belongs to its coding.
  if (codings > 0) (to / "coding/0/version").set(d.values.get(cwe.component(7)));
  if (codings > 1) (to / "coding/1/version").set(d.values.get(cwe.component(8)));
  return codings > 0 || !text.empty();
}

bool write_time(decoding& d, std::string_view raw, const spot& to, precision needed) {
  if (trim(raw).empty()) return false;
  auto time = fhir_from_hl7(raw, d.zone);
  if (!time || (needed == precision::instant && time->find('T') == std::string::npos)) return false;
  to.set(d.values.as(raw, std::move(*time)));
  return true;
}

bool write_entity_identifier(decoding& d, const repetition& ei, const spot& to) {
  const sourced value = d.values.get(ei.component(1));
  if (value.empty()) return false;
  (to / "value").set(value);
  const std::string system = system_of(ei.component(3), ei.component(4));
  if (!system.empty()) {
    (to / "system").set(d.values.as(ei.component(3), system));
    (to / "system").carry(d.values.get(ei.component(4)));
  }
  (to / "assigner/display").set(d.values.get(ei.component(2)));
  return true;
}

}  // namespace liaison::hl7v2
