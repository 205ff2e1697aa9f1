// SPDX-License-Identifier: Apache-2.0
// RES lines interpreted, TEX lines compared with the body, and results printed in columns.
#include "medecin_result.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <unordered_set>

namespace liaison::hprim {
namespace {

constexpr std::string_view flags[] = {"L", "H", "LL", "HH", "N"};
constexpr std::string_view statuses[] = {"F", "R", "C"};

template <class Table>
bool contains(const Table& table, std::string_view key) {
  return std::find(std::begin(table), std::end(table), key) != std::end(table);
}

/// Whether a unit behind the number speaks against the field of the unit: then nobody knows what was measured.
bool contradicts(const std::string& beside, std::string_view field) {
  if (beside.empty() || field.empty() || equals_ignoring_case(beside, field)) return false;
  const std::string_view a = ucum_of(beside), b = ucum_of(field);
  return a.empty() || b.empty() || a != b;
}

/// The value, unit and bounds that begin at field `number` of a line.
measured read_measured(std::string_view value, std::string_view unit, std::string_view low, std::string_view high,
                       const std::string& line, std::size_t number, findings* found) {
  measured out;
  const std::string shown_value = shown(value);
  out.quantity = read_quantity(shown_value);
  out.unit = std::string(trim(shown(unit)));
  if (out.unit == ".") out.unit.clear();
  if (contradicts(out.quantity.unit, out.unit)) {
    out.quantity = {};
    if (found != nullptr) found->add(finding::unit_contradicted, line + " RES-" + std::to_string(number));
  }
  out.text = out.quantity.understood(shown_value);
  if (out.unit.empty()) out.unit = out.quantity.unit;
  const std::string shown_low = shown(low), shown_high = shown(high);
  out.bounds = read_bounds(shown_low, shown_high);
  if (found == nullptr) return out;
  const std::string bounds_at = line + " RES-" + std::to_string(number + 2);
  if (out.bounds.merged) found->add(finding::merged_bounds, bounds_at);
  if (out.quantity.decimal_comma || out.bounds.decimal_comma)
    found->add(finding::decimal_comma,
               out.quantity.decimal_comma ? line + " RES-" + std::to_string(number) : bounds_at);
  if (out.bounds.low_sentinel || out.bounds.high_sentinel) found->add(finding::bound_sentinel, bounds_at);
  return out;
}

std::string collapsed(std::string_view text) {
  std::string out;
  bool blank = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool wide_blank = c == '\xC2' && i + 1 < text.size() && text[i + 1] == '\xA0';
    if (c == ' ' || c == '\t' || wide_blank) {
      blank = !out.empty();
      i += wide_blank ? 1 : 0;
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += c;
  }
  return out;
}

std::string comparable(std::string_view text) {
  std::string out = collapsed(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ',') c = '.';
  }
  return out;
}

}  // namespace

bool is_known_flag(std::string_view flag) { return contains(flags, flag); }
bool is_known_status(std::string_view status) { return contains(statuses, status); }

std::string shown(std::string_view raw) { return has_markup(raw) ? decode_markup(raw) : std::string(raw); }

medecin_result read_result(const res_line& line, findings* found) {
  medecin_result out;
  const std::string location = found == nullptr ? std::string{} : line.line->location();
  out.label = shown(line.field(2));
  std::string_view label = trim(out.label);
  while (!label.empty() && label.back() == ':') label = trim(label.substr(0, label.size() - 1));
  out.label = std::string(label);
  out.code = shown(trim(line.field(3)));
  out.type = std::string(trim(line.field(4)));
  out.first = read_measured(line.field(5), line.field(6), line.field(7), line.field(8), location, 5, found);
  out.flag = std::string(trim(line.field(9)));
  out.status = std::string(trim(line.field(10)));
  out.second = read_measured(line.field(11), line.field(12), line.field(13), line.field(14), location, 11, found);
  if (found == nullptr) return out;
  if (out.type == "N" && out.first.quantity.number.empty() && !out.first.text.empty())
    found->add(finding::value_type_mismatch, location + " RES-5");
  if (!out.flag.empty() && !is_known_flag(out.flag)) found->add(finding::unknown_flag, location + " RES-9");
  if (!out.status.empty() && !is_known_status(out.status)) found->add(finding::unknown_status, location + " RES-10");
  if (has_markup(line.line->text)) found->add(finding::entities_decoded, location);
  return out;
}

