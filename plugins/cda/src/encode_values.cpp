// SPDX-License-Identifier: Apache-2.0
// The parts of an act that all entries share: ids, values, ranges, comments, people. The order of an act's elements is
// that of the schema: ids, code, status, time, value, interpretation, method, site, specimen, people, links, range.
#include "encode_values.hpp"

#include "encode_parts_n3.hpp"

#include "datatypes.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {

void write_templates(const writing& w, std::initializer_list<std::string_view> roots) {
  if (!w.narrative.claims_templates) {
    return;
  }
  for (const std::string_view root : roots) {
    if (!root.empty()) {
      w.out.leaf("templateId", {{"root", root}});
    }
  }
}

void write_all_ids(const writing& w, const json_value* resource) {
  for (std::size_t i = 0; const json_value* id = writing::item(resource, "identifier", i); ++i) {
    write_id(w, id);
  }
}

/// The unit that is written: UCUM when the pivot is certain, else the printed one in UCUM's spelling where it is known.
namespace {

std::string unit_of(std::string_view printed, std::string_view ucum) {
  struct row {
    std::string_view printed, ucum;
  };
  static constexpr std::array<row, 26> spellings{
      {{"mmol/l", "mmol/L"},    {"µmol/l", "umol/L"}, {"µmol/L", "umol/L"}, {"g/l", "g/L"},
       {"mg/l", "mg/L"},        {"µg/l", "ug/L"},     {"µg/L", "ug/L"},     {"g/dl", "g/dL"},
       {"mg/dl", "mg/dL"},      {"ng/ml", "ng/mL"},   {"pg/ml", "pg/mL"},   {"G/L", "10*9/L"},
       {"Giga/L", "10*9/L"},    {"G/l", "10*9/L"},    {"T/L", "10*12/L"},   {"Tera/L", "10*12/L"},
       {"T/l", "10*12/L"},      {"UI/L", "[IU]/L"},   {"UI/l", "[IU]/L"},   {"mUI/L", "m[IU]/L"},
       {"mUI/l", "m[IU]/L"},    {"U/l", "U/L"},       {"/mm3", "/uL"},      {"giga.l-1", "10*9/L"},
       {"tera.l-1", "10*12/L"}, {"µ3", "um3"}}};
  if (ucum == "1") {
    return {};  // which is what no unit says
  }
  if (!ucum.empty()) {
    printed = ucum;
  }
  for (const row& known : spellings) {
    if (known.printed == printed) {
      return std::string(known.ucum);
    }
  }
  std::string unit;
  for (const char c : printed) {
    if (c != ' ' && c != '\t') {
      unit += c;  // an attribute of type cs holds no blanks
    }
  }
  return unit;
}

}  // namespace

void quantity_attributes(const writing& w, const json_value* quantity) {
  w.out.attribute("value", w.get(quantity, "value"));
  const sourced printed = w.get(quantity, "unit");
  const sourced ucum =
      writing::text(quantity, "system") == "http://unitsofmeasure.org" ? w.get(quantity, "code") : sourced();
  const std::string unit = unit_of(printed.text, ucum.text);
  if (unit.find('{') != std::string::npos && (printed.text + ucum.text).find(' ') != std::string::npos) {
    w.pivot.drop(quantity, "unit", "words that are no unit of UCUM: the narrative says them");
    w.pivot.drop(quantity, "code", "words that are no unit of UCUM: the narrative says them");
  } else {
    w.out.attribute("unit", with(unit, printed.empty() ? ucum : printed));
    w.out.carry(ucum, "unit");
  }
  w.pivot.envelope(quantity, "system");
}

bool is_second_unit(const json_value* observation, const json_value* component) {
  const std::string code = writing::text(observation, "code/coding/0/code");
  return writing::find(component, "valueQuantity/value") != nullptr &&
         (code.empty() ? writing::text(observation, "code/text") == writing::text(component, "code/text")
                       : code == writing::text(component, "code/coding/0/code"));
}

void write_bound(const writing& w, const json_value* quantity, std::string_view name) {
  if (!writing::text(quantity, "value").empty()) {
    const xml_out::element bound(w.out, name);
    quantity_attributes(w, quantity);
  }
}

