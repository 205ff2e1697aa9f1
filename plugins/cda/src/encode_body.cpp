// SPDX-License-Identifier: Apache-2.0
// The body: a file or text (level 1), or sections (level 3) by the tables of the model.
#include "encode_entries.hpp"

#include "cda_findings.hpp"
#include "datatypes.hpp"
#include "oids.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

/// Templates that CI-SIS gives a section, by its LOINC code. Adverse effects (44939-7) are not here: their template
/// requires an entry, FR-Effet-indesirable, that the pivot holds as plain observations.
struct section_row {
  std::string_view code;
  std::array<std::string_view, 4> templates;
};
constexpr std::array<section_row, 25> section_templates{{
    {"33557-0", {"1.2.250.1.213.1.1.2.35", "1.2.250.1.213.1.1.2.35.1", "", ""}},
    {"42349-1", {"1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.2.250.1.213.1.1.2.127", "", ""}},
    {"42545-4",
     {"1.3.6.1.4.1.19376.1.5.3.1.1.21.2.9", "1.3.6.1.4.1.19376.1.7.3.1.1.13.7", "1.2.250.1.213.1.1.2.163",
      "1.2.250.1.213.1.1.2.163.1"}},
    {"10183-2", {"1.3.6.1.4.1.19376.1.5.3.1.3.22", "1.2.250.1.213.1.1.2.146", "", ""}},
    {"18610-6", {"1.3.6.1.4.1.19376.1.5.3.1.3.21", "1.2.250.1.213.1.1.2.145", "", ""}},
    {"42346-7", {"1.3.6.1.4.1.19376.1.5.3.1.3.20", "1.2.250.1.213.1.1.2.144", "", ""}},
    {"30954-2", {"1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150", "", ""}},
    {"18776-5", {"2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36", "1.2.250.1.213.1.1.2.158", ""}},
    {"46264-8", {"1.3.6.1.4.1.19376.1.5.3.1.1.5.3.5", "1.2.250.1.213.1.1.2.1", "", ""}},
    {"48765-2", {"2.16.840.1.113883.10.20.1.2", "1.3.6.1.4.1.19376.1.5.3.1.3.13", "1.2.250.1.213.1.1.2.137", ""}},
    {"11450-4", {"2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6", "1.2.250.1.213.1.1.2.132", ""}},
    {"11348-0", {"1.3.6.1.4.1.19376.1.5.3.1.3.8", "1.2.250.1.213.1.1.2.134", "", ""}},
    {"47519-4",
     {"2.16.840.1.113883.10.20.1.12", "1.3.6.1.4.1.19376.1.5.3.1.3.11", "1.3.6.1.4.1.19376.1.5.3.1.3.12",
      "1.2.250.1.213.1.1.2.136"}},
    {"10160-0", {"2.16.840.1.113883.10.20.1.8", "1.3.6.1.4.1.19376.1.5.3.1.3.19", "1.2.250.1.213.1.1.2.143", ""}},
    {"55112-7", {"2.16.840.1.113883.10.12.201", "1.3.6.1.4.1.19376.1.4.1.2.16", "1.2.250.1.213.1.1.2.73", ""}},
    {"10157-6",
     {"2.16.840.1.113883.10.20.1.4", "1.3.6.1.4.1.19376.1.5.3.1.3.14", "1.3.6.1.4.1.19376.1.5.3.1.3.15",
      "1.2.250.1.213.1.1.2.139"}},
    {"10161-8", {"1.3.6.1.4.1.19376.1.5.3.1.1.5.3.1", "1.2.250.1.213.1.1.2.74", "", ""}},
    {"10162-6", {"1.3.6.1.4.1.19376.1.5.3.1.1.5.3.4", "1.2.250.1.213.1.1.2.77", "", ""}},
    {"11369-6", {"2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147", ""}},
    {"29762-2",
     {"2.16.840.1.113883.10.20.1.15", "1.3.6.1.4.1.19376.1.5.3.1.3.16", "1.3.6.1.4.1.19376.1.5.3.1.3.16.1",
      "1.2.250.1.213.1.1.2.141"}},
    {"42348-3",
     {"2.16.840.1.113883.10.20.1.1", "1.3.6.1.4.1.19376.1.5.3.1.3.34", "1.3.6.1.4.1.19376.1.5.3.1.3.35",
      "1.2.250.1.213.1.1.2.157"}},
    {"44944-7", {"1.2.250.1.213.1.1.2.245", "", "", ""}},
    {"47420-5", {"2.16.840.1.113883.10.20.1.5", "2.16.840.1.113883.10.22.3.8", "1.2.250.1.213.1.1.2.246", ""}},
    {"55107-7", {"1.2.250.1.213.1.1.2.37", "", "", ""}},
    {"8716-3",
     {"2.16.840.1.113883.10.20.1.16", "1.3.6.1.4.1.19376.1.5.3.1.3.25", "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.2",
      "1.2.250.1.213.1.1.2.75"}},
}};

