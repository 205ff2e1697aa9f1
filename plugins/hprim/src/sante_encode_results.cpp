// SPDX-License-Identifier: Apache-2.0
// encode of hprim-sante: documents as ORU: requests, results, comments, files.
#include "result_text.hpp"
#include "sante_encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view pivot, written;
};

constexpr code_row report_statuses[] = {{"final", "F"},      {"amended", "C"},   {"corrected", "C"},
                                        {"appended", "C"},   {"partial", "M"},   {"preliminary", "P"},
                                        {"registered", "I"}, {"cancelled", "X"}, {"entered-in-error", "X"}};
constexpr code_row result_statuses[] = {{"final", "F"},       {"amended", "C"},    {"corrected", "C"},
                                        {"preliminary", "P"}, {"registered", "I"}, {"entered-in-error", "D"},
                                        {"cancelled", "X"}};

template <class Table>
std::string_view written_code(const Table& table, std::string_view pivot) {
  for (const code_row& row : table) {
    if (row.pivot == pivot) return row.written;
  }
  return {};
}

const json_value* find(const json_value* node, std::string_view path) { return pivot_reader::find(node, path); }
std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }
std::string type_of(const json_value* node) { return text(node, "resourceType"); }

template <class Visit>
void each(const json_value* node, std::string_view path, Visit visit) {
  const json_value* list = find(node, path);
  for (rapidjson::SizeType i = 0; list != nullptr && list->IsArray() && i < list->Size(); ++i) visit(&(*list)[i]);
}

/// Status letter: the source's own when the pivot keeps it beside the code.
template <class Table>
sourced status_letter(const pivot_reader& pivot, const json_value* node, const Table& table) {
  sourced out = pivot.get(node, "status");
  const std::string own = text(node, "_status/extension/0/valueString");
  const bool is_own = text(node, "_status/extension/0/url") == extension_source_code && own.size() == 1;
  out.text = is_own ? own : std::string(written_code(table, out.text));
  return out;
}

bool ends_with_file_number(const json_value* identifier, std::string_view type) {
  return text(identifier, "type/coding/0/code") == type;
}

/// Whether the source named no table for the code at this place: then none is written.
bool lacked_table(const json_value* owner, std::uint16_t field, std::uint16_t repetition) {
  const std::string wanted = std::to_string(field) + "." + std::to_string(repetition);
  bool found = false;
  each(owner, "extension", [&](const json_value* one) {
    found = found || (text(one, "extension/0/valueString") == "hprim-sante.no-table" &&
                      text(one, "extension/1/valueString") == wanted);
  });
  return found;
}

}  // namespace

void sante_encoder::set_code(segment_builder& to, std::uint16_t field, std::uint16_t repetition,
                             const json_value* concept_node, const json_value* owner) {
  const json_value* best = find(concept_node, "coding/0");
  each(concept_node, "coding", [&](const json_value* one) {
    if (!text(best, "system").starts_with(local_code_prefix) && text(one, "system").starts_with(local_code_prefix))
      best = one;
  });
  const std::string system = text(best, "system");
  to.set({field, repetition, 1, 1}, pivot_.get(best, "code"));
  sourced label = pivot_.get(concept_node, "text");
  if (label.empty() || (field == 4 && !pivot_.get(best, "display").empty())) label = pivot_.get(best, "display");
  if (label.text != "(sans libellé)") to.set({field, repetition, 2, 1}, label);
  if (text(best, "code").empty() || lacked_table(owner, field, repetition)) return;
  sourced table = pivot_.get(best, "system");
  table.text = system == system_loinc ? "LN" : "L";
  to.set({field, repetition, 3, 1}, table);
}