namespace {

void write_translations(const writing& w, const json_value* observation, std::string_view path) {
  for (std::size_t i = 0; const json_value* component = writing::item(observation, "component", i); ++i) {
    const json_value* quantity = writing::find(component, path);
    if (!is_second_unit(observation, component) || quantity == nullptr) {
      continue;
    }
    const xml_out::element translation(w.out, "translation");
    w.out.attribute("value", w.get(quantity, "value"));
    const sourced printed = w.get(quantity, "unit");
    const sourced ucum = w.get(quantity, "code");
    w.out.attribute("code", with(unit_of(printed.text, ucum.text), printed.empty() ? ucum : printed));
    w.out.carry(ucum, "code");
    w.out.attribute("codeSystem", "2.16.840.1.113883.6.8");
    w.pivot.carry(component, "code", w.out.location());
    w.pivot.envelope(quantity, "system");
  }
}

void write_quantity_value(const writing& w, const json_value* observation) {
  const json_value* quantity = writing::find(observation, "valueQuantity");
  const sourced comparator = w.get(quantity, "comparator");
  const xml_out::element value(w.out, "value");
  if (comparator.empty()) {
    w.out.attribute("xsi:type", "PQ");
    quantity_attributes(w, quantity);
    write_translations(w, observation, "valueQuantity");
    return;
  }
  w.out.attribute("xsi:type", "IVL_PQ");
  const xml_out::element bound(w.out, comparator.text[0] == '<' ? "high" : "low");
  quantity_attributes(w, quantity);
  w.out.attribute("inclusive", with(comparator.text.size() > 1 ? "true" : "false", comparator));
}

}  // namespace

void write_result_value(const writing& w, const json_value* observation, std::string_view coded_as) {
  if (writing::find(observation, "valueQuantity/value") != nullptr) {
    write_quantity_value(w, observation);
  } else if (const json_value* range = writing::find(observation, "valueRange")) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "IVL_PQ");
    write_bound(w, writing::find(range, "low"), "low");
    write_bound(w, writing::find(range, "high"), "high");
  } else if (const json_value* ratio = writing::find(observation, "valueRatio")) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "RTO_PQ_PQ");
    write_bound(w, writing::find(ratio, "numerator"), "numerator");
    write_bound(w, writing::find(ratio, "denominator"), "denominator");
  } else if (const json_value* period = writing::find(observation, "valuePeriod")) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "IVL_TS");
    write_time(w, period, "start", "low");
    write_time(w, period, "end", "high");
  } else if (const json_value* concept_node = writing::find(observation, "valueCodeableConcept")) {
    write_code(w, concept_node, "value", coded_as);
  } else {
    struct plain {
      const char* path;
      const char* type;
    };
    static constexpr std::array<plain, 3> kinds{
        {{"valueInteger", "INT"}, {"valueBoolean", "BL"}, {"valueDateTime", "TS"}}};
    for (const plain& kind : kinds) {
      const sourced said = w.get(observation, kind.path);
      if (!said.empty()) {
        write_plain(w, said, kind.type);
      }
    }
    const sourced text = w.get(observation, "valueString");
    if (!text.empty()) {
      const xml_out::element value(w.out, "value");
      w.out.attribute("xsi:type", "ST");
      w.out.text(text);
    }
  }
}

void write_status(const writing& w, const json_value* observation) {
  const sourced status = w.get(observation, "status");
  const bool gone = status.text == "cancelled" || status.text == "entered-in-error";
  const xml_out::element element(w.out, "statusCode");
  const bool said = gone || status.text == "final" || status.text == "corrected" || status.text == "amended";
  // A result of a CDA is completed or aborted, nothing else; that it is preliminary is said by the act.
  said ? (void)w.out.attribute("code", with(gone ? "aborted" : "completed", status))
       : (void)w.out.attribute("code", "completed");
}

