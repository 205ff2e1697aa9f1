// SPDX-License-Identifier: Apache-2.0
// Composition, DiagnosticReport, Observation and files → ORC, OBR, OBX, NTE and PRT.
#include "codes.hpp"
#include "encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <set>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t nesting_max = 16;

struct status_row {
  std::string_view fhir, code;
};
constexpr status_row observation_statuses[] = {
    {"final", "F"},     {"preliminary", "P"}, {"corrected", "C"},        {"amended", "A"},
    {"cancelled", "X"}, {"registered", "I"},  {"entered-in-error", "D"}, {"unknown", ""}};
constexpr status_row report_statuses[] = {
    {"final", "F"},     {"preliminary", "P"}, {"corrected", "C"}, {"amended", "C"},          {"appended", "C"},
    {"cancelled", "X"}, {"registered", "I"},  {"partial", "R"},   {"entered-in-error", "X"}, {"unknown", ""}};

template <std::size_t Size>
std::string_view code_of(const status_row (&table)[Size], std::string_view status) {
  for (const auto& row : table) {
    if (row.fhir == status) return row.code;
  }
  return {};
}

const json_value* source_code_of(const json_value* node) {
  const json_value* extensions = pivot_reader::find(node, "_status/extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    if (pivot_reader::text(element(extensions, i), "url").ends_with("/source-code")) return element(extensions, i);
  }
  return nullptr;
}

template <std::size_t Size>
void put_status(const encoding& e, const json_value* node, const status_row (&table)[Size], out_segment& to,
                unsigned field_number) {
  e.put_as(node, "status", to, {field_number}, code_of(table, pivot_reader::text(node, "status")));
  if (const json_value* exact = source_code_of(node)) e.put(exact, "valueString", to, {field_number});
}

/// One group of ORC, OBR and what follows; written once per DiagnosticReport or per section of text.
struct results_writer {
  encoding& e;
  unsigned sequence = 0;  // OBX-1 in its OBR
  unsigned orders = 0;    // OBR-1
  std::set<const json_value*> written;
  std::map<std::string, const json_value*> by_url;

  out_segment& open_order(const json_value* restored = nullptr) {
    out_segment& orc = e.add("ORC", rank_body);
    if (restored != nullptr) put_source_fields_of(e, restored, orc);
    if (!orc.has_field(1)) orc.set({1}, "RE");
    out_segment& obr = e.add("OBR", rank_body);
    obr.set({1}, std::to_string(++orders));
    sequence = 0;
    return obr;
  }

  out_segment& open_observation() {
    out_segment& obx = e.add("OBX", rank_body);
    obx.set({1}, std::to_string(++sequence));
    return obx;
  }

  void put_note(std::string_view text, const json_value* node, std::string_view path) {
    out_segment& nte = e.add("NTE", rank_body);
    nte.set({1}, "1");
    nte.set({3}, text);
    e.in.carry(node, path, nte.location({3}));
  }

  void put_quantity(const json_value* quantity, out_segment& obx) {
    const std::string comparator = pivot_reader::text(quantity, "comparator");
    if (comparator.empty()) {
      obx.set({2}, "NM");
      e.put(quantity, "value", obx, {5, 1});
    } else {
      obx.set({2}, "SN");
      e.put(quantity, "comparator", obx, {5, 1});
      e.put(quantity, "value", obx, {5, 2});
    }
    put_unit(quantity, obx);
  }

  void put_unit(const json_value* quantity, out_segment& obx) {
    if (pivot_reader::text(quantity, "system") == "http://unitsofmeasure.org" && e.put(quantity, "code", obx, {6, 1})) {
      if (pivot_reader::text(quantity, "unit") != pivot_reader::text(quantity, "code")) {
        e.put(quantity, "unit", obx, {6, 2});
      } else {
        e.in.carry(quantity, "unit", obx.location({6, 1}));
      }
      e.put_as(quantity, "system", obx, {6, 3}, "UCUM");
    } else {
      e.put(quantity, "unit", obx, {6, 1});
    }
  }

