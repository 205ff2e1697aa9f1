// SPDX-License-Identifier: Apache-2.0
// Guessing a character set by content, for French health messages: byte order marks, strict UTF-8, text that was
// encoded twice, then the single-byte sets ranked by how much like French the result looks. Nothing is guessed from
// names of files or partners.
#include <liaison/common/charset.hpp>

#include "charset_tables.hpp"
#include "charset_units.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace liaison {
namespace {

using namespace charset_units;

// Bytes beyond ASCII that are looked at: more does not change the verdict, and keeps the guess cheap on 100 MB.
constexpr std::size_t scored_bytes_max = 4096;
// A rarer set must beat windows-1252 by this much: ties go to what most senders use.
constexpr long margin_over_windows_1252 = 2;

bool is_ascii_lower(char32_t c) { return c >= 'a' && c <= 'z'; }
bool is_ascii_upper(char32_t c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii_letter(char32_t c) { return is_ascii_lower(c) || is_ascii_upper(c); }

enum class kind : unsigned char { lower_accent, upper_accent, rare_letter, apostrophe, mark, symbol, rubbish };

struct kind_row {
  kind what;
  std::u16string_view characters;
};

// Letters and marks that French medical prose is made of; everything else speaks against a guess.
constexpr kind_row kinds[] = {
    {kind::lower_accent, u"éèàçêôùîâûïëœ"},
    {kind::upper_accent, u"ÉÈÀÇÊÔÎÂÛÏËŒÙ"},
    {kind::rare_letter, u"äöüñßáíóúãøåæÿÄÖÜÑÁÍÓÚÆŸ"},
    {kind::apostrophe, u"’"},
    {kind::mark, u"«»–—…“”€\u00A0°"},
    {kind::symbol, u"µ²³±½¼¾·•×‘§®©™ª¹≤≥"},
};

kind kind_of(char32_t c) {
  for (const kind_row& row : kinds) {
    if (row.characters.find(static_cast<char16_t>(c)) != std::u16string_view::npos) return row.what;
  }
  return kind::rubbish;
}

/// How much one character beyond ASCII speaks for French, given its neighbours.
long weight_of(kind what, char32_t before, char32_t after) {
  const bool inside_word = is_ascii_letter(before) && is_ascii_letter(after);
  const bool beside_lower = is_ascii_lower(before) || is_ascii_lower(after);
  switch (what) {
    case kind::lower_accent:
      return is_ascii_upper(before) && is_ascii_upper(after)
                 ? -1
                 : (is_ascii_letter(before) || is_ascii_letter(after) ? 4 : 2);
    case kind::upper_accent:
      return is_ascii_lower(before) ? -4 : (inside_word && beside_lower ? 0 : 2);
    case kind::rare_letter:
      return is_ascii_letter(before) || is_ascii_letter(after) ? 0 : -1;
    case kind::apostrophe:
      return inside_word ? 3 : 0;
    case kind::mark:
      return inside_word ? -3 : 1;
    case kind::symbol:
      return inside_word ? -3 : 0;
    case kind::rubbish:
      return -4;
  }
  return -4;
}

/// Score of the bytes as text of a single-byte set.
long score_of(std::string_view bytes, charset set) {
  std::array<kind, 128> kind_by_byte{};
  for (unsigned byte = 0x80; byte < 0x100; ++byte) {
    const char32_t c = character_of(static_cast<unsigned char>(byte), set);
    kind_by_byte[byte - 0x80] = c < 0xA0 ? kind::rubbish : kind_of(c);
  }
  long score = 0;
  std::size_t seen = 0;
  for (std::size_t i = ascii_run(bytes, 0); i < bytes.size() && seen < scored_bytes_max; ++seen) {
    const char32_t before = i > 0 ? static_cast<unsigned char>(bytes[i - 1]) : 0;
    const char32_t after = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    score += weight_of(kind_by_byte[static_cast<unsigned char>(bytes[i]) - 0x80], before, after);
    ++i;
    i += ascii_run(bytes, i);
  }
  return score;
}

struct repair {
  std::string text;
  std::size_t mended = 0;  // characters that were two or more
  std::size_t left = 0;    // characters beyond ASCII that are fine as they are
};

/// Byte that a character had before somebody took UTF-8 for windows-1252 (undefined bytes pass as C1 controls).
int windows_byte(char32_t c) {
  if (c >= 0x80 && c < 0xA0) return static_cast<int>(c);
  return byte_of(c, charset::windows_1252);
}

/// Undoes one "UTF-8 read as windows-1252, written as UTF-8" in place, sequence by sequence: text that is only partly
/// damaged is mended where it is damaged.
repair mend_double_encoding(std::string_view text) {
  repair out;
  out.text.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = ascii_run(text, i);
    out.text.append(text, i, plain);
    i += plain;
    if (i >= text.size()) break;
    char raw[4];
    std::size_t count = 0, end = i;
    std::array<std::size_t, 4> ends{};
    while (count < 4 && end < text.size()) {
      const auto [c, length] = character_at(text, end);
      const int byte = c < 0x80 ? -1 : windows_byte(c);
      if (byte < 0) break;
      raw[count] = static_cast<char>(byte);
      end += length;
      ends[count++] = end;
    }
    const std::size_t length = count > 1 ? utf_8_length({raw, count}, 0) : 0;
    if (length > 1 && length <= count) {
      out.text.append(raw, length);
      ++out.mended;
      i = ends[length - 1];
    } else {
      const std::size_t one = character_at(text, i).second;
      out.text.append(text, i, one);
      ++out.left;
      i += one;
    }
  }
  return out;
}

/// UTF-8 whose header or body is windows-1252 (two programs wrote into one file): well-formed sequences as
/// they stand, stray bytes as windows-1252.
std::optional<decoded> decode_mixed(std::string_view bytes) {
  decoded out;
  out.text.reserve(bytes.size() + bytes.size() / 16);
  std::size_t sequences = 0, stray = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t plain = ascii_run(bytes, i);
    out.text.append(bytes, i, plain);
    i += plain;
    if (i >= bytes.size()) break;
    const std::size_t length = utf_8_length(bytes, i);
    if (length != 0) {
      out.text.append(bytes, i, length);
      i += length;
      ++sequences;
    } else {
      append_utf_8(out.text, character_of(static_cast<unsigned char>(bytes[i]), charset::windows_1252));
      ++i;
      ++stray;
    }
  }
  if (sequences == 0 || sequences < stray) return std::nullopt;
  out.replaced = stray;
  return out;
}