/// LOINC with the local code as translation; a local code alone stands in a translation (CR-BIO).
void write_result_code(const writing& w, const json_value* observation, std::string_view name) {
  const json_value* code = writing::find(observation, "code");
  const json_value* loinc = nullptr;
  for (std::size_t i = 0; const json_value* coding = writing::item(code, "coding", i); ++i) {
    if (loinc == nullptr && writing::text(coding, "system") == "http://loinc.org") {
      loinc = coding;
    }
  }
  const xml_out::element element(w.out, name);
  if (loinc != nullptr) {
    w.out.attribute("code", w.get(loinc, "code"));
    sourced display = w.get(loinc, "display");
    display = display.empty() ? w.get(code, "text") : display;
    display.empty() ? (void)w.out.attribute("displayName", writing::text(loinc, "code"))
                    : (void)w.out.attribute("displayName", display);
    w.out.attribute("codeSystem", with(std::string(oid_loinc), w.get(loinc, "system")));
    w.out.attribute("codeSystemName", "LOINC");
  } else if (writing::find(code, "coding/0") == nullptr) {
    w.out.attribute("nullFlavor", "UNK");
  }
  // The volet wants a reference here, never a text. A label that the narrative does not show stays in displayName.
  const sourced printed = w.get(code, "text");
  write_original_text(w, printed.empty() ? sourced(printed_label(observation)) : printed, when_not_shown::leave_out);
  for (std::size_t i = 0; const json_value* coding = writing::item(code, "coding", i); ++i) {
    if (coding == loinc || writing::text(coding, "code").empty()) {
      continue;
    }
    const xml_out::element translation(w.out, "translation");
    const sourced system = w.get(coding, "system");
    std::string oid = oid_of_system(system.text);
    oid = cda_root(oid.empty() ? uuid_v5("system " + system.text) : oid);
    const sourced local = w.get(coding, "code");
    w.out.attribute("code", with(code_token(local.text), local));
    sourced display = w.get(coding, "display");
    display = display.empty() ? w.get(code, "text") : display;
    display.empty() ? (void)w.out.attribute("displayName", writing::text(coding, "code"))
                    : (void)w.out.attribute("displayName", display);
    w.out.attribute("codeSystem", with(oid, system));
  }
}

void write_effective(const writing& w, const json_value* resource, std::string_view required) {
  if (const json_value* period = writing::find(resource, "effectivePeriod")) {
    write_interval(w, period, "effectiveTime");
  } else if (!write_time(w, resource, "effectiveDateTime", "effectiveTime") && !required.empty()) {
    w.out.leaf("effectiveTime", {{"nullFlavor", required}});
  }
}

void write_comment_text(const writing& w, const sourced& text) {
  const xml_out::element element(w.out, "text");
  const auto shown = w.narrative.id_of_text.find(text.text);
  if (shown == w.narrative.id_of_text.end()) {
    w.out.text(text);
    return;
  }
  const xml_out::element reference(w.out, "reference");
  w.out.attribute("value", with("#" + shown->second, text));
}

void write_comment(const writing& w, const sourced& text) {
  const xml_out::element link(w.out, "entryRelationship");
  w.out.attribute("typeCode", "SUBJ").attribute("inversionInd", "true");
  const xml_out::element act(w.out, "act");
  w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
  w.out.leaf("templateId", {{"root", "2.16.840.1.113883.10.20.1.40"}});
  w.out.leaf("templateId", {{"root", "1.3.6.1.4.1.19376.1.5.3.1.4.2"}});
  w.out.leaf("templateId", {{"root", "1.2.250.1.213.1.1.3.32"}});
  w.out.leaf("code", {{"code", "48767-8"}, {"displayName", "Commentaire"}, {"codeSystem", oid_loinc}});
  write_comment_text(w, text);
  w.out.leaf("statusCode", {{"code", "completed"}});
}

void write_range(const writing& w, const json_value* observation) {
  const json_value* range = writing::item(observation, "referenceRange", 0);
  if (range == nullptr) {
    return;
  }
  const xml_out::element element(w.out, "referenceRange");
  w.out.attribute("typeCode", "REFV");
  const xml_out::element inner(w.out, "observationRange");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN.CRT");
  const sourced text = w.get(range, "text");
  if (!text.empty()) {
    const xml_out::element text_element(w.out, "text");
    w.out.text(text);
  }
  if (writing::find(range, "low/value") != nullptr || writing::find(range, "high/value") != nullptr) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "IVL_PQ");
    for (const char* name : {"low", "high"}) {
      const json_value* bound = writing::find(range, name);
      if (bound != nullptr) {
        const xml_out::element bound_element(w.out, name);
        quantity_attributes(w, bound);
        write_translations(w, observation, std::string("referenceRange/0/") + name);
      }
    }
  }
  if (!write_code(w, writing::find(range, "type"), "interpretationCode")) {
    w.out.leaf("interpretationCode", {{"code", "N"}, {"displayName", "Normal"}, {"codeSystem", oid_interpretation}});
  }
}