bool is_second_unit_row(const res_line& first_line, const res_line& row_line) {
  // Cheap first: nearly every pair of rows is none.
  const std::string_view label = trim(row_line.field(2));
  const bool says_so = label.size() >= 4 && equals_ignoring_case(label.substr(0, 4), "soit") &&
                       (label.size() == 4 || label[4] == ' ' || label[4] == ':');
  if (!says_so && label.find("(B)") == std::string_view::npos) return false;
  const medecin_result first = read_result(first_line, nullptr), row = read_result(row_line, nullptr);
  if (!first.second.empty() || !first_line.excess.empty() || !row.second.empty() || !row_line.excess.empty())
    return false;
  if (first.first.text.empty() || row.first.text.empty() || row.first.unit.empty() ||
      row.first.unit == first.first.unit)
    return false;
  if (says_so) return row.code.empty() || row.code == first.code || row.code == first.code + "B";
  const bool labelled =
      row.label.size() > first.label.size() && row.label.starts_with(first.label) && row.label.ends_with("(B)");
  return labelled && (row.code == first.code + "B" || row.code == first.code);
}

std::vector<const lab_item*> texts_missing_in_body(const medecin_message& message) {
  std::vector<const lab_item*> missing;
  const bool any_text = std::any_of(message.lab.begin(), message.lab.end(),
                                    [](const lab_item& i) { return i.what == lab_item::kind::text; });
  if (!any_text) return missing;
  std::unordered_set<std::string> in_body;
  for (const text_line* line : message.body) in_body.insert(collapsed(shown(line->text)));
  for (const lab_item& item : message.lab) {
    if (item.what != lab_item::kind::text) continue;
    const std::string text = collapsed(shown(item.text));
    if (!text.empty() && in_body.find(text) == in_body.end()) missing.push_back(&item);
  }
  return missing;
}

namespace {

void pad_to(std::string& out, std::size_t width, char fill) {
  const std::size_t now = width_of(out);
  if (now < width) out.append(width - now, fill);
}

std::string printed_range(std::string_view low, std::string_view high) {
  if (low.empty() && high.empty()) return {};
  if (low.empty()) return "(< " + with_decimal_comma(high) + ")";
  if (high.empty()) return "(> " + with_decimal_comma(low) + ")";
  return "(" + with_decimal_comma(low) + " - " + with_decimal_comma(high) + ")";
}

/// "12.5" → "12,5"; a text with letters stays as it is.
std::string printed_value(std::string_view value) {
  return read_quantity(value).number.empty() ? std::string(value) : with_decimal_comma(value);
}

}  // namespace

std::string print_result(const printed_result& result) {
  constexpr std::size_t label_columns = 32, value_columns = 12;
  std::string out = result.label.empty() ? "(sans libellé)" : result.label;
  out += ' ';
  pad_to(out, label_columns, '.');
  std::string value = printed_value(result.value);
  const std::size_t value_width = width_of(value);
  out.append(1 + (value_width < value_columns ? value_columns - value_width : 0), ' ');
  out += value;
  if (!result.unit.empty()) out += " " + result.unit;
  const std::string range =
      result.range_text.empty() ? printed_range(result.low, result.high) : "(" + result.range_text + ")";
  if (!range.empty()) {
    pad_to(out, 58, ' ');
    out += "  " + range;
  }
  if (!result.flag.empty() && result.flag != "N") out += "  " + result.flag;
  if (!result.second_value.empty()) {
    out += "  soit " + printed_value(result.second_value);
    if (!result.second_unit.empty()) out += " " + result.second_unit;
    const std::string second_range = printed_range(result.second_low, result.second_high);
    if (!second_range.empty()) out += " " + second_range;
  }
  if (!result.status_note.empty()) out += "  [" + result.status_note + "]";
  return out;
}

shown_results::shown_results(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) lines_.push_back(comparable(line));
  }
}

bool shown_results::shows(std::string_view label, std::string_view number) {
  if (label.empty() || lines_left_to_compare_ < lines_.size()) return false;
  lines_left_to_compare_ -= lines_.size();
  const std::string wanted = comparable(label), digits = comparable(number);
  return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
    const std::size_t at = line.find(wanted);
    if (at == std::string::npos) return false;
    if (digits.empty()) return true;
    std::string tail = line.substr(at + wanted.size());
    if (tail.find(digits) != std::string::npos) return true;
    // "11.240" in a layout stands for 11240: dots part thousands there.
    std::erase(tail, '.');
    std::string plain = digits;
    std::erase(plain, '.');
    return tail.find(plain) != std::string::npos;
  });
}

}  // namespace liaison::hprim
