// SPDX-License-Identifier: Apache-2.0
// FHIR data types as HL7v2 components; the reverse of decode_datatypes.cpp.
#include "codes.hpp"
#include "encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

struct code_pair {
  std::string_view from, to;
};
constexpr code_pair coding_systems[] = {
    {"http://loinc.org", "LN"},
    {"http://unitsofmeasure.org", "UCUM"},
    {"http://snomed.info/sct", "SCT"},
    {"http://hl7.org/fhir/sid/icd-10", "I10"},
    {"https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire", "TRE_A05"}};
constexpr code_pair address_uses[] = {{"home", "H"}, {"work", "O"}, {"temp", "C"}, {"old", "BA"}, {"billing", "BI"}};
constexpr std::string_view local_prefix = "urn:liaison:local:";
constexpr std::string_view oid_prefix = "urn:oid:";

std::string_view mapped(std::span<const code_pair> table, std::string_view code) {
  for (const auto& row : table) {
    if (row.from == code) return row.to;
  }
  return {};
}

/// System of an identifier as an HD at `component`: OID and its type; other URIs as the universal id.
void put_authority(const encoding& e, const json_value* identifier, out_segment& to, place where) {
  const std::string system = pivot_reader::text(identifier, "system");
  where.subcomponent = 1;
  e.put(identifier, "assigner/display", to, where);
  std::string oid;
  if (system.starts_with(oid_prefix)) oid = system.substr(oid_prefix.size());
  if (system == "https://rpps.esante.gouv.fr") oid = oid_health_professional;
  if (system == "https://finess.esante.gouv.fr") oid = oid_health_organization;
  where.subcomponent = 2;
  if (!oid.empty()) {
    e.put_as(identifier, "system", to, where, oid);
    where.subcomponent = 3;
    to.set(where, "ISO");
  } else if (!system.empty() && !system.starts_with(local_prefix)) {
    e.put(identifier, "system", to, where);
    where.subcomponent = 3;
    to.set(where, "URI");
  }
}

}  // namespace

std::size_t size_of(const json_value* array) { return array != nullptr && array->IsArray() ? array->Size() : 0; }

const json_value* element(const json_value* array, std::size_t index) {
  return index < size_of(array) ? &(*array)[static_cast<rapidjson::SizeType>(index)] : nullptr;
}

bool encoding::put(const json_value* node, std::string_view path, out_segment& to, const place& where) const {
  const std::string text = pivot_reader::text(node, path);
  if (trim(text).empty()) return false;
  to.set(where, text);
  in.carry(node, path, to.location(where));
  return true;
}

void encoding::put_as(const json_value* node, std::string_view path, out_segment& to, const place& where,
                      std::string_view text) const {
  if (text.empty()) return;
  to.set(where, text);
  in.carry(node, path, to.location(where));
}

std::string coding_system_name(std::string_view system) {
  if (const auto name = mapped(coding_systems, system); !name.empty()) return std::string(name);
  if (system.starts_with(local_prefix)) return "L";
  if (system.starts_with(oid_prefix)) return std::string(system.substr(oid_prefix.size()));
  return {};
}

bool put_identifier(const encoding& e, const json_value* identifier, out_segment& to, unsigned field_number) {
  if (pivot_reader::text(identifier, "value").empty()) return false;
  const unsigned number = to.next_repetition(field_number);
  e.put(identifier, "value", to, {field_number, 1, 0, number});
  put_authority(e, identifier, to, {field_number, 4, 0, number});
  const std::string type = pivot_reader::text(identifier, "type/coding/0/code");
  const place type_at = {field_number, 5, 0, number};
  if (type.starts_with("INS-")) {
    e.put_as(identifier, "type", to, type_at, "INS");
  } else if (!e.put(identifier, "type/coding/0/code", to, type_at)) {
    e.put(identifier, "type/text", to, type_at);
  }
  e.in.envelope(identifier, "type/coding/0/system");
  e.in.envelope(identifier, "use");
  for (const auto& [path, component] : {std::pair{"period/start", 7U}, std::pair{"period/end", 8U}}) {
    const auto stamp = hl7_from_fhir(pivot_reader::text(identifier, path), hl7_zone::keep);
    if (stamp) e.put_as(identifier, path, to, {field_number, component, 0, number}, *stamp);
  }
  return true;
}

