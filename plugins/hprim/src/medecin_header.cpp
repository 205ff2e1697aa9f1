// SPDX-License-Identifier: Apache-2.0
// Header lines of HPRIM Médecin: dates, numbers, identities, and how much twelve lines look like a header.
#include "medecin_message.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int number_of(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

/// Century of a two-digit year when nobody says what year it is.
constexpr int latest_year_default = 2030;

int full_year(int two_digits, std::string_view not_after) {
  int latest = latest_year_default;
  if (not_after.size() >= 4 && is_digits(not_after.substr(0, 4))) latest = number_of(not_after.substr(0, 4));
  const int century = latest - latest % 100;
  return century + two_digits > latest ? century - 100 + two_digits : century + two_digits;
}

std::string two_places(int value) { return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)}; }

std::string four_places(int value) { return two_places(value / 100) + two_places(value % 100); }

struct date_parts {
  int year = 0, month = 0, day = 0;
  std::size_t length = 0;
  bool two_digits = false;
};

/// "17/05/1985", "17-05-85", "17.05.1985" at the start of `text`.
std::optional<date_parts> day_first(std::string_view text) {
  if (text.size() < 8 || !is_digits(text.substr(0, 2)) || !is_digits(text.substr(3, 2))) return std::nullopt;
  const char separator = text[2];
  if ((separator != '/' && separator != '-' && separator != '.') || text[5] != separator) return std::nullopt;
  std::size_t digits = 0;
  while (6 + digits < text.size() && is_digit(text[6 + digits])) ++digits;
  if (digits != 2 && digits != 4) return std::nullopt;
  date_parts out;
  out.day = number_of(text.substr(0, 2));
  out.month = number_of(text.substr(3, 2));
  out.year = number_of(text.substr(6, digits));
  out.two_digits = digits == 2;
  out.length = 6 + digits;
  return out;
}

/// "1985-05-17" at the start of `text`.
std::optional<date_parts> year_first(std::string_view text) {
  if (text.size() < 10 || !is_digits(text.substr(0, 4)) || !is_digits(text.substr(5, 2)) ||
      !is_digits(text.substr(8, 2)))
    return std::nullopt;
  if ((text[4] != '-' && text[4] != '/') || text[7] != text[4] || (text.size() > 10 && is_digit(text[10])))
    return std::nullopt;
  return date_parts{number_of(text.substr(0, 4)), number_of(text.substr(5, 2)), number_of(text.substr(8, 2)), 10,
                    false};
}

/// Eight digits that are nothing but a date: JJMMAAAA, or AAAAMMJJ.
std::optional<date_parts> eight_digits(std::string_view text) {
  if (text.size() != 8 || !is_digits(text)) return std::nullopt;
  const int first_year = number_of(text.substr(0, 4)), last_year = number_of(text.substr(4));
  const date_parts by_day{last_year, number_of(text.substr(2, 2)), number_of(text.substr(0, 2)), 8, false};
  const date_parts by_year{first_year, number_of(text.substr(4, 2)), number_of(text.substr(6)), 8, false};
  if (last_year >= 1850 && last_year <= 2100 && is_date(by_day.year, by_day.month, by_day.day)) return by_day;
  if (first_year >= 1850 && first_year <= 2100 && is_date(by_year.year, by_year.month, by_year.day)) return by_year;
  return std::nullopt;
}

/// Months that the social security writes when the month is unknown.
bool is_filler_month(int month) { return month == 0 || month == 20 || (month >= 30 && month <= 42) || month >= 50; }

std::optional<header_date> to_date(const date_parts& parts, std::string_view not_after) {
  header_date out;
  const int year = parts.two_digits ? full_year(parts.year, not_after) : parts.year;
  if (year < 1850 || year > 2100) return std::nullopt;
  out.two_digits = parts.two_digits;
  if (is_date(year, parts.month, parts.day)) {
    out.iso = four_places(year) + "-" + two_places(parts.month) + "-" + two_places(parts.day);
    return out;
  }
  if (!is_filler_month(parts.month) && parts.day != 0) return std::nullopt;
  if (parts.month > 99 || parts.day > 31) return std::nullopt;
  out.approximate = true;
  out.iso = four_places(year);
  if (parts.day == 0 && parts.month >= 1 && parts.month <= 12) out.iso += "-" + two_places(parts.month);
  return out;
}

}  // namespace

std::optional<header_date> find_date(std::string_view text, std::string_view not_after) {
  text = trim(text);
  if (const auto parts = eight_digits(text)) {
    auto out = to_date(*parts, not_after);
    if (out) out->exact = true;
    return out;
  }
  constexpr std::size_t searched_max = 256;  // a date far inside a line is not the line's date
  for (std::size_t i = 0; i < std::min(text.size(), searched_max); ++i) {
    if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
    const std::string_view rest = text.substr(i);
    auto parts = year_first(rest);
    if (!parts) parts = day_first(rest);
    if (!parts) continue;
    auto out = to_date(*parts, not_after);
    if (!out) continue;
    out->exact = i == 0 && parts->length == text.size();
    return out;
  }
  return std::nullopt;
}

nir_text read_nir(std::string_view text) {
  nir_text out;
  for (const char c : text) {
    if (c != ' ' && c != '.' && c != '-' && c != '\t') out.value += c;
  }
  if (out.value.size() != 13 && out.value.size() != 15) return out;
  for (std::size_t i = 0; i < out.value.size(); ++i) {
    const char c = out.value[i];
    const bool corsica = i == 6 && (c == 'A' || c == 'B' || c == 'a' || c == 'b');
    if (!is_digit(c) && !corsica) return out;
  }
  if (out.value[0] == '0' || out.value[0] == '9') return out;
  if (out.value[6] == 'a' || out.value[6] == 'b') out.value[6] = static_cast<char>(out.value[6] - 'a' + 'A');
  out.well_formed = true;
  out.key_right = out.value.size() == 13 || nir_key_is_right(out.value);
  return out;
}

bool is_routing_record(std::string_view line) {
  line = trim(line);
  return line.starts_with("SOLABIO") || width_of(line) > 60 || line.find("    ") != std::string_view::npos;
}

coded_identity split_identity(std::string_view line) {
  // Columns count characters: a name in UTF-8 may hold more bytes than columns.
  std::size_t byte = 0, column = 0;
  while (byte < line.size() && column < 10) {
    ++byte;
    while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0) == 0x80) ++byte;
    ++column;
  }
  coded_identity out;
  if (column == 10 && byte < line.size() && line[byte] == ' ') {
    out.code = trim(line.substr(0, byte));
    out.identity = trim(line.substr(byte));
  } else {
    const std::string_view text = trim(line);
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) {
      out.identity = text;
    } else {
      out.code = text.substr(0, blank);
      out.identity = trim(text.substr(blank));
    }
  }
  if (out.identity.empty()) std::swap(out.identity, out.code);
  if (out.code == ".") out.code = {};
  if (out.identity == ".") out.identity = {};
  return out;
}

}  // namespace liaison::hprim