constexpr std::array<std::string_view, 19> laboratory_chapters{
    "18717-9", "18718-7", "18719-5", "18720-3", "18721-1", "18722-9", "18723-7", "18724-5", "18725-2", "18727-8",
    "18728-6", "18729-4", "18767-4", "18768-2", "18769-0", "26435-8", "26436-6", "26437-4", "26438-2"};

bool is_chapter(std::string_view code) {
  for (const std::string_view known : laboratory_chapters) {
    if (known == code) {
      return true;
    }
  }
  return false;
}

std::string section_code(const json_value* section) { return writing::text(section, "code/coding/0/code"); }

/// Resources of one type among the entries of a section.
std::vector<const json_value*> entries_of(const writing& w, const json_value* section, std::string_view type) {
  std::vector<const json_value*> found;
  for (std::size_t i = 0; const json_value* reference = writing::item(section, "entry", i); ++i) {
    const json_value* resource = w.pivot.resolve(reference);
    if (writing::text(resource, "resourceType") == type) {
      found.push_back(resource);
    }
  }
  return found;
}

bool holds_acts(const writing& w, const json_value* section) {
  for (std::size_t i = 0; const json_value* reference = writing::item(section, "entry", i); ++i) {
    if (has_act(w.pivot.resolve(reference))) {
      return true;
    }
  }
  return false;
}

bool holds_reports(const writing& w, const json_value* section, unsigned depth = 0) {
  constexpr unsigned section_depth_max = 32;
  if (!entries_of(w, section, "DiagnosticReport").empty()) {
    return true;
  }
  for (std::size_t i = 0; const json_value* inner = writing::item(section, "section", i); ++i) {
    if (depth < section_depth_max && holds_reports(w, inner, depth + 1)) {
      return true;
    }
  }
  return false;
}

void append_section_text(const json_value* section, std::string& out, unsigned depth) {
  constexpr unsigned section_depth_max = 32;
  const std::string title = writing::text(section, "title");
  const std::string text = xhtml_text(writing::text(section, "text/div"));
  if (!title.empty()) {
    out += (out.empty() ? "" : "\n") + title + "\n";
  }
  if (!text.empty()) {
    out += text + "\n";
  }
  for (std::size_t i = 0; depth < section_depth_max; ++i) {
    const json_value* inner = writing::item(section, "section", i);
    if (inner == nullptr) {
      break;
    }
    append_section_text(inner, out, depth + 1);
  }
}

/// Title, code and id of a section; `code` stands in when the section has none.
void write_section_head(const writing& w, const json_value* section, std::string_view code, std::string_view display) {
  const std::string id = writing::text(section, "id");
  if (is_uuid(id) || is_oid(id)) {
    const xml_out::element element(w.out, "id");
    w.out.attribute("root", with(cda_root(id), w.get(section, "id")));
  } else {
    w.out.leaf("id", {{"root", cda_root(uuid_v5("section " + w.pivot.pointer(section) + w.of.options().id_seed))}});
  }
  if (!write_code(w, writing::find(section, "code"), "code")) {
    w.out.leaf("code", {{"code", code}, {"displayName", display}, {"codeSystem", oid_loinc}});
  }
  const xml_out::element title(w.out, "title");
  const sourced said = w.get(section, "title");
  said.empty() ? w.out.text(display) : w.out.text(said);
}

