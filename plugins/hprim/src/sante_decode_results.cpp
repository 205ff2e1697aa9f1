// SPDX-License-Identifier: Apache-2.0
// decode of hprim-sante: results, files and comments.
#include "medecin_result.hpp"
#include "sante_decode.hpp"
#include "sante_status.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr status_row result_statuses[] = {
    {"F", "final", true},      {"U", "final", false},    {"P", "preliminary", true},      {"R", "preliminary", false},
    {"I", "registered", true}, {"C", "corrected", true}, {"D", "entered-in-error", true}, {"X", "cancelled", true}};

/// Letters of 10.9 that are codes of v3-ObservationInterpretation with the same meaning; MS and VS are not.
constexpr std::string_view interpretation_codes[] = {"L", "LL", "H", "HH", "N", "A", "AA", "<",
                                                     ">", "U",  "D", "B",  "W", "R", "I",  "S"};

bool is_loinc_table(std::string_view table) { return table == "LN" || table == "LOINC"; }

}  // namespace

void sante_decoder::set_coding(const resource_ref& of, std::string_view path, segment_grid& grid, std::uint16_t field,
                               std::uint16_t repetition) {
  if (grid.text(field, 1, repetition).empty()) return;
  const std::string at(path);
  const std::string table = grid.text(field, 3, repetition);
  of.set(at + "/system", is_loinc_table(table) ? std::string(system_loinc) : local_system(sender_code_));
  of.set(at + "/code", grid.take(field, 1, repetition));
  if (table == "L" || table == "LN") of.carry(at + "/system", grid.take(field, 3, repetition));
  if (table.empty())
    add_source_field(of, "hprim-sante.no-table", sourced(std::to_string(field) + "." + std::to_string(repetition)));
}

void sante_decoder::write_result(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  if (!request_) {  // an OBX without OBR still belongs somewhere
    request_ = pivot_.add(is_document() ? "DiagnosticReport" : "ServiceRequest");
    request_.set("status", is_document() ? "unknown" : "active");
    request_.set("code/text", "Examens");
    if (!is_document()) request_.set("intent", "order");
    add_source_field(request_, "hprim-sante.segment", sourced("none"));
    if (patient_) request_.set_reference("subject", patient_);
    request_open_ = true;
  }
  ++position_;
  if (is_file(segment, marks_)) {
    write_file(segment);
    return;
  }
  segment_grid grid(segment, marks_, ledger_);
  const sante_result result = read_obx(segment, marks_, &found_);
  const resource_ref made = pivot_.add("Observation");
  grid.envelope(1);
  write_result_status(made, grid);
  write_result_code(made, grid);
  if (patient_) made.set_reference("subject", patient_);
  write_result_value(made, grid, result);
  write_result_norm(made, grid, result);
  write_result_flags(made, grid);
  if (!grid.text(14).empty()) (void)date(grid, 14, made, "effectiveDateTime");
  const std::string place = "/entry/" + std::to_string(pivot_.entry_count() - 1) + "/resource";
  if (apply_code_map(codes_, made, result.code, {result.unit, {}}, ledger_, place))
    found_.add(finding::code_mapped, segment.location());
  if (specimen_) made.set_reference("specimen", specimen_);
  if (!grid.text(16, 1).empty() || !grid.text(16, 2).empty())
    made.set_reference("performer/0", kept_practitioner(grid, 16, 1, made));
  grid.keep_rest(made);
  link_result(made);
  last_ = made;
  last_is_observation_ = true;

  const std::string label = result.label.empty() ? result.code : result.label;
  if (result.text.find('\n') != std::string::npos) {
    section_text_ += label + " :\n";
    for (const std::string_view line : split(result.text, '\n')) section_text_.append("  ").append(line).append("\n");
  } else {
    const bool open = result.status == "P" || result.status == "R";
    section_text_ +=
        print_result(
            {label, result.text, result.unit, result.range.low, result.range.high,
             result.range.understood ? "" : result.norm, result.flag,
             open ? "non validé"
                  : (result.status == "C" ? "corrigé" : (result.status == "X" || result.status == "D" ? "annulé" : "")),
             "", "", "", ""}) +
        "\n";
  }
}

void sante_decoder::link_result(const resource_ref& made) {
  if (is_document()) {
    request_.set_reference("result/" + std::to_string(request_.size_of("result")), made);
  } else {
    request_.set_reference("supportingInfo/" + std::to_string(request_.size_of("supportingInfo")), made);
  }
}

void sante_decoder::write_result_status(const resource_ref& made, segment_grid& grid) {
  const status_row* status = find_status(result_statuses, grid.text(11));
  made.set("status", status == nullptr ? "unknown" : status->pivot);
  if (status == nullptr) return;
  const sourced sent = grid.take(11);
  made.carry("status", sent);
  if (status->exact) return;
  made.set("_status/extension/0/url", extension_source_code);
  made.set("_status/extension/0/valueString", sent.text);
}

