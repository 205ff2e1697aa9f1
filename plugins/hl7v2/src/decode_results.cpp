// SPDX-License-Identifier: Apache-2.0
// OBR with its OBX and NTE → one section of the Composition, its DiagnosticReport and Observations.
#include "decode_results.hpp"

#include "codes.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

struct status_row {
  std::string_view code, report, composition;
  bool is_exact;
};
constexpr status_row statuses[] = {{"F", "final", "final", true},
                                   {"C", "corrected", "amended", true},
                                   {"M", "corrected", "amended", false},
                                   {"P", "preliminary", "preliminary", true},
                                   {"R", "partial", "preliminary", true},
                                   {"A", "partial", "preliminary", false},
                                   {"O", "registered", "preliminary", false},
                                   {"I", "registered", "preliminary", true},
                                   {"S", "registered", "preliminary", false},
                                   {"N", "registered", "preliminary", false},
                                   {"X", "cancelled", "entered-in-error", true},
                                   {"D", "entered-in-error", "entered-in-error", true}};

const status_row* status_row_of(std::string_view code) {
  for (const auto& row : statuses) {
    if (row.code == trim(code)) return &row;
  }
  return nullptr;
}

/// One OBR group while its segments are read.
struct group {
  segment obr;
  resource_ref report;
  spot section;
  std::string rows;   // of the table, XHTML
  std::string notes;  // paragraphs
  std::string conclusion;
  resource_ref observation;
};

std::string cell(const std::string& text) {
  std::string out = "<td>";
  const std::string escaped = escape_xml(text);
  for (const char c : escaped) {
    if (c == '\n') {
      out += "<br/>";
    } else {
      out += c;
    }
  }
  return out + "</td>";
}

void add_row(group& to, const segment& obx, const separators& by) {
  const facts::value shown = read_value(obx);
  to.rows += "<tr>" + cell(shown.label.empty() ? shown.code : shown.label) + cell(shown.value) + cell(shown.unit) +
             cell(value_of(obx[7].component(1), by)) + cell(shown.flag) + "</tr>";
}

void close(const group& of) {
  if (!of.section.ref) return;
  if (of.report && !of.conclusion.empty()) of.report.set("conclusion", of.conclusion);
  std::string div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";
  if (!of.rows.empty()) div += "<table><tbody>" + of.rows + "</tbody></table>";
  div += of.notes + "</div>";
  if (of.rows.empty() && of.notes.empty()) return;
  (of.section / "text/status").set("generated");
  (of.section / "text/div").set(div);
}

void write_report_numbers(decoding& d, const segment& obr, const segment& orc, const resource_ref& report) {
  const std::pair<field, const char*> numbers[] = {{obr[2], "PLAC"}, {obr[3], "FILL"}};
  for (const auto& [number, type] : numbers) {
    const spot to = spot{report, "identifier"}.next();
    if (!write_entity_identifier(d, number.first(), to)) continue;
    (to / "type/coding/0/system").set(system_identifier_type);
    (to / "type/coding/0/code").set(type);
  }
  // ORC repeats the numbers of OBR: said there when equal, a number of its own when OBR has none.
  if (!orc) return;
  for (const auto& [own, repeated] : {std::pair{orc[2], obr[2]}, std::pair{orc[3], obr[3]}}) {
    if (own.text() == repeated.text()) {
      d.values.carry_all(own.text(), report.pointer("identifier"));
    } else {
      write_entity_identifier(d, own.first(), spot{report, "identifier"}.next());
    }
  }
}

void write_report_people(decoding& d, const segment& obr, const resource_ref& report) {
  for (const unsigned number : {32U, 35U, 34U}) {
    const field people = obr[number];
    const char* element = number == 32 ? "resultsInterpreter" : "performer";
    for (const auto piece : people.repetitions()) {
      const resource_ref who = write_packed_person(d, people.as_repetition(piece));
      if (who) report.set_reference(std::string(element) + "/" + std::to_string(report.size_of(element)), who);
    }
  }
}

group open_group(decoding& d, const segment& obr, const segment& orc) {
  group out;
  out.obr = obr;
  out.report = d.pivot.add("DiagnosticReport");
  d.owners[obr.position()] = out.report;
  if (orc) d.owners[orc.position()] = out.report;
  const spot report{out.report, ""};
  const std::string_view raw_status = obr[25].component(1);
  const status_row* row = status_row_of(raw_status);
  out.report.set("status", trim(raw_status).empty()
                               ? sourced("unknown")
                               : d.values.as(raw_status, row == nullptr ? "unknown" : std::string(row->report)));
  if (!trim(raw_status).empty() && (row == nullptr || !row->is_exact)) {
    (report / "_status/extension/0/url").set(std::string(extension_base) + "source-code");
    (report / "_status/extension/0/valueString").set(d.values.get(raw_status));
  }
  if (!write_concept(d, obr[4].first(), report / "code")) (report / "code/text").set("Résultats");
  if (d.patient) out.report.set_reference("subject", d.patient);
  if (d.encounter) out.report.set_reference("encounter", d.encounter);
  write_report_numbers(d, obr, orc, out.report);
  const bool has_end = fhir_from_hl7(obr[8].component(1), d.zone).has_value();
  write_time(d, obr[7].component(1), report / (has_end ? "effectivePeriod/start" : "effectiveDateTime"));
  if (has_end) write_time(d, obr[8].component(1), report / "effectivePeriod/end");
  write_time(d, obr[22].component(1), report / "issued", precision::instant);
  if (const std::string_view raw = obr[24].component(1); !trim(raw).empty()) {
    (report / "category/0/coding/0/system").set("http://terminology.hl7.org/CodeSystem/v2-0074");
    (report / "category/0/coding/0/code").set(d.values.get(raw));
  }
  write_report_people(d, obr, out.report);
  out.section = spot{d.composition, "section"}.next();
  const facts::coding type = {{}, value_of(obr[4].component(1), d.of.by()), value_of(obr[4].component(2), d.of.by())};
  (out.section / "title").set(type.display.empty() ? type.code.empty() ? "Résultats" : type.code : type.display);
  write_concept(d, obr[4].first(), out.section / "code");
  out.section.ref.set_reference((out.section / "entry/0").path, out.report);
  return out;
}

