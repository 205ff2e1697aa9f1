// SPDX-License-Identifier: Apache-2.0
#include "encodings.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace liaison::xdm {
namespace {

struct escape_row {
  char plain, code;
};
constexpr std::array<escape_row, 5> escapes{{{'^', 'S'}, {'&', 'T'}, {'|', 'F'}, {'~', 'R'}, {'\\', 'E'}}};

std::string authority(const std::string& oid) { return oid.empty() ? std::string() : "&" + escaped(oid) + "&ISO"; }

/// The OID of an HD; some write it first, without the empty name.
std::string oid_of_hd(std::string_view hd) {
  const field_view parts(hd, '&');
  return parts.component(2).empty() ? parts.component(1) : parts.component(2);
}

void drop_trailing_separators(std::string& field) {
  while (!field.empty() && field.back() == '^') field.pop_back();
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto* row = std::find_if(escapes.begin(), escapes.end(), [&](const escape_row& r) { return r.plain == c; });
    if (row != escapes.end()) {
      out += {'\\', row->code, '\\'};
    } else {
      out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size() && text[i + 2] == '\\') {
      const auto* row =
          std::find_if(escapes.begin(), escapes.end(), [&](const escape_row& r) { return r.code == text[i + 1]; });
      if (row != escapes.end()) {
        out += row->plain;
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

field_view::field_view(std::string_view field, char separator) : components_(split(field, separator)) {}

std::string_view field_view::raw(std::size_t number) const {
  return number == 0 || number > components_.size() ? std::string_view{} : components_[number - 1];
}

std::string field_view::component(std::size_t number) const { return unescaped(trim(raw(number))); }

std::string cx_of(const identifier& id) {
  if (id.empty()) return {};
  std::string out = escaped(id.value) + "^^^" + authority(id.oid) + "^" + escaped(id.type);
  drop_trailing_separators(out);
  return out;
}

identifier identifier_of_cx(std::string_view cx) {
  const field_view parts(cx);
  return {parts.component(1), oid_of_hd(parts.raw(4)), parts.component(5)};
}

std::string xcn_of(const person& who) {
  if (who.empty()) return {};
  std::string out = escaped(who.id.value) + "^" + escaped(who.family) + "^" + escaped(who.given) + "^^" +
                    escaped(who.suffix) + "^" + escaped(who.prefix) + "^^^" + authority(who.id.oid) + "^" +
                    (who.is_device ? "U" : "D") + "^^^" + escaped(who.id.type);
  drop_trailing_separators(out);
  return out;
}

person person_of_xcn(std::string_view xcn) {
  const field_view parts(xcn);
  person who;
  who.id = {parts.component(1), oid_of_hd(parts.raw(9)), parts.component(13)};
  who.family = parts.component(2);
  who.given = parts.component(3);
  who.suffix = parts.component(5);
  who.prefix = parts.component(6);
  who.is_device = parts.component(10) == "U";
  return who;
}

std::string xon_of(const organization& what) {
  if (what.empty()) return {};
  std::string out = escaped(what.name);
  if (!what.id.empty())
    out += "^^^^^" + authority(what.id.oid) + "^" + escaped(what.id.type) + "^^^" + escaped(what.id.value);
  return out;
}

organization organization_of_xon(std::string_view xon) {
  const field_view parts(xon);
  organization what;
  what.name = parts.component(1);
  // The number stands in the tenth component; older metadata have it in the third.
  what.id = {parts.component(10).empty() ? parts.component(3) : parts.component(10), oid_of_hd(parts.raw(6)),
             parts.component(7)};
  if (what.id.empty()) what.id = {};
  return what;
}

std::string text_of(const recipient& to) {
  std::string out = xon_of(to.where) + "|" + xcn_of(to.who);
  if (!to.mail.empty()) out += "|^^Internet^" + escaped(to.mail);
  if (out.ends_with('|')) out.pop_back();
  return out;
}

recipient recipient_of(std::string_view text) {
  const field_view parts(text, '|');
  recipient to;
  to.where = organization_of_xon(parts.raw(1));
  to.who = person_of_xcn(parts.raw(2));
  to.mail = field_view(parts.raw(3)).component(4);
  if (to.mail.starts_with("mailto:")) to.mail.erase(0, 7);
  return to;
}

std::string utc_of_fhir(std::string_view text) {
  const auto digits = hl7_from_fhir(text, hl7_zone::keep);
  if (!digits) return {};
  const std::size_t zone = digits->find_first_of("+-");
  std::string wall = digits->substr(0, zone);
  if (const std::size_t dot = wall.find('.'); dot != std::string::npos) wall.resize(dot);
  if (zone == std::string::npos || wall.size() < 12 || digits->size() < zone + 5) return wall;
  const auto number = [](std::string_view of, std::size_t at, std::size_t size) {
    int value = 0;
    for (std::size_t i = at; i < at + size; ++i) value = value * 10 + (of[i] - '0');
    return value;
  };
  using namespace std::chrono;
  const int sign = (*digits)[zone] == '-' ? -1 : 1;
  const minutes offset{sign * (number(*digits, zone + 1, 2) * 60 + number(*digits, zone + 3, 2))};
  const sys_days day = year_month_day{year{number(wall, 0, 4)}, month{static_cast<unsigned>(number(wall, 4, 2))},
                                      std::chrono::day{static_cast<unsigned>(number(wall, 6, 2))}};
  const auto moment = time_point_cast<seconds>(day) + hours{number(wall, 8, 2)} + minutes{number(wall, 10, 2)} - offset;
  const sys_days day_utc = floor<days>(moment);
  const year_month_day date{day_utc};
  const hh_mm_ss clock{moment - day_utc};
  char out[32];
  std::snprintf(out, sizeof out, "%04d%02u%02u%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return std::string(out) + (wall.size() >= 14 ? wall.substr(12, 2) : "");
}

std::optional<std::string> fhir_of_utc(std::string_view digits) { return fhir_from_hl7(trim(digits), "UTC"); }

std::string sha1_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto byte : sha1(bytes)) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string oid_of_uuid(std::string_view uuid) {
  // Base 10 from base 16, digit by digit: 128 bits fit no integer of the standard.
  std::string decimal = "0";
  for (const char c : uuid) {
    const int nibble = c >= '0' && c <= '9'   ? c - '0'
                       : c >= 'a' && c <= 'f' ? c - 'a' + 10
                       : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                              : -1;
    if (nibble < 0) continue;
    int carry = nibble;
    for (auto digit = decimal.rbegin(); digit != decimal.rend(); ++digit) {
      const int value = (*digit - '0') * 16 + carry;
      *digit = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    while (carry > 0) {
      decimal.insert(decimal.begin(), static_cast<char>('0' + carry % 10));
      carry /= 10;
    }
  }
  return "2.25." + decimal;
}

}  // namespace liaison::xdm
