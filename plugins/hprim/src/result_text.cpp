// SPDX-License-Identifier: Apache-2.0
// Values, ranges, units and markup of laboratory texts.
#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <optional>

namespace liaison::hprim {
namespace {

constexpr std::size_t number_length_max = 40;  // longer digit strings are no measurements

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct number_text {
  std::string digits;
  std::string json;
  std::size_t length = 0;
  bool decimal_comma = false;
};

std::string as_json_number(std::string_view digits) {
  std::string sign;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
    if (digits[0] == '-') sign = "-";
    digits.remove_prefix(1);
  }
  const std::size_t point = digits.find('.');
  std::string_view whole = digits.substr(0, point);
  const std::string_view rest = point == std::string_view::npos ? std::string_view{} : digits.substr(point + 1);
  while (whole.size() > 1 && whole[0] == '0') whole.remove_prefix(1);
  std::string out = sign + (whole.empty() ? "0" : std::string(whole));
  if (!rest.empty()) out.append(".").append(rest);
  return out;
}

/// Blank between groups of three digits: "250 000". U+00A0 and U+202F count as blanks.
std::size_t group_blank(std::string_view text) {
  for (const std::string_view blank :
       {std::string_view(" "), std::string_view("\xC2\xA0"), std::string_view("\xE2\x80\xAF")}) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

bool group_follows(std::string_view text) {
  const std::size_t blank = group_blank(text);
  if (blank == 0 || text.size() < blank + 3) return false;
  const bool three = is_digit(text[blank]) && is_digit(text[blank + 1]) && is_digit(text[blank + 2]);
  return three && (text.size() == blank + 3 || !is_digit(text[blank + 3]));
}

enum class sign_rule { allowed, none };

/// The number at the start of `text`; nothing when there is none.
std::optional<number_text> number_at(std::string_view text, sign_rule sign) {
  number_text out;
  std::size_t i = 0;
  if (sign == sign_rule::allowed && i < text.size() && (text[i] == '-' || text[i] == '+')) out.digits += text[i++];
  const std::size_t first_digit = i;
  while (i < text.size() && is_digit(text[i])) out.digits += text[i++];
  if (i > first_digit && i - first_digit <= 3) {
    while (group_follows(text.substr(i))) {
      i += group_blank(text.substr(i));
      out.digits.append(text, i, 3);
      i += 3;
    }
  }
  const bool whole = i > first_digit;
  if (i + 1 < text.size() && (text[i] == '.' || text[i] == ',') && is_digit(text[i + 1])) {
    out.decimal_comma = text[i] == ',';
    out.digits += '.';
    for (++i; i < text.size() && is_digit(text[i]); ++i) out.digits += text[i];
  } else if (!whole) {
    return std::nullopt;
  }
  if (i < text.size() && (text[i] == '.' || text[i] == ',') && i + 1 == text.size()) ++i;  // "5."
  if (out.digits.size() > number_length_max) return std::nullopt;
  out.length = i;
  out.json = as_json_number(out.digits);
  return out;
}

struct comparator_row {
  std::string_view written;
  std::string_view comparator;
};

constexpr comparator_row comparators[] = {{"<=", "<="},
                                          {"< =", "<="},
                                          {"> =", ">="},
                                          {">=", ">="},
                                          {"=<", "<="},
                                          {"=>", ">="},
                                          {"≤", "<="},
                                          {"≥", ">="},
                                          {"<", "<"},
                                          {">", ">"},
                                          {"inférieur ou égal à", "<="},
                                          {"supérieur ou égal à", ">="},
                                          {"inférieur à", "<"},
                                          {"supérieur à", ">"},
                                          {"inferieur a", "<"},
                                          {"superieur a", ">"},
                                          {"inf. à", "<"},
                                          {"sup. à", ">"},
                                          {"inf à", "<"},
                                          {"sup à", ">"},
                                          {"inf.", "<"},
                                          {"sup.", ">"},
                                          {"inférieure à", "<"},
                                          {"supérieure à", ">"},
                                          {"jusqu'à", "<="},
                                          {"jusqu'a", "<="},
                                          {"inf", "<"},
                                          {"sup", ">"}};

std::string_view take_comparator(std::string_view& text) {
  for (const comparator_row& row : comparators) {
    if (text.size() >= row.written.size() && equals_ignoring_case(text.substr(0, row.written.size()), row.written)) {
      text = trim(text.substr(row.written.size()));
      return row.comparator;
    }
  }
  return {};
}

/// What may stand behind a number as its unit: short, begins like a unit, holds no sentence.
bool looks_like_unit(std::string_view text) {
  if (text.empty() || text.size() > 16 || text.find(' ') != std::string_view::npos) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  const bool starts_well = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '%' ||
                           first == '/' || first == 0xC2 || first == 0xCE;  // µ, °, μ
  const auto second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0U;
  if (first == '/' && is_digit(static_cast<char>(second))) return false;  // a titre: 1/40
  const bool unit_sign = text.find_first_of("/%") != std::string_view::npos || !ucum_of(text).empty();
  return starts_well && unit_sign;
}

std::string_view strip_marks(std::string_view text, bool& marked) {
  text = trim(text);
  while (!text.empty() && text.front() == '*') {
    text = trim(text.substr(1));
    marked = true;
  }
  while (!text.empty() && text.back() == '*') {
    text = trim(text.substr(0, text.size() - 1));
    marked = true;
  }
  return text;
}

}  // namespace

std::string quantity_text::understood(std::string_view raw) const {
  return number.empty() ? std::string(trim(raw)) : comparator + number;
}

quantity_text read_quantity(std::string_view raw) {
  quantity_text out;
  std::string_view text = strip_marks(raw, out.marked);
  out.comparator = take_comparator(text);
  const auto number = number_at(text, sign_rule::allowed);
  const std::string_view rest = number ? trim(text.substr(number->length)) : text;
  if (!number || (!rest.empty() && !looks_like_unit(rest))) {
    quantity_text plain;
    return plain;
  }
  out.number = number->digits;
  out.json = number->json;
  out.unit = rest;
  out.decimal_comma = number->decimal_comma;
  return out;
}

range_text read_range(std::string_view raw) {
  range_text out;
  std::string_view text = trim(raw);
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) text = trim(text.substr(colon + 1));
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') text = trim(text.substr(1, text.size() - 2));
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = trim(text.substr(1, text.size() - 2));
  for (const std::string_view lead : {std::string_view("de "), std::string_view("entre ")}) {
    if (equals_ignoring_case(text.substr(0, lead.size()), lead)) text = trim(text.substr(lead.size()));
  }
  const std::string_view comparator = take_comparator(text);
  const auto first = number_at(text, sign_rule::allowed);
  if (!first) return out;
  std::string_view rest = trim(text.substr(first->length));
  out.decimal_comma = first->decimal_comma;
  if (!comparator.empty()) {
    if (!rest.empty() && !looks_like_unit(rest)) return out;
    (comparator[0] == '<' ? out.high : out.low) = first->json;
    out.understood = true;
    return out;
  }
  bool parted = false;
  for (const std::string_view separator :
       {std::string_view("à"), std::string_view("a "), std::string_view("et "), std::string_view("-"),
        std::string_view("–"), std::string_view("—"), std::string_view(";")}) {
    if (rest.starts_with(separator)) {
      rest = trim(rest.substr(separator.size()));
      parted = true;
      break;
    }
  }
  if (!parted) return out;
  const auto second = number_at(rest, sign_rule::allowed);
  if (!second) return out;
  const std::string_view unit = trim(rest.substr(second->length));
  if (!unit.empty() && !looks_like_unit(unit)) return out;
  out.low = first->json;
  out.high = second->json;
  out.decimal_comma = out.decimal_comma || second->decimal_comma;
  out.understood = true;
  return out;
}