constexpr const char* not_known = "Non renseigné";

/// The section's own narrative, completed by the labels that its entries refer to; without one a table of them.
void write_section_text(const writing& w, const json_value* section, bool says_unknown = false) {
  std::vector<std::string> labels = entry_labels(w, section);
  if (says_unknown) {
    labels.emplace_back(not_known);
  }
  w.narrative.wanted = {labels.begin(), labels.end()};
  w.narrative.id_of_text.clear();
  if (!writing::text(section, "text/div").empty()) {
    const xml_out::element text(w.out, "text");
    write_narrative(w, section);
    write_missing_labels(w, labels, "Éléments codés : ");
  } else if (says_unknown) {
    const xml_out::element text(w.out, "text");
    w.out.raw(shown_text(w, not_known));
    w.added(not_known, "a section has text and the source has none");
  } else if (!labels.empty()) {
    const xml_out::element text(w.out, "text");
    write_entry_table(w, section);
  } else if (writing::find(section, "section/0") == nullptr) {
    const xml_out::element text(w.out, "text");
    w.out.text(not_known);
    w.added(not_known, "a section has text and the source has none");
  }
  w.narrative.wanted.clear();
}

/// A section that the model requires with an entry, and that says that it has none or says nothing.
bool says_nothing(const writing& w, const json_value* section, const document_model& model, std::string_view code) {
  const bool required =
      std::any_of(model.sections.begin(), model.sections.end(), [code](const auto& one) { return one.code == code; });
  const bool empty = writing::find(section, "emptyReason") != nullptr || writing::text(section, "text/div").empty();
  return required && empty && wants_entry(code) && writing::find(section, "section/0") == nullptr &&
         !holds_acts(w, section);
}

/// Whether what the section holds satisfies the templates that the model gives it.
bool may_claim(const writing& w, const json_value* section, const document_model& model, std::string_view code) {
  if (code == "11450-4" || code == "11348-0" || code == "48765-2") {  // sections of concerns
    return !entries_of(w, section, code == "48765-2" ? "AllergyIntolerance" : "Condition").empty();
  }
  if (!model.has_section(code)) {
    return false;
  }
  if (code == "30954-2") {  // IHE's section of results holds no entries
    return writing::find(section, "entry/0") == nullptr;
  }
  for (std::size_t i = 0; code == "8716-3" && writing::item(section, "entry", i) != nullptr; ++i) {
    const json_value* resource = w.pivot.resolve(writing::item(section, "entry", i));
    if (writing::find(resource, "hasMember/0") == nullptr) {  // IHE's section of vital signs holds panels only
      return false;
    }
  }
  return true;
}

void write_plain_section(writing& w, const json_value* section, const document_model& model, unsigned depth) {
  constexpr unsigned section_depth_max = 32;
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  const std::string code = section_code(section);
  const bool unknown = depth == 0 && says_nothing(w, section, model, code);
  w.narrative.claims_templates = unknown || may_claim(w, section, model, code);
  if (model.is_laboratory && code == "42349-1") {  // with entries it is another template than the letter's
    write_templates(w, {"1.2.250.1.213.1.1.2.128", "1.3.6.1.4.1.19376.1.5.3.1.3.2", "1.3.6.1.4.1.19376.1.5.3.1.3.1"});
  }
  for (const section_row& row : section_templates) {
    if (row.code == code && !(model.is_laboratory && code == "42349-1")) {
      write_templates(w, {row.templates[0], row.templates[1], row.templates[2], row.templates[3]});
    }
  }
  write_section_head(w, section, "51899-3", "Détails");
  write_section_text(w, section, unknown);
  write_section_entries(w, section, code);
  if (unknown) {
    w.added(code, "the model of the document requires an entry of this section and the source has none");
    write_absent_entry(w, code, w.narrative.id_of_text.at(not_known));
  }
  for (const json_value* report : entries_of(w, section, "DiagnosticReport")) {
    write_report_entry(w, report);
  }
  for (const json_value* file : entries_of(w, section, "DocumentReference")) {
    write_attached_file(w, file);
  }
  w.pivot.envelope(section, "text/status");
  w.narrative.claims_templates = true;
  for (std::size_t i = 0; depth < section_depth_max; ++i) {
    const json_value* inner = writing::item(section, "section", i);
    if (inner == nullptr) {
      break;
    }
    write_plain_section(w, inner, model, depth + 1);
  }
}

