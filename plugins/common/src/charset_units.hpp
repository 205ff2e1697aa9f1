// SPDX-License-Identifier: Apache-2.0
// Single characters in and out of UTF-8 and of the single-byte sets: what charset.cpp and charset_detect.cpp share.
#pragma once

#include <liaison/common/charset.hpp>

#include "charset_tables.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace liaison::charset_units {

inline constexpr char32_t replacement = 0xFFFD;

/// Number of ASCII bytes from `i` on, eight at a time.
inline std::size_t ascii_run(std::string_view bytes, std::size_t i) {
  const std::size_t start = i;
  while (i + 8 <= bytes.size()) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    if (word & 0x8080808080808080ULL) break;
    i += 8;
  }
  while (i < bytes.size() && static_cast<unsigned char>(bytes[i]) < 0x80) ++i;
  return i - start;
}

/// Length of the well-formed UTF-8 sequence at `i`; 0 when there is none (overlong, surrogate, cut, too large).
inline std::size_t utf_8_length(std::string_view bytes, std::size_t i) {
  const auto at = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U; };
  const auto follows = [&](std::size_t k) { return (at(k) & 0xC0) == 0x80; };
  const unsigned first = at(i);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(i + 1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    if (!follows(i + 1) || !follows(i + 2)) return 0;
    if (first == 0xE0 && at(i + 1) < 0xA0) return 0;
    if (first == 0xED && at(i + 1) >= 0xA0) return 0;
    return 3;
  }
  if (first >= 0xF0 && first < 0xF5) {
    if (!follows(i + 1) || !follows(i + 2) || !follows(i + 3)) return 0;
    if (first == 0xF0 && at(i + 1) < 0x90) return 0;
    if (first == 0xF4 && at(i + 1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

/// Character and length at `i`; a malformed byte is U+FFFD of length 1.
inline std::pair<char32_t, std::size_t> character_at(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) { return static_cast<char32_t>(static_cast<unsigned char>(text[k])); };
  const std::size_t length = utf_8_length(text, i);
  switch (length) {
    case 1:
      return {at(i), 1};
    case 2:
      return {(at(i) & 0x1F) << 6 | (at(i + 1) & 0x3F), 2};
    case 3:
      return {(at(i) & 0x0F) << 12 | (at(i + 1) & 0x3F) << 6 | (at(i + 2) & 0x3F), 3};
    case 4:
      return {(at(i) & 0x07) << 18 | (at(i + 1) & 0x3F) << 12 | (at(i + 2) & 0x3F) << 6 | (at(i + 3) & 0x3F), 4};
    default:
      return {replacement, 1};
  }
}

inline void append_utf_8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// ISO-8859-15 differs from ISO-8859-1 in these eight bytes.
inline constexpr std::pair<unsigned char, char16_t> iso_8859_15_changes[] = {
    {0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
    {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};

/// Character that a byte stands for in a single-byte set; U+FFFD when it stands for none.
inline char32_t character_of(unsigned char byte, charset set) {
  if (byte < 0x80) return byte;
  switch (set) {
    case charset::windows_1252:
      return byte < 0xA0 ? charset_tables::windows_1252_80[byte - 0x80] : byte;
    case charset::iso_8859_1:
      return byte;
    case charset::iso_8859_15:
      for (const auto& [code, character] : iso_8859_15_changes) {
        if (code == byte) return character;
      }
      return byte;
    case charset::macroman:
      return charset_tables::macroman_80[byte - 0x80];
    case charset::cp850:
      return charset_tables::cp850_80[byte - 0x80];
    default:
      return replacement;
  }
}

/// Reverse of `character_of` for characters beyond ASCII; -1 when the set lacks it.
inline int byte_of(char32_t character, charset set) {
  if (character == replacement || set == charset::us_ascii) return -1;
  const bool latin = set == charset::windows_1252 || set == charset::iso_8859_1 || set == charset::iso_8859_15;
  if (latin && character >= 0xA0 && character <= 0xFF) {
    const auto byte = static_cast<unsigned char>(character);
    return character_of(byte, set) == character ? byte : -1;
  }
  const int first = 0x80;
  const int end = set == charset::windows_1252 ? 0xA0 : 0x100;
  for (int byte = first; byte < end; ++byte) {
    if (character_of(static_cast<unsigned char>(byte), set) == character) return byte;
  }
  return -1;
}

}  // namespace liaison::charset_units