namespace {

bool is_nines(std::string_view json) {
  const std::string_view whole = json.substr(0, json.find('.'));
  return whole.size() >= 4 && whole.find_first_not_of('9') == std::string_view::npos;
}

enum class side : std::uint8_t { low, high };

/// "3.5 -" in the field of the lower bound, "- 5.1" in that of the upper: the dash of a range that was cut in two.
std::string_view without_dash(std::string_view bound, side which) {
  for (const std::string_view dash : {std::string_view("-"), std::string_view("–"), std::string_view("à")}) {
    if (which == side::low && bound.ends_with(dash)) return trim(bound.substr(0, bound.size() - dash.size()));
    const bool leads = bound.starts_with(dash) && bound.substr(dash.size()).starts_with(' ');
    if (which == side::high && leads) return trim(bound.substr(dash.size()));
  }
  return bound;
}

bool is_zero(std::string_view json) { return json.find_first_not_of("0.") == std::string_view::npos && !json.empty(); }

}  // namespace

bounds_text read_bounds(std::string_view low, std::string_view high) {
  bounds_text out;
  const auto read_one = [&](std::string_view raw, std::string& into) {
    raw = trim(raw);
    if (raw.empty()) return;
    if (raw.find_first_not_of("-.*/_ ") == std::string_view::npos) {  // "-" or "." where a bound would stand: none
      (&into == &out.low ? out.low_sentinel : out.high_sentinel) = true;
      return;
    }
    raw = without_dash(raw, &into == &out.low ? side::low : side::high);
    const auto number = number_at(raw, sign_rule::allowed);
    if (number && number->length == raw.size() && into.empty()) {
      into = number->json;
      out.decimal_comma = out.decimal_comma || number->decimal_comma;
      return;
    }
    const range_text range = read_range(raw);
    if (range.understood && (out.low.empty() || range.low.empty()) && (out.high.empty() || range.high.empty())) {
      if (!range.low.empty()) out.low = range.low;
      if (!range.high.empty()) out.high = range.high;
      out.decimal_comma = out.decimal_comma || range.decimal_comma;
      out.merged = out.merged || (!range.low.empty() && !range.high.empty());
      return;
    }
    if (!out.text.empty()) out.text += " - ";
    out.text += raw;
  };
  read_one(low, out.low);
  read_one(high, out.high);
  const auto is_minus_nines = [](const std::string& json) {
    return json.starts_with('-') && is_nines(std::string_view(json).substr(1));
  };
  if (is_nines(out.high)) {
    out.high.clear();
    out.high_sentinel = true;
    if (is_zero(out.low)) {
      out.low.clear();
      out.low_sentinel = true;
    }
  } else if (is_zero(out.high) && !out.low.empty() && out.low[0] != '-') {
    out.high.clear();
    out.high_sentinel = true;
    if (is_zero(out.low)) {
      out.low.clear();
      out.low_sentinel = true;
    }
  }
  if (is_nines(out.low) || is_minus_nines(out.low)) {
    out.low.clear();
    out.low_sentinel = true;
  }
  return out;
}

std::string with_decimal_comma(std::string_view number) {
  std::string out(number);
  std::replace(out.begin(), out.end(), '.', ',');
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace liaison::hprim