// ---- laboratory report: chapters

constexpr std::string_view unnamed_chapter = "26436-6";

/// Code of a chapter: the section's own, the report's, or "laboratory studies".
void write_chapter_code(const writing& w, const json_value* section, const json_value* report) {
  if (is_chapter(section_code(section))) {
    write_code(w, writing::find(section, "code"), "code");
  } else if (is_chapter(writing::text(report, "code/coding/0/code"))) {
    write_code(w, writing::find(report, "code"), "code");
  } else {
    w.out.leaf("code",
               {{"code", unnamed_chapter}, {"displayName", "Examens de laboratoire"}, {"codeSystem", oid_loinc}});
    w.added(unnamed_chapter, "CR-BIO requires the code of a chapter and the source has none");
  }
}

void write_chapter_title(const writing& w, const json_value* section, const json_value* report) {
  const xml_out::element title(w.out, "title");
  sourced said = w.get(section, "title");
  if (said.empty()) {
    said = w.get(report, "code/text");
  }
  if (said.empty()) {
    said = w.get(report, "code/coding/0/display");
  }
  said.empty() ? w.out.text("Résultats") : w.out.text(said);
}

enum class narrative_of : std::uint8_t { section, results };

void write_report_section(const writing& w, const json_value* section, const json_value* report, narrative_of source,
                          std::initializer_list<std::string_view> templates) {
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  write_templates(w, templates);
  const std::string id = writing::text(section, "id");
  if (source == narrative_of::section && is_uuid(id)) {
    const xml_out::element id_element(w.out, "id");
    w.out.attribute("root", with(cda_root(id), w.get(section, "id")));
  }
  write_chapter_code(w, section, report);
  write_chapter_title(w, source == narrative_of::section ? section : nullptr, report);
  {
    const xml_out::element text(w.out, "text");
    if (source == narrative_of::section && !writing::text(section, "text/div").empty()) {
      write_narrative(w, section);
      write_missing_labels(w, report);
    } else {
      write_result_table(w, report);
    }
  }
  // Images of the section go with its report; with several reports nobody knows whose they are.
  write_report_entry(
      w, report,
      source == narrative_of::section ? entries_of(w, section, "DocumentReference") : std::vector<const json_value*>());
}

constexpr std::string_view chapter_ihe = "1.3.6.1.4.1.19376.1.3.3.2.1";
constexpr std::string_view chapter_cisis = "1.2.250.1.213.1.1.2.70";
constexpr std::string_view part_ihe = "1.3.6.1.4.1.19376.1.3.3.2.2";
constexpr std::string_view part_cisis = "1.2.250.1.213.1.1.2.71";

/// A chapter holds text and exactly one entry, or sub-sections of that form (volet CR-BIO).
void write_chapter(const writing& w, const json_value* section) {
  const auto reports = entries_of(w, section, "DiagnosticReport");
  const bool has_parts = writing::find(section, "section/0") != nullptr;
  if (reports.size() == 1 && !has_parts) {
    write_report_section(w, section, reports.front(), narrative_of::section, {chapter_ihe, chapter_cisis});
    return;
  }
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  write_templates(w, {chapter_ihe, chapter_cisis});
  write_chapter_code(w, section, reports.empty() ? nullptr : reports.front());
  write_chapter_title(w, section, nullptr);
  for (const json_value* report : reports) {
    write_report_section(w, section, report, narrative_of::results, {part_ihe, part_cisis});
  }
  for (std::size_t i = 0; const json_value* inner = writing::item(section, "section", i); ++i) {
    const auto inner_reports = entries_of(w, inner, "DiagnosticReport");
    for (const json_value* report : inner_reports) {
      write_report_section(w, inner, report, inner_reports.size() == 1 ? narrative_of::section : narrative_of::results,
                           {part_ihe, part_cisis});
    }
  }
}