/// UTF-16 without a byte order mark: Latin text has a zero in every second byte.
std::optional<charset> utf_16_by_zeros(std::string_view bytes) {
  const std::size_t looked_at = std::min<std::size_t>(bytes.size(), 4096) & ~std::size_t{1};
  if (looked_at < 8 || bytes.size() % 2 != 0) return std::nullopt;
  std::size_t zeros_even = 0, zeros_odd = 0;
  for (std::size_t i = 0; i < looked_at; i += 2) {
    zeros_even += bytes[i] == 0;
    zeros_odd += bytes[i + 1] == 0;
  }
  const std::size_t pairs = looked_at / 2;
  if (zeros_odd * 10 >= pairs * 7 && zeros_even * 20 <= pairs) return charset::utf_16le;
  if (zeros_even * 10 >= pairs * 7 && zeros_odd * 20 <= pairs) return charset::utf_16be;
  return std::nullopt;
}

/// UTF-8 read as Latin-1 and saved as MacRoman: "é" has become CC A9, which by bad luck may be well-formed UTF-8.
std::optional<decoded> undo_macroman_of_utf_8(std::string_view bytes) {
  std::size_t pairs = 0;
  for (std::size_t i = ascii_run(bytes, 0); i < bytes.size();) {
    if (static_cast<unsigned char>(bytes[i]) == 0xCC) ++pairs;
    i += 2;
    if (i < bytes.size()) i += ascii_run(bytes, i);
  }
  if (pairs == 0) return std::nullopt;
  decoded as_mac = to_utf_8(bytes, charset::macroman);
  repair mended = mend_double_encoding(as_mac.text);
  if (mended.mended < 2 || mended.left * 4 > mended.mended) return std::nullopt;
  as_mac.text = std::move(mended.text);
  as_mac.double_encoding_mended = true;
  return as_mac;
}

decoded decode_utf_8_text(std::string_view bytes) {
  if (auto undone = undo_macroman_of_utf_8(bytes)) return std::move(*undone);
  decoded out = to_utf_8(bytes, charset::utf_8);
  repair mended = mend_double_encoding(out.text);
  // "Ã©" is no French; one alone beside many sound letters may still be a quotation.
  if (mended.mended > 0 && mended.mended * 4 >= mended.left) {
    out.text = std::move(mended.text);
    out.double_encoding_mended = true;
  }
  return out;
}

}  // namespace

decoded detect_and_decode(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE")) return to_utf_8(bytes, charset::utf_16le);
  if (bytes.starts_with("\xFE\xFF")) return to_utf_8(bytes, charset::utf_16be);
  if (const auto wide = utf_16_by_zeros(bytes)) return to_utf_8(bytes, *wide);
  const bool marked = bytes.starts_with("\xEF\xBB\xBF");
  if (ascii_run(bytes, 0) == bytes.size()) {
    decoded out;
    out.from = charset::us_ascii;
    out.text = std::string(bytes);
    return out;
  }
  if (marked || is_utf_8(bytes)) return decode_utf_8_text(bytes);
  if (auto undone = undo_macroman_of_utf_8(bytes)) return std::move(*undone);
  if (auto mixed = decode_mixed(bytes)) return std::move(*mixed);

  charset best = charset::windows_1252;
  long best_score = score_of(bytes, best) + margin_over_windows_1252;
  for (const charset other : {charset::iso_8859_15, charset::macroman, charset::cp850}) {
    const long score = score_of(bytes, other);
    if (score > best_score) {
      best = other;
      best_score = score;
    }
  }
  return to_utf_8(bytes, best);
}

}  // namespace liaison