  void put_text(const json_value* node, std::string_view path, out_segment& obx) {
    const std::string text = pivot_reader::text(node, path);
    obx.set({2}, text.find('\n') != std::string::npos || text.size() > 199 ? "FT" : "ST");
    e.put(node, path, obx, {5, 1});
  }

  void put_value(const json_value* holder, out_segment& obx) {
    if (const json_value* quantity = pivot_reader::find(holder, "valueQuantity")) return put_quantity(quantity, obx);
    if (const json_value* coded = pivot_reader::find(holder, "valueCodeableConcept")) {
      obx.set({2}, "CE");
      put_concept(e, coded, obx, 5);
      return;
    }
    if (const json_value* range = pivot_reader::find(holder, "valueRange")) {
      obx.set({2}, "SN");
      e.put(range, "low/value", obx, {5, 2});
      obx.set({5, 3}, "-");
      e.put(range, "high/value", obx, {5, 4});
      put_unit(pivot_reader::find(range, "low"), obx);
      e.in.carry(range, "high/unit", obx.location({6, 1}));
      return;
    }
    if (const json_value* ratio = pivot_reader::find(holder, "valueRatio")) {
      obx.set({2}, "SN");
      e.put(ratio, "numerator/value", obx, {5, 2});
      obx.set({5, 3}, ":");
      e.put(ratio, "denominator/value", obx, {5, 4});
      put_unit(pivot_reader::find(ratio, "numerator"), obx);
      return;
    }
    const std::string time = pivot_reader::text(holder, "valueDateTime");
    if (const auto stamp = hl7_from_fhir(time, hl7_zone::keep)) {
      obx.set({2}, stamp->size() <= 8 ? "DT" : "TS");
      e.put_as(holder, "valueDateTime", obx, {5, 1}, *stamp);
      return;
    }
    for (const char* path : {"valueString", "valueInteger", "valueBoolean", "valueTime"}) {
      if (!pivot_reader::text(holder, path).empty()) return put_text(holder, path, obx);
    }
  }

  void put_range(const json_value* holder, out_segment& obx) {
    const json_value* range = pivot_reader::find(holder, "referenceRange/0");
    if (range == nullptr) return;
    const std::string low = pivot_reader::text(range, "low/value"), high = pivot_reader::text(range, "high/value");
    const std::string text = pivot_reader::text(range, "text");
    const std::string shown = !text.empty()                   ? text
                              : !low.empty() && !high.empty() ? low + "-" + high
                              : !low.empty()                  ? ">=" + low
                                                              : "<=" + high;
    if (shown == "<=") return;
    obx.set({7}, shown);
    e.in.carry(range, "text", obx.location({7}));
    for (const char* bound : {"low", "high"}) {
      // A bound that a text does not repeat would be lost: it stands in the text of every sender that we know.
      e.in.carry(range, std::string(bound) + "/value", obx.location({7}));
      e.in.carry(range, std::string(bound) + "/unit", obx.location({6}));
      e.in.carry(range, std::string(bound) + "/code", obx.location({6}));
      e.in.envelope(range, std::string(bound) + "/system");
    }
  }

  void put_flags(const json_value* observation, out_segment& obx) {
    const json_value* flags = pivot_reader::find(observation, "interpretation");
    for (std::size_t i = 0; i < size_of(flags); ++i) {
      const json_value* flag = element(flags, i);
      const unsigned number = obx.next_repetition(8);
      if (!e.put(flag, "coding/0/code", obx, {8, 1, 0, number}) && !e.put(flag, "text", obx, {8, 1, 0, number}))
        continue;
      e.in.envelope(flag, "coding/0/system");
      e.put(flag, "coding/0/display", obx, {8, 2, 0, number});
    }
  }