void write_comment_section(const writing& w, const json_value* section) {
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  write_templates(w, {"2.16.840.1.113883.10.12.201", "1.3.6.1.4.1.19376.1.4.1.2.16"});
  w.out.leaf("code", {{"code", "55112-7"}, {"displayName", "Commentaire"}, {"codeSystem", oid_loinc}});
  {
    const xml_out::element title(w.out, "title");
    const sourced said = w.get(section, "title");
    said.empty() ? w.out.text("Commentaire") : w.out.text(said);
  }
  write_section_text(w, section);
}

void write_laboratory_section(writing& w, const json_value* section, const document_model& model) {
  const std::string code = section_code(section);
  if (holds_reports(w, section)) {
    write_chapter(w, section);
  } else if (code == "42349-1" || code == "11369-6") {  // what else the volet allows beside chapters and comments
    write_plain_section(w, section, model, 0);
  } else if (const auto files = entries_of(w, section, "DocumentReference"); !files.empty()) {
    for (const json_value* file : files) {  // a section with a file can only be a copy in this volet
      write_pdf_copy(w, section, file);
    }
  } else if (!xhtml_text(writing::text(section, "text/div")).empty()) {
    write_comment_section(w, section);
  }
}

}  // namespace

std::string body_text(const writing& w) {
  std::string out;
  for (std::size_t i = 0; const json_value* section = writing::item(w.composition, "section", i); ++i) {
    append_section_text(section, out, 0);
  }
  return out;
}

const json_value* main_file(const writing& w) {
  const json_value* only = nullptr;
  std::size_t files = 0;
  bool has_text = false;
  for (std::size_t i = 0; const json_value* section = writing::item(w.composition, "section", i); ++i) {
    const auto found = entries_of(w, section, "DocumentReference");
    if (section_code(section) == "55108-5" && !found.empty()) {
      return found.front();
    }
    files += found.size();
    only = found.empty() ? only : found.front();
    has_text = has_text || !xhtml_text(writing::text(section, "text/div")).empty();
  }
  return files == 1 && !has_text ? only : nullptr;
}

sourced file_data(const writing& w, const json_value* document_reference) {
  const json_value* attachment = writing::find(document_reference, "content/0/attachment");
  sourced data = w.get(attachment, "data");
  if (!data.empty()) {
    return data;
  }
  const std::string url = writing::text(attachment, "url");
  for (std::size_t i = 0; i < w.pivot.entry_count(); ++i) {
    const json_value* entry = pivot_reader::find(&w.pivot.bundle(), "entry/" + std::to_string(i));
    if (writing::text(entry, "fullUrl") == url) {
      const json_value* binary = writing::find(entry, "resource");
      w.pivot.carry(binary, "contentType", w.out.location() + "/@mediaType");
      return w.get(binary, "data");
    }
  }
  return {};
}

liaison_status write_level_1_body(writing& w) {
  const xml_out::element component(w.out, "component");
  const xml_out::element body(w.out, "nonXMLBody");
  const json_value* file = main_file(w);
  if (file != nullptr) {
    const xml_out::element text(w.out, "text");
    const sourced type = w.get(file, "content/0/attachment/contentType");
    const sourced data = file_data(w, file);
    if (data.empty()) {
      tell(w.of, finding::file_missing, w.pivot.pointer(file));
      return LIAISON_REJECT;
    }
    w.out.attribute("mediaType", type.empty() ? sourced("application/pdf") : type).attribute("representation", "B64");
    w.out.text(data);
    for (const char* part : {"size", "hash", "url", "title"}) {
      w.pivot.envelope(file, std::string("content/0/attachment/") + part);
    }
    w.pivot.envelope(file, "status");
    return LIAISON_OK;
  }
  const std::string text = body_text(w);
  if (trim(text).empty()) {
    tell(w.of, finding::nothing_to_write, "/entry/0/resource/section");
    return LIAISON_REJECT;
  }
  const xml_out::element element(w.out, "text");
  w.out.attribute("mediaType", "text/plain").attribute("representation", "B64");
  w.out.text(base64_encode(text));
  std::vector<const json_value*> open;
  for (std::size_t i = 0; const json_value* section = writing::item(w.composition, "section", i); ++i) {
    open.push_back(section);
  }
  while (!open.empty()) {
    const json_value* section = open.back();
    open.pop_back();
    w.pivot.carry(section, "title", w.out.location());
    w.pivot.carry(section, "text/div", w.out.location());
    w.pivot.envelope(section, "text/status");
    for (std::size_t i = 0; const json_value* inner = writing::item(section, "section", i); ++i) {
      open.push_back(inner);
    }
  }
  return LIAISON_OK;
}