/// Extension `participant` of a resource: performers, authors, then the others, as the schema orders them.
void write_people(const writing& w, const json_value* resource) {
  const std::string url = std::string(extension_base) + "participant";
  for (const std::string_view wanted : {"PRF", "AUT", "INF", ""}) {
    for (std::size_t i = 0; const json_value* extension = writing::extension(resource, url, i); ++i) {
      sourced type;
      const json_value* actor = nullptr;
      const json_value* period = nullptr;
      const json_value* function = nullptr;
      for (std::size_t n = 0; const json_value* part = writing::item(extension, "extension", n); ++n) {
        const std::string name = writing::text(part, "url");
        type = name == "type" ? w.get(part, "valueCode") : type;
        actor = name == "actor" ? writing::find(part, "valueReference") : actor;
        period = name == "period" ? writing::find(part, "valuePeriod") : period;
        function = name == "function" ? writing::find(part, "valueCodeableConcept") : function;
      }
      const bool other = type.text != "PRF" && type.text != "AUT" && type.text != "INF";
      const party who = party_of(w, actor);
      if (!who || (wanted.empty() ? !other : type.text != wanted)) {
        continue;
      }
      const xml_out::element element(w.out, wanted == "PRF"   ? "performer"
                                            : wanted == "AUT" ? "author"
                                            : wanted == "INF" ? "informant"
                                                              : "participant");
      if (wanted == "PRF" || wanted.empty()) {
        w.out.attribute("typeCode", type);
      } else {
        w.out.carry(type);
      }
      write_function(w, wanted == "AUT" ? function : nullptr, function_rule::listed);
      if (wanted == "AUT") {
        write_time(w, period, "start", "time");
      } else if (wanted != "INF") {
        write_interval(w, period, "time");
      }
      if (!wanted.empty()) {
        write_entity(w, who, wanted == "AUT" ? "assignedAuthor" : "assignedEntity",
                     {"assignedPerson", "representedOrganization"});
      } else {
        write_role(w, who);
      }
    }
  }
}

namespace {

void write_role_entity(const writing& w, const party& who) {
  if (who.device != nullptr) {
    const xml_out::element device(w.out, "playingDevice");
    write_code(w, writing::find(who.device, "type"), "code");
    const sourced name = w.get(who.device, "deviceName/0/name");
    if (!name.empty()) {
      const xml_out::element model(w.out, "manufacturerModelName");
      w.out.text(name);
    }
    return;
  }
  const json_value* name = writing::item(who.practitioner, "name", 0);
  if (name != nullptr) {
    const xml_out::element entity(w.out, "playingEntity");
    write_name(w, name);
  }
}

}  // namespace

void write_role(const writing& w, const party& who) {
  const xml_out::element role(w.out, "participantRole");
  write_all_ids(w, who.practitioner != nullptr ? who.practitioner : who.device);
  write_code(w, writing::item(who.role, "code", 0), "code");
  if (const json_value* address = writing::item(who.practitioner, "address", 0)) {
    write_address(w, address);
  }
  std::set<std::string> telecoms;
  write_telecoms(w, who.role, telecoms);
  write_telecoms(w, who.practitioner, telecoms);
  write_role_entity(w, who);
}

void write_typed_code(const writing& w, const json_value* concept_node) { write_code(w, concept_node, "value", "CD"); }

void write_plain(const writing& w, const sourced& said, std::string_view type) {
  const xml_out::element value(w.out, "value");
  w.out.attribute("xsi:type", type);
  w.out.attribute("value", type == "TS" ? with(ts_of(said.text), said) : said);
}

void write_isolate(const writing& w, const json_value* specimen) {
  const xml_out::element element(w.out, "specimen");
  w.out.attribute("typeCode", "SPC");
  const xml_out::element role(w.out, "specimenRole");
  w.out.attribute("classCode", "SPEC");
  write_all_ids(w, specimen);
  if (writing::find(specimen, "type") != nullptr) {
    const xml_out::element entity(w.out, "specimenPlayingEntity");
    w.out.attribute("classCode", "MIC");
    write_code(w, writing::find(specimen, "type"), "code");
  }
}

}  // namespace liaison::cda