void sante_decoder::write_result_code(const resource_ref& made, segment_grid& grid) {
  set_coding(made, "code/coding/0", grid, 3, 1);
  made.set("code/text", grid.take(3, 2));
  if (is_loinc_table(grid.text(3, 6)) && made.has("code/coding")) {
    made.set("code/coding/1/system", system_loinc);
    made.set("code/coding/1/code", sourced(grid.text(3, 4)));
  }
  if (!made.has("code")) made.set("code/text", "(sans libellé)");
}

void sante_decoder::write_result_value(const resource_ref& made, segment_grid& grid, const sante_result& result) {
  const std::string raw = grid.text(5);
  std::string written, kind;
  if (result.text.empty()) {
    kind = grid.text(2) == "ST" ? "ST" : "";
  } else if (!result.quantity.number.empty() && result.kind != value_kind::text) {
    // The unit must stand in its own field for the way back to put it there.
    const std::string& sent_unit = grid.text(6);
    made.set_number("valueQuantity/value", sourced(result.quantity.json));
    made.set("valueQuantity/comparator", result.quantity.comparator);
    if (!result.unit.empty()) made.set("valueQuantity/unit", sourced(result.unit));
    if (result.unit == sent_unit) made.carry("valueQuantity/unit", grid.take(6));
    if (const std::string_view ucum = ucum_of(result.unit); !ucum.empty()) {
      made.set("valueQuantity/system", system_ucum);
      made.set("valueQuantity/code", ucum);
    }
    written = result.quantity.comparator + result.quantity.json;
    kind = result.quantity.comparator.empty() ? "NM" : "ST";
    for (const sourced& value : grid.take_all(5)) made.carry("valueQuantity/value", value);
    if (raw != written || grid.components(5) > 1 || grid.repetitions(5) > 1 ||
        (result.unit != sent_unit && !result.unit.empty())) {
      grid.keep_whole(made, 5);
      if (result.unit != sent_unit) add_source_field(made, "hprim-sante.OBX-6!", sourced("clear"));
    }
  } else if (result.kind == value_kind::coded && grid.repetitions(5) == 1) {
    if (!grid.text(5, 1).empty()) {
      made.set("valueCodeableConcept/coding/0/system", local_system(sender_code_));
      made.set("valueCodeableConcept/coding/0/code", grid.take(5, 1));
    }
    if (!grid.text(5, 2).empty()) {
      made.set("valueCodeableConcept/text", grid.take(5, 2));
    } else {
      made.set("valueCodeableConcept/text", grid.text(5, 1));
    }
    kind = "CE";
  } else {
    made.set("valueString", sourced(result.text));
    const std::vector<sourced> parts = grid.take_all(5);
    for (const sourced& part : parts) made.carry("valueString", part);
    std::string lines;
    for (const sourced& part : parts) lines += (lines.empty() ? "" : "\n") + part.text;
    kind = result.text.find('\n') != std::string::npos ? "TX" : "ST";
    const bool plain =
        grid.repetitions(5) <= 1 && lines == result.text && !parts.empty() && parts.size() == grid.components(5);
    if (!plain || (kind == "ST" && parts.size() > 1)) grid.keep_whole(made, 5);
  }
  if (grid.text(2).empty() && !result.text.empty()) add_source_field(made, "hprim-sante.OBX-2!", sourced("clear"));
  if (grid.text(2) == kind && !kind.empty() &&
      made.has(kind == "NM" ? "valueQuantity" : (kind == "CE" ? "valueCodeableConcept" : "valueString"))) {
    made.carry(kind == "NM" ? "valueQuantity" : (kind == "CE" ? "valueCodeableConcept" : "valueString"), grid.take(2));
  }
}

void sante_decoder::write_result_norm(const resource_ref& made, segment_grid& grid, const sante_result& result) {
  const std::string raw = grid.text(7);
  if (raw.empty() || grid.repetitions(7) > 1 || grid.components(7) > 1) {
    if (!result.norm.empty()) made.set("referenceRange/0/text", result.norm);
    return;
  }
  std::string written;
  const auto bound = [&](const char* name, const std::string& number) {
    if (number.empty()) return;
    made.set_number("referenceRange/0/" + std::string(name) + "/value", sourced(number));
    if (!result.unit.empty()) made.set("referenceRange/0/" + std::string(name) + "/unit", result.unit);
  };
  if (result.range.understood) {
    bound("low", result.range.low);
    bound("high", result.range.high);
    written = result.range.low.empty() ? "< " + result.range.high
                                       : (result.range.high.empty() ? "> " + result.range.low
                                                                    : result.range.low + " - " + result.range.high);
  } else {
    made.set("referenceRange/0/text", raw);
    written = raw;
  }
  made.carry("referenceRange/0", grid.take(7));
  if (written != raw) grid.keep(made, {7, 1, 1, 1});
}

