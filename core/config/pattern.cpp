// SPDX-License-Identifier: Apache-2.0
#include "core/config/pattern.hpp"

#include <cstdint>

namespace liaison::config {
namespace {

/// One character, folded, and how many bytes it takes.
struct character {
  char32_t folded = 0;
  std::size_t size = 1;
};

char32_t fold(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;  // À to Þ, without ×
  if (c == 0x152) return 0x153;                            // Œ
  if (c == 0x178) return 0xFF;                             // Ÿ
  return c;
}

character first_of(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0x80) return {fold(lead), 1};
  constexpr char32_t beyond_unicode = 0x110000;  // lone bytes differ from every character and from each other
  if (size == 1 || size > text.size()) return {beyond_unicode + lead, 1};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {beyond_unicode + lead, 1};
    code = (code << 6) | (next & 0x3FU);
  }
  return {fold(code), size};
}

}  // namespace

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

bool pattern_matches(std::string_view pattern, std::string_view text) {
  // Only the last star ever needs to be gone back to: what earlier ones took can stay as short as possible.
  bool after_star = false;
  std::string_view star_pattern, star_text;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      after_star = true;
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (text.empty()) return pattern.empty();
    const character here = first_of(text);
    if (!pattern.empty()) {
      const character wanted = first_of(pattern);
      if (pattern.front() == '?' || wanted.folded == here.folded) {
        pattern.remove_prefix(wanted.size);
        text.remove_prefix(here.size);
        continue;
      }
    }
    if (!after_star) return false;
    star_text.remove_prefix(first_of(star_text).size);
    pattern = star_pattern;
    text = star_text;
  }
}

}  // namespace liaison::config
