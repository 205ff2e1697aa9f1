// SPDX-License-Identifier: Apache-2.0
// The twelve lines of the header.
#include "medecin_encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr std::size_t code_columns = 10;

/// Characters of a line that the strictest known reader keeps. Half a number is another number: it is cut only when
/// the endpoint wants it so.
struct length_row {
  std::size_t line, characters;
  bool only_when_strict;
};

constexpr length_row lengths[] = {{1, 10, true}, {2, 50, false}, {3, 50, false}};

std::string first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && count-- == 0) break;
  }
  return std::string(trim(text.substr(0, end)));
}

}  // namespace

/// The text of a line as far as readers keep it.
std::string message_encoder::within_reach(std::size_t number, std::string text) {
  for (const length_row& row : lengths) {
    if (row.line != number || width_of(text) <= row.characters || is_routing_record(text)) continue;
    const bool cut = !row.only_when_strict || options_.strict_header;
    found_.add(finding::header_line_long, "line " + std::to_string(number),
               (cut ? "cut at " : "readers may cut it at ") + std::to_string(row.characters) + " characters");
    if (cut) return first_characters(text, row.characters);
  }
  return text;
}

/// Writes the first of the values that is there as header line `number`.
void message_encoder::header(std::size_t number, const std::vector<sourced>& words) {
  std::string text;
  for (const sourced& word : words) {
    if (word.empty()) continue;
    if (!text.empty()) text += ' ';
    text += word.text;
    carried(word, "line " + std::to_string(number));
  }
  line(within_reach(number, safe_.medecin_header(text)));
}

void message_encoder::write_header(const view_document& document) {
  const view_person& patient = document.patient;
  header(1, {patient_number(document)});
  header(2, {patient.family});
  write_given(patient);
  write_address(patient);
  write_date(7, kept(patient.node, "hprim-medecin.line7"), patient.birth_date);
  write_nir(patient);
  header(9, {file_number(document)});
  const bool no_date = !kept(document.composition, "hprim-medecin.line10.absent").empty();
  write_date(10, kept(document.composition, "hprim-medecin.line10"), no_date ? sourced{} : document.date);
  const view_party& from = document.sender.node != nullptr ? document.sender : document.author;
  write_party(11, from, options_.sender_code, {});
  const view_party nobody;
  const view_party& to = document.recipients.empty() ? nobody : document.recipients.front();
  write_party(12, to, options_.recipient_code, options_.recipient_name);
}

sourced message_encoder::patient_number(const view_document& document) {
  if (sourced routing = kept(document.composition, "hprim-medecin.line1"); !routing.empty()) return routing;
  const view_identifier* best = nullptr;
  for (const view_identifier& one : document.patient.identifiers) {
    if (is_ins_system(one.system) || one.system == system_nir || one.type == "NH") continue;
    if (best == nullptr || (one.type == "PI" && best->type != "PI")) best = &one;
  }
  for (const view_identifier& one : document.patient.identifiers) {
    if (is_ins_system(one.system)) dropped(one.value, "the format has no place for an INS");
  }
  return best == nullptr ? sourced{} : best->value;
}

void message_encoder::write_given(const view_person& patient) { header(3, patient.given); }

void message_encoder::write_address(const view_person& patient) {
  const sourced second_kept = kept(patient.node, "hprim-medecin.line5");
  const auto& lines = patient.address_lines;
  if (!second_kept.empty() && lines.size() == 1) {
    header(4, {});
    carried(lines[0], "line 5");
    header(5, {second_kept});
  } else {
    header(4, lines.empty() ? std::vector<sourced>{} : std::vector<sourced>{lines[0]});
    header(5, lines.size() > 1 ? std::vector<sourced>(lines.begin() + 1, lines.end()) : std::vector<sourced>{});
  }
  header(6, {patient.postal_code, patient.city});
}

void message_encoder::write_date(std::size_t number, const sourced& kept_text, const sourced& date) {
  if (!kept_text.empty()) {
    carried(date, "line " + std::to_string(number));
    header(number, {kept_text});
    return;
  }
  const std::string text = date.empty() ? std::string{} : french_from_iso_date(date.text);
  if (!text.empty()) carried(date, "line " + std::to_string(number));
  line(safe_.medecin_header(text));
}

void message_encoder::write_nir(const view_person& patient) {
  if (sourced raw = kept(patient.node, "hprim-medecin.line8"); !raw.empty()) {
    header(8, {raw});
    return;
  }
  for (const view_identifier& one : patient.identifiers) {
    if (one.system != system_nir) continue;
    std::string text = one.value.text;
    if (text.size() == 15) text.insert(13, " ");
    carried(one.value, "line 8");
    line(safe_.medecin_header(text));
    return;
  }
  line("");
}

sourced message_encoder::file_number(const view_document& document) {
  if (sourced own = kept(document.composition, "hprim-medecin.line9"); !own.empty()) return own;
  for (const json_value* report : document.reports) {
    if (sourced number = pivot_.get(report, "identifier/0/value"); !number.empty()) return number;
  }
  sourced own_id = pivot_.get(document.composition, "identifier/value");
  return own_id.text.starts_with("urn:") || own_id.text.size() > 30 ? sourced{}
                                                                    : own_id;  // an OID helps nobody in a file
}

/// Code of a party in ten columns: one that has no system or a short national one (FINESS, ADELI).
sourced message_encoder::party_code(const view_party& party) {
  for (const view_identifier& one : party.identifiers) {
    const bool fits = width_of(one.value.text) <= code_columns && one.value.text.find(' ') == std::string::npos;
    if (fits && !is_ins_system(one.system)) return one.value;
  }
  return {};
}

void message_encoder::write_party(std::size_t number, const view_party& party, const std::string& code_option,
                                  const std::string& name_option) {
  const std::string place = "line " + std::to_string(number);
  std::string name = party.text();
  if (!name_option.empty()) name = name_option;
  sourced code = party_code(party);
  if (!code_option.empty()) code = sourced(code_option);
  if (name.empty() && code.empty()) {
    line("");
    return;
  }
  carried(code, place);
  if (name_option.empty()) {
    for (const sourced& word : party.name) carried(word, place);
    carried(party.organization, place);
  }
  std::string column = code.empty() ? "." : safe_.medecin_header(code.text);
  column.resize(std::max(column.size(), code_columns), ' ');
  line(column + " " + safe_.medecin_header(name));
}

}  // namespace liaison::hprim
