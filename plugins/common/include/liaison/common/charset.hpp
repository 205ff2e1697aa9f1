// SPDX-License-Identifier: Apache-2.0
// Character sets of French health messages, from tables of our own: the sandbox allows no file access, so
// iconv cannot load its modules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

enum class charset { utf_8, utf_16le, utf_16be, windows_1252, iso_8859_1, iso_8859_15, macroman, cp850, us_ascii };

const char* name_of(charset set);                              ///< IANA name, lower case: "windows-1252"
std::optional<charset> charset_named(std::string_view name);  ///< IANA names, HL7 0211 ("UNICODE UTF-8", "8859/15") and aliases

bool is_utf_8(std::string_view bytes);  ///< strict: no surrogates, no overlong forms

/// To UTF-8. A byte with no meaning in `from` becomes U+FFFD and is counted.
struct decoded {
  std::string text;
  charset from = charset::utf_8;
  std::size_t replaced = 0;
  bool had_bom = false;
  bool double_encoding_mended = false;
};
decoded to_utf_8(std::string_view bytes, charset from);

/// Guess by content (BOM, strict UTF-8, doubly encoded UTF-8, then windows-1252 against MacRoman and CP850 scored on French text).
decoded detect_and_decode(std::string_view bytes);

/// From UTF-8. A character that `to` lacks is transliterated ("œ" → "oe", "≥" → ">=") and listed; one that has no
/// transliteration becomes "_" and is listed. Never "?".
struct encoded {
  std::string bytes;
  std::vector<std::string> transliterated;  ///< each distinct character once, UTF-8
};
encoded from_utf_8(std::string_view text, charset to);
/// As above, and nothing when any character is missing in `to` (HL7v2 fails closed).
std::optional<std::string> from_utf_8_exactly(std::string_view text, charset to);

}  // namespace liaison