void sante_encoder::write_document(const view_document& document) {
  const view_party nobody;
  const view_party& from = document.sender.node != nullptr ? document.sender : document.author;
  write_header("ORU", document.composition, from, document.recipients.empty() ? nobody : document.recipients.front());
  if (document.patient.node != nullptr)
    write_patient(document.patient, pivot_.resolve(find(document.composition, "encounter")), "", document.composition);
  pivot_.carry(document.composition, "type", "H-6");
  coverage_rank_ = complementary_rank_ = 0;
  if (const auto covered = coverages_.find(document.patient.node);
      document.patient.node != nullptr && covered != coverages_.end()) {
    for (const json_value* coverage : covered->second) write_coverage(coverage);
  }
  // Observations that stand in a section without a report still need a request above them.
  bool implied_open = false;
  std::size_t implied_rank = 0;
  for (std::size_t i = 0; i < document.reports.size(); ++i) {
    const json_value* report = document.reports[i];
    if (type_of(report) != "Observation" || from_sante_) {
      implied_open = false;
      write_report(report, i + 1);
      continue;
    }
    if (!implied_open) {
      segment_builder obr = begin("OBR");
      obr.set(1, std::to_string(i + 1));
      obr.set(4, 1, sourced("OBS"));
      obr.set(4, 2, sourced("Observations"));
      obr.set(4, 3, sourced("L"));
      obr.set(11, "N");
      obr.set(25, status_letter(pivot_, document.composition, report_statuses));
      lines_.add(obr);
      implied_open = true;
      implied_rank = 0;
    }
    std::vector<view_result> results;
    read_results(pivot_, report, results);
    for (const view_result& result : results) write_result(result, ++implied_rank);
  }
  if (from_sante_) {
    for (const view_section& section : document.sections) {
      pivot_.envelope(section.node, "title");
      pivot_.envelope(section.node, "text");
    }
    return;
  }
  write_narratives(document, document.reports.size() + 1);
}

void sante_encoder::write_report(const json_value* report, std::size_t request_rank) {
  const std::vector<kept_value> kept = kept_values(pivot_, report);
  const bool implied = source_field(pivot_, report, "hprim-sante.segment").text == "none";
  if (type_of(report) == "DiagnosticReport" && !implied) {
    segment_builder obr = begin("OBR");
    obr.set(1, std::to_string(request_rank));
    each(report, "identifier", [&](const json_value* one) {
      const bool placer = ends_with_file_number(one, "PLAC");
      obr.set(placer ? 2 : 3, 2, pivot_.get(one, "value"));
    });
    set_code(obr, 4, 1, find(report, "code"), report);
    set_date(obr, {7, 1, 1, 1}, pivot_.get(report, "effectiveDateTime"));
    if (!from_sante_) {
      obr.set(11, "N");
      write_specimen(obr, pivot_.resolve(find(report, "specimen/0")));
      write_person_code(obr, 32, 1, pivot_.resolve(find(report, "resultsInterpreter/0")));
    }
    set_date(obr, {22, 1, 1, 1}, pivot_.get(report, "issued"));
    obr.set(25, status_letter(pivot_, report, report_statuses));
    obr.apply(kept, "OBR");
    lines_.add(obr);
    write_attached(kept);
  }
  std::vector<view_result> results;
  read_results(pivot_, report, results);
  const auto files = files_of(report);
  std::size_t rank = 0;
  for (const view_result& result : results) {
    write_files_at(files, rank);
    write_result(result, ++rank);
  }
  write_files_at(files, rank);
}

void sante_encoder::write_specimen(segment_builder& obr, const json_value* specimen) {
  if (specimen == nullptr) return;
  obr.set({3, 1, 1, 1}, pivot_.get(specimen, "identifier/0/value"));
  sourced label = pivot_.get(specimen, "type/text");
  if (label.empty()) label = pivot_.get(specimen, "type/coding/0/display");
  obr.set({15, 1, 1, 1}, pivot_.get(specimen, "type/coding/0/code"));
  obr.set({15, 1, 1, 2}, label);
  set_date(obr, {7, 1, 1, 1}, pivot_.get(specimen, "collection/collectedDateTime"));
  set_date(obr, {14, 1, 1, 1}, pivot_.get(specimen, "receivedTime"));
}

/// Files that the source had among the results of a request, by their position.
std::map<std::size_t, const json_value*> sante_encoder::files_of(const json_value* request) {
  std::map<std::size_t, const json_value*> out;
  each(request, "extension", [&](const json_value* one) {
    if (text(one, "extension/0/valueString") != "hprim-sante.file") return;
    pivot_.envelope(one, "");
    const auto found = files_by_url_.find(text(one, "extension/1/valueString"));
    if (found == files_by_url_.end()) return;
    const std::string at = source_field(pivot_, found->second, "hprim-sante.position").text;
    if (is_digits(at) && !at.empty() && at.size() < 7) out[std::stoul(at)] = found->second;
  });
  return out;
}

void sante_encoder::write_files_at(const std::map<std::size_t, const json_value*>& files, std::size_t& rank) {
  for (auto next = files.find(rank + 1); next != files.end(); next = files.find(rank + 1))
    write_file(next->second, ++rank);
}