/// NTE belongs to what stands before it: an observation's note, else a paragraph of the section.
void write_note(decoding& d, const segment& nte, group& of) {
  std::string text;
  const field comment = nte[3];
  for (const auto piece : comment.repetitions()) {
    if (!text.empty()) text += '\n';
    text += value_of(piece, d.of.by());
  }
  if (trim(text).empty()) return;
  d.owners[nte.position()] = of.observation ? of.observation : of.report;
  if (of.observation) {
    const spot note = spot{of.observation, "note"}.next();
    (note / "text").set(text);
    d.values.carry_all(comment.text(), (note / "text").pointer());
    return;
  }
  if (!of.section.ref) return;
  of.notes += "<p>" + escape_xml(text) + "</p>";
  d.values.carry_all(comment.text(), (of.section / "text/div").pointer());
  if (!of.report) return;
  if (of.conclusion.empty()) of.report.set("conclusion", text);  // its place; whole when the group ends
  of.conclusion += (of.conclusion.empty() ? "" : "\n") + text;
  d.values.carry_all(comment.text(), of.report.pointer("conclusion"));
}

const file* file_of(const decoding& d, const segment& obx) {
  const auto found = d.files.find(obx.position());
  return found == d.files.end() ? nullptr : found->second;
}

void write_observation_of(decoding& d, const segment& obx, group& of) {
  if (const file* attached = file_of(d, obx)) {
    write_file(d, *attached, of.section);
    of.observation = {};
    return;
  }
  of.observation = write_observation(d, obx, of.obr ? of.obr[7].component(1) : std::string_view{});
  if (of.report) {
    of.report.set_reference("result/" + std::to_string(of.report.size_of("result")), of.observation);
  }
  add_row(of, obx, d.of.by());
}

void write_specimen(decoding& d, const segment& spm, const group& of) {
  const resource_ref specimen = d.pivot.add("Specimen");
  d.owners[spm.position()] = specimen;
  const spot to{specimen, ""};
  if (d.patient) specimen.set_reference("subject", d.patient);
  write_concept(d, spm[4].first(), to / "type");
  const repetition id = spm[2].first();
  const char sub = d.of.by().subcomponent;
  for (const unsigned n : {2U, 1U}) {
    const sourced number = d.values.get(nth_piece(id.component(n), sub, 1));
    if (!number.empty()) ((to / "identifier").next() / "value").set(number);
  }
  write_concept(d, spm[7].first(), to / "collection/method");
  write_concept(d, spm[8].first(), to / "collection/bodySite");
  write_time(d, spm[17].component(1), to / "collection/collectedDateTime");
  write_time(d, spm[18].component(1), to / "receivedTime");
  if (of.report) of.report.set_reference("specimen/" + std::to_string(of.report.size_of("specimen")), specimen);
}

}  // namespace

void write_file(decoding& d, const file& from, const spot& section) {
  if (!from.is_readable) {
    d.values.drop_all(from.obx[5].text(), "the data cannot be decoded");
    return;
  }
  const resource_ref binary = d.pivot.add("Binary"), reference = d.pivot.add("DocumentReference");
  d.owners[from.obx.position()] = reference;
  binary.set("contentType", from.content_type);
  binary.set_base64("data", from.bytes);
  d.values.carry_all(from.obx[5].text(), binary.pointer("data"));
  reference.set("status", "current");
  const spot to{reference, ""};
  write_concept(d, from.obx[3].first(), to / "type");
  if (d.patient) reference.set_reference("subject", d.patient);
  const spot attachment = to / "content/0/attachment";
  (attachment / "contentType").set(from.content_type);
  (attachment / "url").set(binary.full_url());
  reference.set_number((attachment / "size").path, sourced(std::to_string(from.bytes.size())));
  (attachment / "hash").set(sha1_base64(from.bytes));
  (attachment / "title").set(d.values.get(from.obx[3].component(2)));
  const spot in = section.ref ? spot{d.composition, "section"}.next() : spot{};
  if (!in.ref) return;
  const sourced title = d.values.get(from.obx[3].component(2));
  (in / "title").set(title.empty() ? sourced("Document joint") : title);
  // The copy of the report as a file has its own section code (pivot, Text and attachments).
  (in / "code/coding/0/system").set("http://loinc.org");
  (in / "code/coding/0/code").set("55108-5");
  in.ref.set_reference((in / "entry/0").path, reference);
}

void write_results(decoding& d) {
  group current;
  segment orc;
  for (std::size_t i = 0; i < d.of.size(); ++i) {
    const segment each = d.of.at(i);
    const std::string_view name = each.name();
    if (name == "ORC") {
      orc = each;
    } else if (name == "OBR") {
      close(current);
      current = open_group(d, each, orc);
      orc = {};
    } else if (name == "OBX" && kind_of(each) != obx_kind::metadata) {
      if (!current.section.ref) {
        current.section = spot{d.composition, "section"}.next();
        (current.section / "title").set("Résultats");
      }
      write_observation_of(d, each, current);
    } else if (name == "NTE") {
      write_note(d, each, current);
    } else if (name == "SPM") {
      write_specimen(d, each, current);
    }
  }
  close(current);
}

}  // namespace liaison::hl7v2