namespace {

/// A section that the model requires and the source lacks says so.
void write_absent_section(const writing& w, const document_model::required_section& required) {
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  for (const section_row& row : section_templates) {
    if (row.code == required.code) {
      write_templates(w, {row.templates[0], row.templates[1], row.templates[2], row.templates[3]});
    }
  }
  w.out.leaf("id",
             {{"root", cda_root(uuid_v5("absent section " + std::string(required.code) + w.of.options().id_seed))}});
  w.out.leaf("code", {{"code", required.code}, {"displayName", required.title}, {"codeSystem", oid_loinc}});
  {
    const xml_out::element title(w.out, "title");
    w.out.text(required.title);
  }
  const std::string text_id = w.narrative.new_id();
  {
    const xml_out::element text(w.out, "text");
    const xml_out::element content(w.out, "content");
    w.out.attribute("ID", text_id);
    w.out.text("Non renseigné");
  }
  w.added(required.code, "the model of the document requires this section and the source has none");
  write_absent_entry(w, required.code, text_id);
}

bool has_section(const writing& w, std::string_view code) {
  for (std::size_t i = 0; const json_value* section = writing::item(w.composition, "section", i); ++i) {
    if (section_code(section) == code) {
      return true;
    }
  }
  return false;
}

/// Reports that no section shows stand in a chapter of their own.
void write_reports_without_section(const writing& w) {
  std::set<const json_value*> shown;
  std::vector<const json_value*> open{w.composition};
  while (!open.empty()) {
    const json_value* holder = open.back();
    open.pop_back();
    for (const json_value* report : entries_of(w, holder, "DiagnosticReport")) {
      shown.insert(report);
    }
    for (std::size_t i = 0; const json_value* inner = writing::item(holder, "section", i); ++i) {
      open.push_back(inner);
    }
  }
  for (std::size_t i = 0; i < w.pivot.entry_count(); ++i) {
    const json_value* report = &w.pivot.resource(i);
    if (writing::text(report, "resourceType") == "DiagnosticReport" && shown.count(report) == 0) {
      write_report_section(w, nullptr, report, narrative_of::results, {chapter_ihe, chapter_cisis});
    }
  }
}

}  // namespace

void write_level_3_body(writing& w, const document_model& model) {
  const xml_out::element component(w.out, "component");
  const xml_out::element body(w.out, "structuredBody");
  bool has_copy = false;
  for (std::size_t i = 0; const json_value* section = writing::item(w.composition, "section", i); ++i) {
    const auto files = entries_of(w, section, "DocumentReference");
    if (section_code(section) == "55108-5" && !files.empty()) {
      write_pdf_copy(w, section, files.front());
      has_copy = true;
    } else if (model.is_laboratory) {
      write_laboratory_section(w, section, model);
    } else {
      write_plain_section(w, section, model, 0);
    }
    w.pivot.envelope(section, "text/status");
  }
  for (const document_model::required_section& required : model.sections) {
    if (!has_section(w, required.code)) {
      write_absent_section(w, required);
    }
  }
  if (model.is_laboratory) {
    write_reports_without_section(w);
  }
  if (const json_value* file = has_copy ? nullptr : main_file(w)) {
    write_pdf_copy(w, nullptr, file);
  }
}

}  // namespace liaison::cda