void sante_encoder::write_value(segment_builder& obx, const view_result& result) {
  const view_quantity& value = result.first;
  const auto mark = [&](std::uint16_t field, const std::string& written) {
    bool first = true;
    for (const sourced& source : value.sources) {
      sourced one = source;
      one.text = written;
      obx.set({field, 1, 1, 1}, one);
      first = false;
    }
    if (first) obx.set(field, written);
  };
  const json_value* coded = find(result.node, "valueCodeableConcept");
  if (value.is_number()) {
    obx.set(2, value.comparator.empty() ? "NM" : "ST");
    mark(5, value.comparator + value.number);
    obx.set(6, value.unit_source);
  } else if (coded != nullptr) {
    obx.set(2, "CE");
    const sourced code = pivot_.get(coded, "coding/0/code");
    sourced label = pivot_.get(coded, "text");
    if (label.empty()) label = pivot_.get(coded, "coding/0/display");
    obx.set(5, 1, code);
    if (label.text != code.text) obx.set(5, 2, label);
    if (!from_sante_ && !code.empty())
      obx.set(5, 3, sourced(text(coded, "coding/0/system") == system_loinc ? "LN" : "L"));
  } else if (!value.text.empty()) {
    const bool lines = value.text.find('\n') != std::string::npos;
    obx.set(2, lines ? "TX" : "ST");
    std::uint16_t component = 1;
    for (const std::string_view line : split(value.text, '\n')) {
      if (component == 0xFFFF) break;
      sourced part = value.sources.empty() ? sourced{} : value.sources.front();
      part.text = std::string(line);
      obx.set(5, component++, part);
    }
    obx.set(6, value.unit_source);
  } else if (!from_sante_) {
    obx.set(2, "ST");
  }
}

void sante_encoder::write_result(const view_result& result, std::size_t rank) {
  const std::vector<kept_value> kept = kept_values(pivot_, result.node);
  segment_builder obx = begin("OBX");
  obx.set(1, std::to_string(rank));
  write_value(obx, result);
  set_code(obx, 3, 1, find(result.node, "code"), result.node);
  const view_quantity& value = result.first;
  const bool both = !value.low.empty() && !value.high.empty();
  const std::string norm =
      both ? value.low.text + " - " + value.high.text
           : (!value.high.empty() ? "< " + value.high.text
                                  : (!value.low.empty() ? "> " + value.low.text : value.range_text.text));
  for (const sourced& bound : {value.low, value.high, value.range_text}) {
    sourced one = bound;
    if (!one.empty()) one.text = norm;
    obx.set(7, one);
  }
  std::uint16_t repetition = 1;
  each(result.node, "interpretation", [&](const json_value* one) {
    sourced flag = pivot_.get(one, "coding/0/code");
    if (flag.empty()) flag = pivot_.get(one, "text");
    const std::string own = text(one, "extension/0/valueString");
    if (text(one, "extension/0/url") == extension_source_code && !own.empty()) flag.text = own;
    if (flag.text.size() <= 10) obx.set({8, repetition++, 1, 1}, flag);
  });
  const sourced status = type_of(result.node) == "Observation"
                             ? status_letter(pivot_, result.node, result_statuses)
                             : sourced(std::string(written_code(result_statuses, result.status.text)));
  obx.set(11, status);
  sourced when = pivot_.get(result.node, "effectiveDateTime");
  if (!from_sante_ && when.empty()) when = result.issued;
  set_date(obx, {14, 1, 1, 1}, when);
  const json_value* performer = from_sante_ ? nullptr : pivot_.resolve(find(result.node, "performer/0"));
  if (type_of(performer).starts_with("Practitioner")) write_person_code(obx, 16, 1, performer);
  obx.apply(kept, "OBX");
  lines_.add(obx);
  std::vector<sourced> notes = result.notes;
  if (!result.second.empty()) {
    sourced second = result.second.sources.empty() ? sourced{} : result.second.sources.front();
    second.text = "soit " + with_decimal_comma(result.second.understood()) +
                  (result.second.unit.empty() ? "" : " " + result.second.unit);
    if (!result.second.low.empty() || !result.second.high.empty())
      second.text +=
          " (" + with_decimal_comma(result.second.low.text) + " - " + with_decimal_comma(result.second.high.text) + ")";
    notes.insert(notes.begin(), second);
  }
  write_attached(kept, notes);
}