bool put_person(const encoding& e, const json_value* practitioner, out_segment& to, unsigned field_number) {
  if (practitioner == nullptr) return false;
  const json_value* identifier = pivot_reader::find(practitioner, "identifier/0");
  const json_value* name = pivot_reader::find(practitioner, "name/0");
  const unsigned number = to.next_repetition(field_number);
  const auto at = [&](unsigned component) { return place{field_number, component, 0, number}; };
  bool said = e.put(identifier, "value", to, at(1));
  said = e.put(name, "family", to, at(2)) || said;
  said = e.put(name, "given/0", to, at(3)) || said;
  if (!said && !e.put(name, "text", to, at(2))) return false;
  e.put(name, "given/1", to, at(4));
  e.put(name, "suffix/0", to, at(5));
  e.put(name, "prefix/0", to, at(6));
  const std::string use = pivot_reader::text(name, "use");
  if (use == "official" || use == "usual") e.put_as(name, "use", to, at(10), use == "official" ? "L" : "D");
  if (identifier != nullptr) {
    put_authority(e, identifier, to, at(9));
    if (!e.put(identifier, "type/coding/0/code", to, at(13))) e.put(identifier, "type/text", to, at(13));
    e.in.envelope(identifier, "type/coding/0/system");
  }
  return true;
}

bool put_concept(const encoding& e, const json_value* concept_node, out_segment& to, unsigned field_number) {
  const json_value* codings = pivot_reader::find(concept_node, "coding");
  unsigned component = 1;
  bool said = false;
  for (std::size_t i = 0; i < size_of(codings) && component <= 4; ++i) {
    const json_value* coding = element(codings, i);
    if (pivot_reader::text(coding, "code").empty()) continue;
    e.put(coding, "code", to, {field_number, component});
    e.put(coding, "display", to, {field_number, component + 1});
    const std::string system = coding_system_name(pivot_reader::text(coding, "system"));
    if (!system.empty()) e.put_as(coding, "system", to, {field_number, component + 2}, system);
    component += 3;
    said = true;
  }
  const std::string text = pivot_reader::text(concept_node, "text");
  if (text.empty()) return said;
  if (!to.has({field_number, 2})) {
    e.put(concept_node, "text", to, {field_number, 2});
  } else if (text == pivot_reader::text(codings, "0/display")) {
    e.in.carry(concept_node, "text", to.location({field_number, 2}));
  } else {
    e.put(concept_node, "text", to, {field_number, 9});
  }
  return true;
}

bool put_time(const encoding& e, const json_value* node, std::string_view path, out_segment& to,
              unsigned field_number) {
  return put_time_at(e, node, path, to, {field_number});
}

bool put_time_at(const encoding& e, const json_value* node, std::string_view path, out_segment& to,
                 const place& where) {
  const auto stamp = hl7_from_fhir(pivot_reader::text(node, path), hl7_zone::keep);
  if (!stamp) return false;
  e.put_as(node, path, to, where, *stamp);
  return true;
}

void put_telecom(const encoding& e, const json_value* telecom, out_segment& to, unsigned field_number) {
  const std::string system = pivot_reader::text(telecom, "system"), use = pivot_reader::text(telecom, "use");
  if (pivot_reader::text(telecom, "value").empty()) return;
  const unsigned number = to.next_repetition(field_number);
  const auto at = [&](unsigned component) { return place{field_number, component, 0, number}; };
  if (system == "email") {
    e.put_as(telecom, "use", to, at(2), "NET");
    to.set(at(2), "NET");
    const std::string value = pivot_reader::text(telecom, "value");
    e.put_as(telecom, "system", to, at(3), value.find(".mssante.fr") != std::string::npos ? "X.400" : "Internet");
    e.put(telecom, "value", to, at(4));
    return;
  }
  e.put(telecom, "value", to, at(1));
  e.put_as(telecom, "use", to, at(2), use == "work" ? "WPN" : "PRN");
  e.put_as(telecom, "system", to, at(3),
           system == "fax"     ? "FX"
           : use == "mobile"   ? "CP"
           : system == "pager" ? "BP"
                               : "PH");
}

void put_address(const encoding& e, const json_value* address, out_segment& to, unsigned field_number) {
  const unsigned number = to.next_repetition(field_number);
  const auto at = [&](unsigned component) { return place{field_number, component, 0, number}; };
  e.put(address, "line/0", to, at(1));
  // Further lines share the one component that HL7 has for them.
  std::string more;
  const json_value* lines = pivot_reader::find(address, "line");
  for (std::size_t i = 1; i < size_of(lines); ++i) {
    const std::string line = pivot_reader::text(element(lines, i), "");
    if (line.empty()) continue;
    more += (more.empty() ? "" : ", ") + line;
  }
  if (!more.empty()) {
    to.set(at(2), more);
    for (std::size_t i = 1; i < size_of(lines); ++i)
      e.in.carry(address, "line/" + std::to_string(i), to.location(at(2)));
  }
  for (const auto& [path, component] : {std::pair{"city", 3U}, std::pair{"state", 4U}, std::pair{"postalCode", 5U},
                                        std::pair{"country", 6U}, std::pair{"district", 9U}}) {
    e.put(address, path, to, at(component));
  }
  const std::string_view use = mapped(address_uses, pivot_reader::text(address, "use"));
  if (!use.empty()) e.put_as(address, "use", to, at(7), use);
}

}  // namespace liaison::hl7v2
