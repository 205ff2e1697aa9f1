// SPDX-License-Identifier: Apache-2.0
#include "sante_builder.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <charconv>

namespace liaison::hprim {
namespace {

constexpr std::size_t line_bytes_max = 218;  // 220 with CRLF
constexpr separators marks;                  // what we write: |~^\&

/// Number at the start of `text`, taken off; 0 when there is none or it is too large.
unsigned take_number(std::string_view& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > 60000) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take_sign(std::string_view& text, char sign) {
  if (text.empty() || text[0] != sign) return false;
  text.remove_prefix(1);
  return true;
}

/// "OBX-3.2", "C(2)-3(2).1!" behind the prefix of the format.
bool parse_location(std::string_view text, kept_value& out) {
  const std::size_t name = std::min(text.find_first_of("(-"), text.size());
  if (name == 0 || name > 16 || name == text.size()) return false;
  out.segment = std::string(text.substr(0, name));
  text.remove_prefix(name);
  if (take_sign(text, '(')) {
    out.ordinal = take_number(text);
    if (out.ordinal == 0 || !take_sign(text, ')')) return false;
  }
  if (!take_sign(text, '-')) return false;
  out.at.field = static_cast<std::uint16_t>(take_number(text));
  if (out.at.field == 0) return false;
  if (take_sign(text, '(')) {
    out.at.repetition = static_cast<std::uint16_t>(take_number(text));
    if (out.at.repetition == 0 || !take_sign(text, ')')) return false;
  }
  if (take_sign(text, '.')) out.at.component = static_cast<std::uint16_t>(take_number(text));
  if (take_sign(text, '.')) out.at.sub = static_cast<std::uint16_t>(take_number(text));
  out.is_clear = take_sign(text, '!');
  return text.empty() && out.at.component > 0 && out.at.sub > 0;
}

struct length_row {
  std::string_view segment;
  std::uint16_t field;
  std::size_t characters;
};

// Lengths on which the known implementations agree; of 8.6 and 8.7 those of H2.5, which are the longest.
constexpr length_row lengths[] = {{"H", 2, 255},   {"H", 4, 40},    {"H", 9, 40},    {"H", 10, 80},    {"H", 12, 10},
                                  {"P", 2, 36},    {"P", 3, 16},    {"P", 4, 16},    {"P", 10, 200},   {"P", 25, 100},
                                  {"P", 41, 199},  {"OBR", 2, 23},  {"OBR", 3, 23},  {"OBR", 13, 300}, {"OBR", 15, 300},
                                  {"OBR", 16, 60}, {"OBR", 32, 60}, {"OBX", 3, 120}, {"OBX", 4, 10},   {"OBX", 6, 20},
                                  {"OBX", 7, 60},  {"OBX", 8, 10},  {"OBX", 15, 60}, {"OBX", 16, 60}};

// A place far behind the one before costs a separator for each step: a hostile pivot must not make lines of gigabytes.
constexpr int gap_max = 200;

bool is_near(const place& at, const place& last) {
  if (at.field > last.field)
    return at.field - last.field <= gap_max && at.repetition <= gap_max && at.component <= gap_max && at.sub <= gap_max;
  if (at.repetition > last.repetition)
    return at.repetition - last.repetition <= gap_max && at.component <= gap_max && at.sub <= gap_max;
  if (at.component > last.component) return at.component - last.component <= gap_max && at.sub <= gap_max;
  return at.sub - last.sub <= gap_max;
}

}  // namespace

std::vector<kept_value> kept_values(const pivot_reader& pivot, const json_value* node) {
  constexpr std::string_view prefix = "hprim-sante.";
  std::vector<kept_value> out;
  const json_value* list = pivot_reader::find(node, "extension");
  if (list == nullptr || !list->IsArray()) return out;
  for (const auto& one : list->GetArray()) {
    if (pivot_reader::text(&one, "url") != extension_source_field) continue;
    const std::string location = pivot_reader::text(&one, "extension/0/valueString");
    kept_value made;
    if (!location.starts_with(prefix) || !parse_location(std::string_view(location).substr(prefix.size()), made))
      continue;
    made.value = pivot.get(&one, "extension/1/valueString");
    out.push_back(std::move(made));
  }
  return out;
}

void segment_builder::set(const place& at, const sourced& value) {
  if (value.empty()) return;
  values_[at] = value.text;
  if (ledger_ != nullptr && value.has_leaf) ledger_->carry(value.leaf, location_of(name_, 0, at));
}

void segment_builder::clear(std::uint16_t field) {
  std::erase_if(values_, [&](const auto& one) { return one.first.field == field; });
}

void segment_builder::apply(const std::vector<kept_value>& kept, std::string_view segment, unsigned ordinal) {
  for (const kept_value& one : kept) {
    if (one.is_clear && one.segment == segment && one.ordinal == ordinal) clear(one.at.field);
  }
  for (const kept_value& one : kept) {
    if (!one.is_clear && one.segment == segment && one.ordinal == ordinal) set(one.at, one.value);
  }
}

/// A value without anything that could be taken for structure.
std::string sante_lines::piece_of(std::string_view value) {
  std::string out;
  const std::string plain = safe_.line(value);
  for (const char c : plain) {
    const std::string_view special = "|~^\\&";
    const std::size_t which = special.find(c);
    if (which == std::string_view::npos) {
      out += c == '\t' ? ' ' : c;
    } else if (rule_ == escape_rule::escape) {
      constexpr std::string_view letters = "FSRET";  // of | ~ ^ \\ & in that order
      out.append("\\").append(1, letters[which]).append("\\");
    } else {
      safe_.note_defused();
      out += ' ';
    }
  }
  return out;
}

std::string sante_lines::text_of(const segment_builder& segment) {
  std::string out = segment.name_;
  place last{0, 1, 1, 1};
  if (segment.name_ == "H") {
    out += "|~^\\&";
    last.field = 1;
  }
  for (const auto& [at, value] : segment.values_) {
    if (at.field < last.field || !is_near(at, last)) continue;
    if (at.field > last.field) {
      out.append(static_cast<std::size_t>(at.field - last.field), marks.field);
      last = {at.field, 1, 1, 1};
    }
    if (at.repetition > last.repetition) {
      out.append(static_cast<std::size_t>(at.repetition - last.repetition), marks.repeat);
      last = {at.field, at.repetition, 1, 1};
    }
    if (at.component > last.component) {
      out.append(static_cast<std::size_t>(at.component - last.component), marks.component);
      last = {at.field, at.repetition, at.component, 1};
    }
    if (at.sub > last.sub) {
      out.append(static_cast<std::size_t>(at.sub - last.sub), marks.sub);
      last = at;
    }
    out += piece_of(value);
  }
  return out;
}

void sante_lines::add(const segment_builder& segment) {
  if (segment.name_ == "P") ++patients_;
  segments_.push_back(text_of(segment));
  note_long_fields(segment.name_, segments_.back());
}

void sante_lines::note_long_fields(const std::string& name, std::string_view text) {
  for (const length_row& row : lengths) {
    if (row.segment != name || text.size() <= row.characters) continue;
    std::string_view field = text;
    for (std::uint16_t index = 0; index < row.field && !field.empty(); ++index) {
      const std::size_t mark = field.find(marks.field);
      field = mark == std::string_view::npos ? std::string_view{} : field.substr(mark + 1);
    }
    field = field.substr(0, field.find(marks.field));
    const auto characters = std::count_if(field.begin(), field.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    if (static_cast<std::size_t>(characters) > row.characters)
      long_fields_.insert(name + "-" + std::to_string(row.field));
  }
}

void sante_lines::write(std::string_view line, std::string& out) const {
  std::size_t room = line_bytes_max;
  while (line.size() > room) {
    std::size_t cut = room;
    // Never inside a character: a reader may decode before it splices.
    while (to_ == charset::utf_8 && cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;
    out.append(line.substr(0, cut)).append("\r\nA|");
    line.remove_prefix(cut);
    room = line_bytes_max - 2;
  }
  out.append(line).append("\r\n");
}

std::string sante_lines::finish(const segment_builder& end) {
  segment_builder closing = end;
  closing.set(1, "1");
  closing.set(3, std::to_string(patients_));
  closing.set(4, std::to_string(segments_.size() + 1));
  segments_.push_back(text_of(closing));
  std::string out;
  for (const std::string& segment : segments_) write(safe_.bytes(segment), out);
  return out;
}

}  // namespace liaison::hprim