  void put_common(const json_value* observation, out_segment& obx) {
    put_status(e, observation, observation_statuses, obx, 11);
    put_time(e, observation, "effectiveDateTime", obx, 14);
    put_flags(observation, obx);
    const json_value* performers = pivot_reader::find(observation, "performer");
    for (std::size_t i = 0; i < size_of(performers); ++i) {
      const json_value* who = e.in.resolve(element(performers, i));
      if (pivot_reader::text(who, "resourceType") == "PractitionerRole")
        who = e.in.resolve(pivot_reader::find(who, "practitioner"));
      if (pivot_reader::text(who, "resourceType") == "Practitioner") put_person(e, who, obx, 16);
    }
    put_concept(e, pivot_reader::find(observation, "method"), obx, 17);
    put_concept(e, pivot_reader::find(observation, "bodySite"), obx, 20);
    if (const json_value* id = pivot_reader::find(observation, "identifier/0")) e.put(id, "value", obx, {21, 1});
    const json_value* notes = pivot_reader::find(observation, "note");
    for (std::size_t i = 0; i < size_of(notes); ++i)
      put_note(pivot_reader::text(element(notes, i), "text"), element(notes, i), "text");
  }

  /// Several values of the Observation's own code, with nothing else said of them, are repetitions of OBX-5.
  bool put_repetitions(const json_value* observation, out_segment& obx) {
    const json_value* components = pivot_reader::find(observation, "component");
    const std::string code = pivot_reader::text(observation, "code/coding/0/code");
    const std::string unit = pivot_reader::text(components, "0/valueQuantity/unit");
    const bool is_number = pivot_reader::find(components, "0/valueQuantity") != nullptr;
    const char* path = is_number ? "valueQuantity/value" : "valueString";
    for (std::size_t i = 0; i < size_of(components); ++i) {
      const json_value* component = element(components, i);
      const bool is_plain = pivot_reader::find(component, "referenceRange") == nullptr &&
                            pivot_reader::text(component, "valueQuantity/comparator").empty();
      if (!is_plain || pivot_reader::text(component, "code/coding/0/code") != code ||
          pivot_reader::text(component, path).empty() || pivot_reader::text(component, "valueQuantity/unit") != unit) {
        return false;
      }
    }
    obx.set({2}, is_number ? "NM" : "ST");
    for (std::size_t i = 0; i < size_of(components); ++i) {
      const json_value* component = element(components, i);
      e.put(component, path, obx, {5, 1, 0, static_cast<unsigned>(i + 1)});
      e.in.carry(component, "code", obx.location({3}));
      if (i == 0 && is_number) put_unit(pivot_reader::find(component, "valueQuantity"), obx);
      e.in.carry(component, "valueQuantity/unit", obx.location({6}));
      e.in.carry(component, "valueQuantity/code", obx.location({6}));
      e.in.carry(component, "valueQuantity/system", obx.location({6}));
    }
    return true;
  }

  void put_components(const json_value* observation, out_segment& first, bool has_value) {
    const json_value* components = pivot_reader::find(observation, "component");
    if (!has_value && put_repetitions(observation, first)) return;
    for (std::size_t i = 0; i < size_of(components); ++i) {
      const json_value* component = element(components, i);
      out_segment& obx = has_value || i > 0 ? open_observation() : first;
      obx.set({4}, std::to_string(i + (has_value ? 2 : 1)));
      put_concept(e, pivot_reader::find(component, "code"), obx, 3);
      put_value(component, obx);
      put_range(component, obx);
      const std::string status(code_of(observation_statuses, pivot_reader::text(observation, "status")));
      obx.set({11}, status);
    }
  }

  void put_observation(const json_value* observation, std::size_t depth) {
    if (observation == nullptr || depth > nesting_max || !written.insert(observation).second) return;
    const json_value* members = pivot_reader::find(observation, "hasMember");
    bool has_value = false;
    for (const char* path : {"valueQuantity", "valueCodeableConcept", "valueRange", "valueRatio", "valueDateTime",
                             "valueString", "valueInteger", "valueBoolean", "valueTime"}) {
      has_value = has_value || pivot_reader::find(observation, path) != nullptr;
    }
    const bool has_components = size_of(pivot_reader::find(observation, "component")) > 0;
    out_segment& obx = open_observation();
    put_concept(e, pivot_reader::find(observation, "code"), obx, 3);
    put_value(observation, obx);
    put_range(observation, obx);
    put_source_fields_of(e, observation, obx);
    if (has_components) put_components(observation, obx, has_value);
    if (!obx.has_field(2)) obx.set({2}, "ST");
    put_common(observation, obx);
    for (std::size_t i = 0; i < size_of(members); ++i) put_observation(e.in.resolve(element(members, i)), depth + 1);
  }

