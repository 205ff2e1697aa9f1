// SPDX-License-Identifier: Apache-2.0
#include "primitives.hpp"

#include <liaison/common/datetime.hpp>

#include <algorithm>

namespace liaison::fhir {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Reads exactly `count` digits from the front.
bool take_number(std::string_view& text, std::size_t count, int& into) {
  if (text.size() < count || !std::ranges::all_of(text.substr(0, count), is_digit)) return false;
  into = 0;
  for (const char c : text.substr(0, count)) into = into * 10 + (c - '0');
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

enum class precision { none, year, month, day };

precision take_date(std::string_view& text) {
  int year = 0, month = 1, day = 1;
  if (!take_number(text, 4, year) || year == 0) return precision::none;
  if (!text.starts_with('-')) return precision::year;
  text.remove_prefix(1);
  if (!take_number(text, 2, month) || month < 1 || month > 12) return precision::none;
  if (!text.starts_with('-')) return precision::month;
  text.remove_prefix(1);
  if (!take_number(text, 2, day) || !liaison::is_date(year, month, day)) return precision::none;
  return precision::day;
}

bool take_time(std::string_view& text) {
  int hour = 0, minute = 0, second = 0;
  if (!take_number(text, 2, hour) || hour > 23 || !take(text, ':')) return false;
  if (!take_number(text, 2, minute) || minute > 59 || !take(text, ':')) return false;
  if (!take_number(text, 2, second) || second > 60) return false;
  if (!take(text, '.')) return true;
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_zone(std::string_view& text) {
  if (take(text, 'Z')) return true;
  if (!take(text, '+') && !take(text, '-')) return false;
  int hour = 0, minute = 0;
  return take_number(text, 2, hour) && hour <= 14 && take(text, ':') && take_number(text, 2, minute) && minute <= 59;
}

bool is_integer(std::string_view text, bool negative_allowed) {
  if (text.starts_with('-') && negative_allowed) text.remove_prefix(1);
  if (text.empty() || text.size() > 10 || !std::ranges::all_of(text, is_digit)) return false;
  if (text.size() > 1 && text[0] == '0') return false;
  return text.size() < 10 || text <= "2147483647";
}

bool is_code(std::string_view text) {
  if (text.empty() || is_blank(text.front()) || is_blank(text.back())) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ' && is_blank(text[i])) return false;
    if (text[i] == ' ' && text[i - 1] == ' ') return false;
  }
  return true;
}

bool is_oid(std::string_view text) {
  constexpr std::string_view prefix = "urn:oid:";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  if (text.size() < 3 || text[0] < '0' || text[0] > '2' || text[1] != '.') return false;
  bool fresh = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (fresh) return false;
      fresh = true;
    } else if (!is_digit(c) || (!fresh && text[i - 1] == '0' && (i == 1 || text[i - 2] == '.'))) {
      return false;
    } else {
      fresh = false;
    }
  }
  return !fresh;
}

bool is_base64(std::string_view text) {
  std::size_t characters = 0, padding = 0;
  for (const char c : text) {
    if (is_blank(c)) continue;
    const bool in_alphabet = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '/';
    if (c == '=') {
      ++padding;
    } else if (!in_alphabet || padding > 0) {
      return false;
    }
    ++characters;
  }
  return characters % 4 == 0 && padding <= 2;
}

bool has_forbidden_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && !is_blank(c); });
}

}  // namespace

bool is_date(std::string_view text) { return take_date(text) != precision::none && text.empty(); }

bool is_date_time(std::string_view text) {
  const precision read = take_date(text);
  if (read == precision::none) return false;
  if (text.empty()) return true;
  return read == precision::day && take(text, 'T') && take_time(text) && take_zone(text) && text.empty();
}

bool is_instant(std::string_view text) { return text.size() > 10 && is_date_time(text); }

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
  });
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && !is_digit(text[i]) && !(text[i] >= 'a' && text[i] <= 'f')) return false;
  }
  return true;
}

std::string_view primitive_defect(std::string_view type, std::string_view text) {
  if (type == "boolean" || type == "decimal" || type == "xhtml") return {};
  if (type == "integer") return is_integer(text, true) ? "" : "not a 32-bit integer";
  if (type == "unsignedInt") return is_integer(text, false) ? "" : "not an integer of 0 or more";
  if (type == "positiveInt") return is_integer(text, false) && text != "0" ? "" : "not an integer above 0";
  if (type == "date") return is_date(text) ? "" : "not a date (YYYY, YYYY-MM or YYYY-MM-DD)";
  if (type == "dateTime") return is_date_time(text) ? "" : "not a dateTime (a date, or with seconds and zone)";
  if (type == "instant") return is_instant(text) ? "" : "not an instant (date, time with seconds, zone)";
  if (type == "time") return take_time(text) && text.empty() ? "" : "not a time (hh:mm:ss)";
  if (type == "id") return is_id(text) ? "" : "not an id ([A-Za-z0-9.-], at most 64)";
  if (type == "code") return is_code(text) ? "" : "not a code (no blanks at its ends, none doubled)";
  if (type == "oid") return is_oid(text) ? "" : "not an OID (urn:oid:…)";
  if (type == "uuid")
    return text.starts_with("urn:uuid:") && is_uuid(text.substr(9)) ? "" : "not a UUID (urn:uuid:…, lower case)";
  if (type == "base64Binary") return is_base64(text) ? "" : "not base64";
  if (type == "uri" || type == "url" || type == "canonical") {
    if (std::ranges::any_of(text, is_blank)) return "a URI holds no blanks";
    if (text.starts_with("urn:uuid:") && !is_uuid(text.substr(9).substr(0, text.substr(9).find('#'))))
      return "urn:uuid: without a lower-case UUID";
    if (text.starts_with("urn:oid:") && !is_oid(text)) return "urn:oid: without an OID";
    return {};
  }
  if (has_forbidden_character(text)) return "control characters are not allowed";
  if (!text.empty() && std::ranges::all_of(text, is_blank)) return "only blanks";
  return {};
}

}  // namespace liaison::fhir