/// A file that a HPRIM Santé source had among its results.
void sante_encoder::write_file(const json_value* reference, std::size_t rank) {
  const std::vector<kept_value> kept = kept_values(pivot_, reference);
  segment_builder obx = begin("OBX");
  obx.set(1, std::to_string(rank));
  obx.set(3, 2, pivot_.get(reference, "description"));
  obx.apply(kept, "OBX");
  const std::string component = source_field(pivot_, reference, "hprim-sante.data").text;
  const std::string url = text(reference, "content/0/attachment/url");
  const auto binary = files_by_url_.find(url);
  if (binary != files_by_url_.end() && !component.empty() && is_digits(component) && component.size() < 4)
    obx.set(5, static_cast<std::uint16_t>(std::max(1UL, std::stoul(component))), pivot_.get(binary->second, "data"));
  lines_.add(obx);
  write_attached(kept);
}

/// Files of other sources travel beside the message, as FIC; texts without results become TX.
void sante_encoder::write_narratives(const view_document& document, std::size_t rank) {
  std::vector<const view_section*> texts;
  for (const view_section& section : document.sections) {
    const bool shows_results = find(section.node, "entry") != nullptr && !document.results.empty();
    if (!shows_results && !trim(section.text).empty()) texts.push_back(&section);
  }
  if (texts.empty() && document.attachments.empty()) return;
  segment_builder obr = begin("OBR");
  obr.set(1, std::to_string(rank));
  obr.set(4, 1, sourced("DOC"));
  obr.set(4, 2, document.title.empty() ? sourced("Document") : document.title);
  obr.set(4, 3, sourced("L"));
  obr.set(11, "N");
  set_date(obr, {22, 1, 1, 1}, document.date);
  obr.set(25, status_letter(pivot_, document.composition, report_statuses));
  lines_.add(obr);
  std::size_t obx_rank = 0;
  for (const view_section* section : texts) {
    segment_builder obx = begin("OBX");
    obx.set(1, std::to_string(++obx_rank));
    obx.set(2, "TX");
    obx.set(3, 1, sourced("TEXTE"));
    obx.set(3, 2, section->title.empty() ? document.title : section->title);
    obx.set(3, 3, sourced("L"));
    std::uint16_t component = 1;
    std::string_view body = section->text;
    while (body.ends_with("\n")) body.remove_suffix(1);
    for (const std::string_view line : split(body, '\n')) {
      if (component == 0xFFFF) break;
      obx.set(5, component++, sourced(line.empty() ? std::string(" ") : std::string(line)));
    }
    pivot_.carry(section->node, "text/div", "OBX-5");
    obx.set(11, status_letter(pivot_, document.composition, result_statuses));
    lines_.add(obx);
  }
  for (const view_attachment& attachment : document.attachments) write_attachment(attachment, ++obx_rank);
}

void sante_encoder::write_attachment(const view_attachment& attachment, std::size_t rank) {
  std::optional<std::string> bytes;
  if (attachment.binary != nullptr) bytes = base64_decode(text(attachment.binary, "data"));
  if (!bytes) {
    found_.add(finding::attachment_unreadable, pivot_.pointer(attachment.reference));
    return;
  }
  const bool pdf = attachment.content_type == "application/pdf";
  const std::string suffix =
      (files_.empty() ? std::string{} : "." + std::to_string(files_.size() + 1)) + (pdf ? ".pdf" : ".bin");
  segment_builder obx = begin("OBX");
  obx.set(1, std::to_string(rank));
  obx.set(2, "FIC");
  obx.set(3, 1, sourced("DOC"));
  obx.set(3, 2, attachment.title.empty() ? sourced("Document") : attachment.title);
  obx.set(3, 3, sourced("L"));
  obx.set(5, 1, sourced("LIAISON"));
  obx.set(5, 2, sourced(file_stem_ + suffix));
  obx.set(5, 3, sourced(pdf ? "PDF" : "BIN"));
  obx.set(11, "F");
  lines_.add(obx);
  pivot_.carry(attachment.binary, "data", "attachment");
  pivot_.carry(attachment.binary, "contentType", "attachment");
  pivot_.carry(attachment.reference, "content", "attachment");
  files_.push_back({suffix, attachment.content_type, std::move(*bytes)});
}

}  // namespace liaison::hprim
