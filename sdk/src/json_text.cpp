// SPDX-License-Identifier: Apache-2.0
// Escaping of JSON strings.
#include <liaison/json_text.hpp>

#include <array>
#include <charconv>
#include <cstring>

namespace liaison::detail {
namespace {

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[c >> 4U];
      out += digits[c & 15U];
  }
}

/// Length of the run in front that stands for itself and is ASCII; eight bytes at a time.
std::size_t plain_ascii_run(std::string_view text) {
  const auto is_plain = [](char each) {
    const auto c = static_cast<unsigned char>(each);
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
  };
  constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
  std::size_t at = 0;
  for (std::uint64_t eight = 0; text.size() - at >= 8; at += 8) {
    std::memcpy(&eight, text.data() + at, 8);
    const auto has_zero = [](std::uint64_t x) { return (x - ones) & ~x; };
    const std::uint64_t special = has_zero(eight ^ (ones * '"')) | has_zero(eight ^ (ones * '\\')) | (eight - ones * 0x20U) | eight;
    if ((special & tops) != 0) break;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) -> unsigned {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
  };
  const auto continues = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean_from = 0;
  std::size_t at = 0;
  for (;;) {
    at += plain_ascii_run(text.substr(at));
    if (at == text.size()) break;
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t length = c >= 0x80 ? utf8_sequence_length(text, at) : 0;
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text, clean_from, at - clean_from);
    if (c >= 0x80) {
      out += "\xEF\xBF\xBD";
    } else {
      append_escape(out, c);
    }
    clean_from = ++at;
  }
  out.append(text, clean_from);
  out += '"';
}

void append_json_number(std::string& out, std::uint64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace liaison::detail