  void put_file(const json_value* reference) {
    if (reference == nullptr || !written.insert(reference).second) return;
    const json_value* attachment = pivot_reader::find(reference, "content/0/attachment");
    if (attachment == nullptr) return;
    const json_value* holder = attachment;
    std::string data = pivot_reader::text(attachment, "data");
    if (data.empty()) {
      const auto binary = by_url.find(pivot_reader::text(attachment, "url"));
      if (binary != by_url.end()) holder = binary->second;
      data = pivot_reader::text(holder, "data");
    }
    if (data.empty()) {
      e.in.drop(reference, "", "the file is not in the Bundle");
      return;
    }
    out_segment& obx = open_observation();
    obx.set({2}, "ED");
    if (!put_concept(e, pivot_reader::find(reference, "type"), obx, 3)) e.put(attachment, "title", obx, {3, 2});
    if (!obx.has_field(3)) obx.set({3, 2}, "Document");
    const std::string type = pivot_reader::text(attachment, "contentType");
    const std::size_t slash = type.find('/');
    obx.set({5, 2}, type.substr(0, slash));
    if (slash != std::string::npos) obx.set({5, 3}, type.substr(slash + 1));
    obx.set({5, 4}, "Base64");
    std::erase_if(data, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    obx.set_unescaped({5, 5}, std::move(data));
    obx.set({11}, "F");
    e.in.carry(holder, "data", obx.location({5, 5}));
    e.in.carry(holder, "contentType", obx.location({5, 3}));
    e.in.carry(attachment, "contentType", obx.location({5, 3}));
    e.in.carry(attachment, "title", obx.location({3, 2}));
    for (const char* path : {"url", "size", "hash"}) e.in.envelope(attachment, path);
    e.in.envelope(reference, "status");
    put_source_fields_of(e, reference, obx);
  }

  void put_report(const json_value* report) {
    if (report == nullptr || !written.insert(report).second) return;
    out_segment& obr = open_order(report);
    out_segment& orc = *e.segments[e.segments.size() - 2];
    const json_value* identifiers = pivot_reader::find(report, "identifier");
    for (std::size_t i = 0; i < size_of(identifiers); ++i) {
      const json_value* id = element(identifiers, i);
      const unsigned number = pivot_reader::text(id, "type/coding/0/code") == "PLAC" ? 2U : 3U;
      if (obr.has_field(number)) continue;
      e.put(id, "value", obr, {number, 1});
      e.put(id, "assigner/display", obr, {number, 2});
      const std::string system = pivot_reader::text(id, "system");
      if (system.starts_with("urn:oid:")) {
        e.put_as(id, "system", obr, {number, 3}, system.substr(8));
        obr.set({number, 4}, "ISO");
      }
      e.in.envelope(id, "type");
      orc.set({number, 1}, pivot_reader::text(id, "value"));
      orc.set({number, 2}, pivot_reader::text(id, "assigner/display"));
    }
    put_concept(e, pivot_reader::find(report, "code"), obr, 4);
    put_time(e, report, "effectiveDateTime", obr, 7);
    put_time(e, report, "effectivePeriod/start", obr, 7);
    put_time(e, report, "effectivePeriod/end", obr, 8);
    put_time(e, report, "issued", obr, 22);
    e.put(report, "category/0/coding/0/code", obr, {24});
    e.in.envelope(report, "category/0/coding/0/system");
    put_status(e, report, report_statuses, obr, 25);
    put_interpreter(report, obr);
    put_source_fields_of(e, report, obr);
    if (const std::string conclusion = pivot_reader::text(report, "conclusion"); !conclusion.empty())
      put_note(conclusion, report, "conclusion");
    const json_value* results = pivot_reader::find(report, "result");
    for (std::size_t i = 0; i < size_of(results); ++i) put_observation(e.in.resolve(element(results, i)), 0);
  }

  void put_interpreter(const json_value* report, out_segment& obr) {
    const json_value* who = e.in.resolve(pivot_reader::find(report, "resultsInterpreter/0"));
    if (pivot_reader::text(who, "resourceType") == "PractitionerRole")
      who = e.in.resolve(pivot_reader::find(who, "practitioner"));
    if (pivot_reader::text(who, "resourceType") == "Practitioner") put_packed(who, obr);
  }

  /// The author of a letter answers for it as the interpreter of results does.
  void put_author(out_segment& obr) {
    const json_value* who = e.in.resolve(pivot_reader::find(e.composition, "author/0"));
    if (pivot_reader::text(who, "resourceType") == "PractitionerRole")
      who = e.in.resolve(pivot_reader::find(who, "practitioner"));
    if (pivot_reader::text(who, "resourceType") == "Practitioner") put_packed(who, obr);
  }

  void put_packed(const json_value* who, out_segment& obr) {
    // NDL: the person is one component, packed into sub-components.
    e.put(who, "identifier/0/value", obr, {32, 1, 1});
    e.put(who, "name/0/family", obr, {32, 1, 2});
    e.put(who, "name/0/given/0", obr, {32, 1, 3});
  }

  /// Text of a section as one OBX. Only that of a report is left out, which its results repeat one by one: elsewhere a
  /// narrative says more than the entries beside it.
  void put_narrative(const json_value* section, bool has_results) {
    const std::string div = pivot_reader::text(section, "text/div");
    if (div.empty()) return;
    if (has_results) {
      e.in.drop(section, "text/div", "repeats the results, which are written one by one");
      e.in.drop(section, "text/status", "repeats the results, which are written one by one");
      return;
    }
    const std::string text(trim(xhtml_text(div)));
    if (text.empty()) return;
    if (orders == 0) put_document_order();
    out_segment& obx = open_observation();
    obx.set({2}, "FT");
    if (!put_concept(e, pivot_reader::find(section, "code"), obx, 3)) e.put(section, "title", obx, {3, 2});
    if (pivot_reader::text(section, "title") == pivot_reader::text(section, "code/coding/0/display"))
      e.in.carry(section, "title", obx.location({3, 2}));
    if (!obx.has_field(3)) obx.set({3, 2}, "Texte");
    obx.set({5}, text);
    e.in.carry(section, "text/div", obx.location({5}));
    e.in.envelope(section, "text/status");
    obx.set({11}, "F");
    if (const std::string title = pivot_reader::text(section, "title");
        !title.empty() && !obx.has({3, 5}) && pivot_reader::find(section, "code") != nullptr) {
      e.put(section, "title", obx, {3, 5});
    }
  }

  /// The order that a letter hangs on: its type stands in OBR-4.
  void put_document_order() {
    out_segment& obr = open_order();
    put_concept(e, pivot_reader::find(e.composition, "type"), obr, 4);
    put_time(e, e.composition, "date", obr, 22);
    if (const std::string title = pivot_reader::text(e.composition, "title");
        !title.empty() && !obr.has({4, 5}) && title != pivot_reader::text(e.composition, "type/coding/0/display")) {
      e.put(e.composition, "title", obr, {4, 5});
    }
    put_author(obr);
    const std::string status = pivot_reader::text(e.composition, "status");
    e.put_as(e.composition, "status", obr, {25},
             status == "final"         ? "F"
             : status == "preliminary" ? "P"
             : status == "amended"     ? "C"
                                       : "X");
  }

  void put_section(const json_value* section, std::size_t depth) {
    if (depth > nesting_max) return;
    const json_value* entries = pivot_reader::find(section, "entry");
    bool has_results = false;
    for (std::size_t i = 0; i < size_of(entries); ++i) {
      const json_value* target = e.in.resolve(element(entries, i));
      const std::string type = pivot_reader::text(target, "resourceType");
      if (type == "DiagnosticReport") {
        put_report(target);
        has_results = true;
      } else if (type == "Observation") {
        if (orders == 0) put_document_order();
        put_observation(target, 0);
      } else if (type == "DocumentReference") {
        if (orders == 0) put_document_order();
        put_file(target);
        // The section of a file is its name; the file carries both.
        const std::string title = pivot_reader::text(section, "title");
        if (title == pivot_reader::text(target, "content/0/attachment/title")) e.in.carry(section, "title", "OBX-3.2");
        if (pivot_reader::text(section, "code/coding/0/code") == "55108-5") e.in.envelope(section, "code");
      }
    }
    put_narrative(section, has_results);
    if (has_results) {
      e.in.carry(section, "title", "OBR-4.2");
      e.in.carry(section, "code", "OBR-4");
    }
    const json_value* inner = pivot_reader::find(section, "section");
    for (std::size_t i = 0; i < size_of(inner); ++i) put_section(element(inner, i), depth + 1);
  }
};

/// What the Composition says that an order says too: its type, number, date and status are carried there when equal.
void settle_composition(encoding& e) {
  const json_value* report = e.in.find_first("DiagnosticReport");
  const json_value* composition = e.composition;
  const auto same = [&](std::string_view mine, std::string_view its) {
    return !pivot_reader::text(composition, mine).empty() &&
           pivot_reader::text(composition, mine) == pivot_reader::text(report, its);
  };
  if (same("type/coding/0/code", "code/coding/0/code")) e.in.carry(composition, "type", "OBR[1]-4");
  if (same("title", "code/coding/0/display") || same("title", "code/text") || same("title", "code/coding/0/code"))
    e.in.carry(composition, "title", "OBR[1]-4.2");
  if (same("date", "issued")) e.in.carry(composition, "date", "OBR[1]-22");
  const std::string number = pivot_reader::text(composition, "identifier/value");
  for (std::size_t i = 0; i < size_of(pivot_reader::find(report, "identifier")); ++i) {
    if (!number.empty() &&
        pivot_reader::text(element(pivot_reader::find(report, "identifier"), i), "value") == number) {
      e.in.carry(composition, "identifier", "OBR[1]-3");
    }
  }
  const std::string status = pivot_reader::text(composition, "status"), its = pivot_reader::text(report, "status");
  if (status == its || (status == "amended" && its == "corrected") ||
      (status == "preliminary" && (its == "partial" || its == "registered" || its == "unknown")))
    e.in.carry(composition, "status", "OBR[1]-25");
  if (report == nullptr &&
      pivot_reader::text(composition, "title") == pivot_reader::text(composition, "type/coding/0/display")) {
    e.in.carry(composition, "title", "OBR[1]-4.2");
  }
}

}  // namespace

