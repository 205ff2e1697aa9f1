// SPDX-License-Identifier: Apache-2.0
// Small text functions of several translators. The text of a narrative is in xhtml_text.cpp.
#include <liaison/common/text.hpp>

#include <array>
#include <cstdint>

namespace liaison {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::string_view no_break_space = "\xC2\xA0";

/// U+FFFE and U+FFFF, the two characters above the controls that XML 1.0 forbids in well-formed UTF-8.
bool is_noncharacter(std::string_view text, std::size_t at) {
  return text.size() - at >= 3 && text[at] == '\xEF' && text[at + 1] == '\xBF' &&
         (text[at + 2] == '\xBE' || text[at + 2] == '\xBF');
}

}  // namespace

std::string_view trim(std::string_view text) {
  for (;;) {
    if (!text.empty() && is_blank(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(no_break_space)) {
      text.remove_prefix(2);
    } else {
      break;
    }
  }
  for (;;) {
    if (!text.empty() && is_blank(text.back())) {
      text.remove_suffix(1);
    } else if (text.ends_with(no_break_space)) {
      text.remove_suffix(2);
    } else {
      return text;
    }
  }
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

bool is_json_number(std::string_view text) {
  // What any reader of JSON can hold: RapidJSON refuses a whole text for one number beyond a double.
  constexpr std::size_t size_max = 64, exponent_digits_max = 3, places_max = 300;
  if (text.size() > size_max) return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto take_digits = [&text] {
    std::size_t count = 0;
    while (!text.empty() && is_digit(text.front())) {
      text.remove_prefix(1);
      ++count;
    }
    return count;
  };
  const bool leads_with_zero = text.starts_with('0');
  const std::size_t whole = take_digits();
  if (whole == 0 || (leads_with_zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool is_small = text.starts_with('-');
    if (is_small || text.starts_with('+')) text.remove_prefix(1);
    std::size_t places = 0;
    for (std::size_t i = 0; i < text.size() && i < exponent_digits_max && is_digit(text[i]); ++i)
      places = 10 * places + static_cast<std::size_t>(text[i] - '0');
    const std::size_t digits = take_digits();
    if (digits == 0 || digits > exponent_digits_max || (!is_small && whole + places > places_max)) return false;
  }
  return text.empty();
}

namespace {

/// Bytes that stand for themselves; the others are escaped, left out, or begin a noncharacter (EF BF BE, EF BF BF).
constexpr std::array<bool, 256> plain_in_xml = [] {
  std::array<bool, 256> plain{};
  for (unsigned byte = 0x20; byte < plain.size(); ++byte) plain[byte] = true;
  for (const unsigned char byte : {'\t', '\n', '\r'}) plain[byte] = true;
  for (const unsigned char byte : {'&', '<', '>', '"', '\xEF'}) plain[byte] = false;
  return plain;
}();

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    while (end < text.size() && plain_in_xml[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    switch (text[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(text[at]) < 0x20) break;
        if (is_noncharacter(text, at)) {
          at += 2;
        } else {
          out += text[at];
        }
    }
  }
  return out;
}

bool nir_key_is_right(std::string_view matricule) {
  if (matricule.size() != 15) return false;
  // Corsica by position only: 2A counts as 19, 2B as 18 (identity-ins 5.2).
  std::string digits(matricule);
  if (digits[5] == '2' && digits[6] == 'A') {
    digits[5] = '1';
    digits[6] = '9';
  } else if (digits[5] == '2' && digits[6] == 'B') {
    digits[5] = '1';
    digits[6] = '8';
  }
  if (!is_digits(digits)) return false;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 13; ++i) value = value * 10 + static_cast<std::uint64_t>(digits[i] - '0');
  if (value == 0) return false;
  const std::uint64_t key =
      static_cast<std::uint64_t>(digits[13] - '0') * 10 + static_cast<std::uint64_t>(digits[14] - '0');
  return key == 97 - value % 97;
}

}  // namespace liaison