void sante_decoder::write_result_flags(const resource_ref& made, segment_grid& grid) {
  for (std::uint16_t repetition = 1, last = grid.repetitions(8); repetition <= last; ++repetition) {
    const sourced flag = grid.take(8, 1, repetition);
    if (flag.empty()) {
      grid.keep_whole(made, 8);
      return;
    }
    const std::string at = "interpretation/" + std::to_string(repetition - 1);
    if (std::find(std::begin(interpretation_codes), std::end(interpretation_codes), flag.text) !=
        std::end(interpretation_codes)) {
      made.set(at + "/coding/0/system", system_interpretation);
      made.set(at + "/coding/0/code", flag);
    } else {
      made.set(at + "/text", flag);
      made.set(at + "/extension/0/url", extension_source_code);
      made.set(at + "/extension/0/valueString", flag.text);
    }
  }
}

void sante_decoder::write_file(const sante_segment& segment) {
  segment_grid grid(segment, marks_, ledger_);
  grid.envelope(1);
  const inline_file file = read_file_value(segment, marks_);
  const resource_ref reference = pivot_.add("DocumentReference");
  reference.set("status", "current");
  reference.set("type/text", "Fichier joint");
  if (patient_) reference.set_reference("subject", patient_);
  reference.set("description", grid.take(3, 2));
  if (file.is_inside) {
    const resource_ref binary = pivot_.add("Binary");
    binary.set("contentType", file.content_type);
    binary.set_base64("data", pivot_.keep(file.bytes));
    reference.set("content/0/attachment/contentType", file.content_type);
    reference.set("content/0/attachment/url", binary.full_url());
    reference.set_number("content/0/attachment/size", sourced(std::to_string(file.bytes.size())));
    reference.set("content/0/attachment/hash", sha1_base64(file.bytes));
    std::uint16_t longest = 1;
    for (std::uint16_t component = 1; component <= grid.components(5); ++component) {
      if (grid.text(5, component).size() > grid.text(5, longest).size()) longest = component;
    }
    binary.carry("data", grid.take(5, longest));
    add_source_field(reference, "hprim-sante.data", sourced(std::to_string(longest)));
  } else {
    found_.add(finding::attachment_external, segment.location() + "-5");
    reference.set("content/0/attachment/title",
                  file.name.empty() ? std::string_view("fichier externe") : std::string_view(file.name));
  }
  add_source_field(reference, "hprim-sante.segment", sourced("OBX"));
  grid.keep_rest(reference);
  add_source_field(reference, "hprim-sante.position", sourced(std::to_string(position_)));
  add_source_field(request_, "hprim-sante.file", sourced(reference.full_url()));
  if (is_document()) files_.push_back(reference);
  last_ = reference;
  last_is_observation_ = false;
}

void sante_decoder::write_comment(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  const unsigned ordinal = ordinal_of(last_, "C");
  const std::string text = comment_text(segment, marks_);
  if (last_is_observation_ && !text.empty()) {
    const std::string at = "note/" + std::to_string(last_.size_of("note"));
    const bool plain = grid.repetitions(3) == 1 && grid.components(3) == 1 && grid.text(3) == text;
    last_.set(at + "/text", sourced(text));
    for (const sourced& part : grid.take_all(3)) last_.carry(at + "/text", part);
    if (!plain) grid.keep_whole(last_, 3, ordinal);
    grid.envelope(1);
  } else if (last_is_observation_) {
    add_source_field(last_, "hprim-sante." + location_of("C", ordinal, {3, 1, 1, 1}) + "!", sourced("none"));
  }
  grid.keep_rest(last_, ordinal);
  for (const std::string_view line : split(text, '\n')) section_text_.append("    ").append(line).append("\n");
  if (!request_open_ && section_title_.empty()) section_title_ = "Commentaires";
}

void sante_decoder::flush_section() {
  if (is_document() && main_ && (request_open_ || !section_text_.empty())) {
    const std::string at = "section/" + std::to_string(main_.size_of("section"));
    main_.set(at + "/title", section_title_);
    if (!section_text_.empty()) {
      main_.set(at + "/text/status", "generated");
      main_.set(at + "/text/div",
                "<div xmlns=\"http://www.w3.org/1999/xhtml\"><pre>" + escape_xml(section_text_) + "</pre></div>");
    }
    if (request_open_) main_.set_reference(at + "/entry/0", request_);
    for (std::size_t i = 0; i < files_.size(); ++i)
      main_.set_reference(at + "/entry/" + std::to_string(i + 1), files_[i]);
  }
  section_title_.clear();
  section_text_.clear();
  files_.clear();
  request_open_ = false;
  request_ = specimen_ = resource_ref{};
}

}  // namespace liaison::hprim