void put_results(encoding& e) {
  results_writer writer{e, 0, 0, {}, {}};
  const json_value* entries = pivot_reader::find(&e.in.bundle(), "entry");
  for (std::size_t i = 0; i < e.in.entry_count(); ++i) {
    writer.by_url.emplace(pivot_reader::text(element(entries, i), "fullUrl"), &e.in.resource(i));
  }
  const json_value* sections = pivot_reader::find(e.composition, "section");
  for (std::size_t i = 0; i < size_of(sections); ++i) writer.put_section(element(sections, i), 0);
  // What no section shows is written all the same: nothing clinical disappears.
  for (std::size_t i = 0; i < e.in.entry_count(); ++i) {
    const json_value* resource = &e.in.resource(i);
    const std::string type = pivot_reader::text(resource, "resourceType");
    if (type == "DiagnosticReport") writer.put_report(resource);
  }
  for (std::size_t i = 0; i < e.in.entry_count(); ++i) {
    const json_value* resource = &e.in.resource(i);
    const std::string type = pivot_reader::text(resource, "resourceType");
    if ((type == "Observation" || type == "DocumentReference") && !writer.written.contains(resource)) {
      if (writer.orders == 0) writer.put_document_order();
      type == "Observation" ? writer.put_observation(resource, 0) : writer.put_file(resource);
    }
  }
  if (writer.orders == 0) writer.put_document_order();
  settle_composition(e);
}

}  // namespace liaison::hl7v2
