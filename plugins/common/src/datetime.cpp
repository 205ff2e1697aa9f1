// SPDX-License-Identifier: Apache-2.0
// Times of HL7, HPRIM and CDA against FHIR's, and the offset of French wall-clock time. No clock, no
// time zone database: the sandbox has no files, so the rule of French summer time is written here.
#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <array>
#include <cstdint>

namespace liaison {
namespace {

constexpr std::size_t stamp_size_max = 48;

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Sunday is 0 (Sakamoto's method).
int weekday(int year, int month, int day) {
  constexpr std::array<int, 12> shift = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  if (month < 3) --year;
  return (year + year / 4 - year / 100 + year / 400 + shift[static_cast<std::size_t>(month - 1)] + day) % 7;
}

int last_sunday(int year, int month) {
  const int last = days_in(year, month);
  return last - weekday(year, month, last);
}

int first_sunday(int year, int month) { return 1 + (7 - weekday(year, month, 1)) % 7; }

/// Wall-clock moments in one comparable number.
constexpr std::int64_t moment(int month, int day, int hour, int minute) {
  return ((static_cast<std::int64_t>(month) * 32 + day) * 24 + hour) * 60 + minute;
}

/// Summer time of metropolitan France: 1976 by decree, then the directives (September until 1995, October since).
/// Between 1945 and 1975 there was none; earlier rules are not modelled and read as winter time.
bool is_paris_summer(int year, int month, int day, int hour, int minute) {
  if (year < 1976) return false;
  int start_month = 3, start_day = 0, end_month = 10, end_day = 0, start_hour = 2, end_hour = 3;
  if (year == 1976) {
    start_day = 28, end_month = 9, end_day = 26, start_hour = 1, end_hour = 1;
  } else {
    if (year <= 1980) {
      start_month = 4;
      start_day = first_sunday(year, 4);
    } else {
      start_day = last_sunday(year, 3);
    }
    if (year == 1978) {
      end_day = 1;
    } else if (year <= 1995) {
      end_month = 9;
      end_day = last_sunday(year, 9);
    } else {
      end_day = last_sunday(year, 10);
    }
  }
  const std::int64_t now = moment(month, day, hour, minute);
  return now >= moment(start_month, start_day, start_hour, 0) && now < moment(end_month, end_day, end_hour, 0);
}

bool is_fixed_offset(std::string_view zone) {
  return zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' && is_digits(zone.substr(1, 2)) &&
         is_digits(zone.substr(4, 2));
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

/// Parts of a time stamp in whatever notation; a part that is not there is -1.
struct stamp_parts {
  int year = -1, month = -1, day = -1, hour = -1, minute = -1, second = -1;
  std::string_view fraction;  // with its dot
  std::string zone;           // "+01:00", "Z" or empty
};

bool is_possible(const stamp_parts& parts) {
  if (parts.month >= 0 && (parts.month < 1 || parts.month > 12)) return false;
  if (parts.day >= 0 && !is_date(parts.year, parts.month, parts.day)) return false;
  return parts.hour <= 23 && parts.minute <= 59 && parts.second <= 60;
}

/// "+0100", "+100", "+01" and "Z" → "+01:00" or "Z". Nothing when it is no offset.
std::optional<std::string> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return "Z";
  if (text.size() < 3 || text.size() > 5 || (text[0] != '+' && text[0] != '-') || !is_digits(text.substr(1))) {
    return std::nullopt;
  }
  std::string digits(text.substr(1));
  if (digits.size() == 2) digits += "00";
  if (digits.size() == 3) digits.insert(0, 1, '0');
  if (number(std::string_view(digits).substr(0, 2)) > 14 || number(std::string_view(digits).substr(2)) > 59) {
    return std::nullopt;
  }
  return std::string(1, text[0]) + digits.substr(0, 2) + ":" + digits.substr(2);
}

void append_padded(std::string& out, int value, int width) {
  std::array<char, 12> digits{};
  auto at = digits.end();
  for (; value > 0 || width > 0; value /= 10, --width) *--at = static_cast<char>('0' + value % 10);
  out.append(at, digits.end());
}

std::optional<stamp_parts> parse_hl7(std::string_view stamp) {
  stamp = trim(stamp);
  if (stamp.size() < 4 || stamp.size() > stamp_size_max) return std::nullopt;
  stamp_parts parts;
  const std::size_t digits_end = std::min(stamp.find_first_not_of("0123456789"), stamp.size());
  const std::string_view digits = stamp.substr(0, digits_end);
  std::string_view rest = stamp.substr(digits_end);
  if (digits.size() % 2 != 0 || digits.size() < 4 || digits.size() > 14) return std::nullopt;
  if (!rest.empty() && rest[0] == '.') {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1 || digits.size() != 14) return std::nullopt;
    parts.fraction = rest.substr(0, end);
    rest = rest.substr(end);
  }
  if (!rest.empty()) {
    auto zone = offset_of(rest);
    if (!zone) return std::nullopt;
    parts.zone = std::move(*zone);
  }
  const std::array<int*, 6> into = {&parts.year, &parts.month, &parts.day, &parts.hour, &parts.minute, &parts.second};
  parts.year = number(digits.substr(0, 4));
  for (std::size_t at = 4, part = 1; at < digits.size(); at += 2, ++part) *into[part] = number(digits.substr(at, 2));
  if (parts.year == 0 || !is_possible(parts)) return std::nullopt;
  return parts;
}

/// `text` at `at` is `separator` and two digits: their number; -1 when it is not.
int two_digits_after(std::string_view text, std::size_t at, char separator) {
  if (text.size() < at + 3 || text[at] != separator || !is_digits(text.substr(at + 1, 2))) return -1;
  return number(text.substr(at + 1, 2));
}

std::optional<stamp_parts> parse_fhir(std::string_view text) {
  text = trim(text);
  if (text.size() < 4 || text.size() > stamp_size_max || !is_digits(text.substr(0, 4))) return std::nullopt;
  stamp_parts parts;
  parts.year = number(text.substr(0, 4));
  std::size_t at = 4;
  const auto take = [&](int& part, char separator) {
    if (at >= text.size() || text[at] != separator) return false;
    part = two_digits_after(text, at, separator);
    at += 3;
    return true;
  };
  if (take(parts.month, '-') && take(parts.day, '-') && take(parts.hour, 'T')) {
    if (!take(parts.minute, ':')) return std::nullopt;
    if (take(parts.second, ':') && at < text.size() && text[at] == '.') {
      const std::size_t end = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
      parts.fraction = text.substr(at, end - at);
      at = end;
    }
    if (at < text.size()) {
      const std::string_view zone = text.substr(at);
      if (zone == "Z" || zone == "z") {
        parts.zone = "Z";
      } else if (is_fixed_offset(zone)) {
        parts.zone = zone;
      } else {
        return std::nullopt;
      }
      at = text.size();
    }
  }
  // A part that was announced by its separator and is not two digits is -1 although `at` went past it.
  const std::size_t size_least = parts.minute >= 0 ? 16U : parts.day >= 0 ? 10U : parts.month >= 0 ? 7U : 4U;
  if (at != text.size() || text.size() < size_least) return std::nullopt;
  const bool gap = (at > 4 && parts.month < 0) || (at > 7 && parts.day < 0) || (at > 10 && parts.hour < 0) ||
                   (at > 13 && parts.minute < 0) || parts.fraction == ".";
  if (gap || parts.year == 0 || !is_possible(parts)) return std::nullopt;
  return parts;
}

}  // namespace

bool is_date(int year, int month, int day) {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

std::string offset_at(int year, int month, int day, int hour, int minute, std::string_view zone) {
  if (zone == "UTC" || zone == "Etc/UTC" || zone == "Z") return "+00:00";
  if (is_fixed_offset(zone)) return std::string(zone);
  return is_paris_summer(year, month, day, hour, minute) ? "+02:00" : "+01:00";
}

std::optional<std::string> fhir_from_hl7(std::string_view stamp, std::string_view zone) {
  const auto parts = parse_hl7(stamp);
  if (!parts) return std::nullopt;
  std::string out;
  out.reserve(32);
  append_padded(out, parts->year, 4);
  if (parts->month >= 0) append_padded(out += '-', parts->month, 2);
  if (parts->day >= 0) append_padded(out += '-', parts->day, 2);
  if (parts->hour < 0) return out;
  // FHIR wants minutes and seconds with every time (R4, dateTime), zero-filled when the source has none.
  const int minute = parts->minute < 0 ? 0 : parts->minute;
  append_padded(out += 'T', parts->hour, 2);
  append_padded(out += ':', minute, 2);
  append_padded(out += ':', parts->second < 0 ? 0 : parts->second, 2);
  out += parts->fraction;
  out +=
      parts->zone.empty() ? offset_at(parts->year, parts->month, parts->day, parts->hour, minute, zone) : parts->zone;
  return out;
}

std::optional<std::string> hl7_from_fhir(std::string_view date_time, hl7_zone zone) {
  const auto parts = parse_fhir(date_time);
  if (!parts) return std::nullopt;
  std::string out;
  append_padded(out, parts->year, 4);
  for (const int part : {parts->month, parts->day, parts->hour, parts->minute, parts->second}) {
    if (part >= 0) append_padded(out, part, 2);
  }
  out += parts->fraction;
  if (zone == hl7_zone::keep && parts->hour >= 0 && !parts->zone.empty()) {
    out += parts->zone == "Z" ? "+0000" : parts->zone.substr(0, 3) + parts->zone.substr(4);
  }
  return out;
}

std::optional<std::string> iso_from_french_date(std::string_view text, std::string_view now) {
  text = trim(text);
  if (text.size() < 6 || text.size() > 10) return std::nullopt;
  if (text.size() == 10 && text[4] == '-') {
    const auto parts = parse_fhir(text);
    if (!parts || parts->day < 0) return std::nullopt;
    return std::string(text);
  }
  const auto pieces = split(text, text.find('/') != std::string_view::npos   ? '/'
                                  : text.find('-') != std::string_view::npos ? '-'
                                                                             : '.');
  if (pieces.size() != 3) return std::nullopt;
  for (const auto piece : pieces) {
    if (!is_digits(piece) || piece.size() > 4) return std::nullopt;
  }
  if (pieces[0].size() > 2 || pieces[1].size() > 2) return std::nullopt;
  int year = number(pieces[2]);
  if (pieces[2].size() == 2) {
    if (now.size() < 4 || !is_digits(now.substr(0, 4))) return std::nullopt;
    const int this_year = number(now.substr(0, 4));
    year += this_year / 100 * 100;
    if (year > this_year) year -= 100;
  } else if (pieces[2].size() != 4) {
    return std::nullopt;
  }
  const int month = number(pieces[1]), day = number(pieces[0]);
  if (!is_date(year, month, day)) return std::nullopt;
  std::string out;
  append_padded(out, year, 4);
  append_padded(out += '-', month, 2);
  append_padded(out += '-', day, 2);
  return out;
}

std::string french_from_iso_date(std::string_view iso) {
  const auto parts = parse_fhir(iso.substr(0, iso.find('T')));
  if (!parts) return {};
  std::string out;
  if (parts->day >= 0) {
    append_padded(out, parts->day, 2);
    out += '/';
  }
  if (parts->month >= 0) {
    append_padded(out, parts->month, 2);
    out += '/';
  }
  append_padded(out, parts->year, 4);
  return out;
}

}  // namespace liaison
