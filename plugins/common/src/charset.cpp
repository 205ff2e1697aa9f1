// SPDX-License-Identifier: Apache-2.0
// Character sets: names, strict decoding, transliterating encoding. Guessing by content is in
// charset_detect.cpp, the tables are in charset_tables.hpp. Everything is linear in the size of the input.
#include <liaison/common/charset.hpp>

#include "charset_tables.hpp"
#include "charset_units.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace liaison {
namespace {

using namespace charset_units;

struct naming {
  charset set;
  const char* name;              // IANA
  std::string_view aliases[12];  // letters and digits only, lower case
};

constexpr naming namings[] = {
    {charset::utf_8, "utf-8", {"utf8", "unicodeutf8", "utf8bom", "cp65001"}},
    {charset::utf_16le, "utf-16le", {"utf16le", "utf16", "ucs2", "ucs2le", "unicodeutf16le"}},
    {charset::utf_16be, "utf-16be", {"utf16be", "ucs2be", "unicodeutf16", "unicodeutf16be"}},
    {charset::windows_1252, "windows-1252", {"windows1252", "cp1252", "ansi", "win1252", "1252"}},
    {charset::iso_8859_1, "iso-8859-1", {"iso88591", "88591", "latin1", "l1", "isolatin1", "iso885911987"}},
    {charset::iso_8859_15, "iso-8859-15", {"iso885915", "885915", "latin9", "latin0", "l9"}},
    {charset::macroman, "macintosh", {"macintosh", "macroman", "mac", "xmacroman", "macosroman"}},
    {charset::cp850, "ibm850", {"ibm850", "cp850", "850", "dos850", "dos", "pc850"}},
    {charset::us_ascii, "us-ascii", {"usascii", "ascii", "iso646us", "ansix341968", "isoir6", "us"}},
};

std::string letters_and_digits(std::string_view name) {
  std::string out;
  for (char c : name.substr(0, 64)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

void decode_utf_8(std::string_view bytes, decoded& out) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::size_t plain = ascii_run(bytes, i);
    out.text.append(bytes, i, plain);
    i += plain;
    if (i >= bytes.size()) break;
    const std::size_t length = utf_8_length(bytes, i);
    if (length != 0) {
      out.text.append(bytes, i, length);
      i += length;
    } else {
      append_utf_8(out.text, replacement);
      ++out.replaced;
      ++i;
    }
  }
}

void decode_utf_16(std::string_view bytes, bool big_endian, decoded& out) {
  const auto unit_at = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big_endian ? (a << 8 | b) : (b << 8 | a));
  };
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    const char32_t unit = unit_at(i);
    if (unit >= 0xD800 && unit < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t low = unit_at(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        append_utf_8(out.text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        i += 2;
        continue;
      }
    }
    if (unit >= 0xD800 && unit < 0xE000) {
      append_utf_8(out.text, replacement);
      ++out.replaced;
    } else {
      append_utf_8(out.text, unit);
    }
  }
  if (i < bytes.size()) {  // an odd byte at the end
    append_utf_8(out.text, replacement);
    ++out.replaced;
  }
}

void decode_single_bytes(std::string_view bytes, charset from, decoded& out) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::size_t plain = ascii_run(bytes, i);
    out.text.append(bytes, i, plain);
    i += plain;
    if (i >= bytes.size()) break;
    const char32_t character = character_of(static_cast<unsigned char>(bytes[i++]), from);
    append_utf_8(out.text, character);
    if (character == replacement) ++out.replaced;
  }
}

const charset_tables::transliteration* transliteration_of(char32_t character) {
  const auto* end = std::end(charset_tables::transliterations);
  const auto* found = std::lower_bound(std::begin(charset_tables::transliterations), end, character,
                                       [](const auto& row, char32_t c) { return row.character < c; });
  return found != end && found->character == character ? found : nullptr;
}

char32_t composed(char32_t base, char32_t mark) {
  const auto* end = std::end(charset_tables::compositions);
  const auto* found = std::lower_bound(std::begin(charset_tables::compositions), end, std::pair(base, mark),
                                       [](const auto& row, const std::pair<char32_t, char32_t>& key) {
                                         return std::pair<char32_t, char32_t>(row.base, row.mark) < key;
                                       });
  return found != end && found->base == base && found->mark == mark ? found->composed : 0;
}

/// Writes UTF-8 characters in another set, one at a time, and notes what it had to replace.
class encoder {
 public:
  encoder(charset to, encoded& out) : to_(to), out_(out) {}

  void put(char32_t character) {
    if (!put_exactly(character)) put_instead(character);
  }

  bool put_exactly(char32_t character) {
    switch (to_) {
      case charset::utf_8:
        append_utf_8(out_.bytes, character);
        return true;
      case charset::utf_16le:
      case charset::utf_16be:
        put_utf_16(character);
        return true;
      default:
        break;
    }
    if (character < 0x80) {
      out_.bytes += static_cast<char>(character);
      return true;
    }
    const int byte = byte_of(character, to_);
    if (byte < 0) return false;
    out_.bytes += static_cast<char>(byte);
    return true;
  }

 private:
  void put_instead(char32_t character) {
    if (listed_.insert(character).second) {
      std::string name;
      append_utf_8(name, character);
      out_.transliterated.push_back(std::move(name));
    }
    const auto* row = transliteration_of(character);
    if (row == nullptr) {
      out_.bytes += '_';
      return;
    }
    for (std::size_t i = 0; i < row->instead.size();) {
      const auto [part, length] = character_at(row->instead, i);
      i += length;
      if (put_exactly(part)) continue;
      const auto* again = transliteration_of(part);
      out_.bytes += again != nullptr ? again->instead : std::string_view("_");
    }
  }

  void put_utf_16(char32_t character) {
    if (character >= 0x10000) {
      put_unit(static_cast<char16_t>(0xD800 + ((character - 0x10000) >> 10)));
      put_unit(static_cast<char16_t>(0xDC00 + ((character - 0x10000) & 0x3FF)));
    } else {
      put_unit(static_cast<char16_t>(character));
    }
  }

  void put_unit(char16_t unit) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
    const bool big_endian = to_ == charset::utf_16be;
    out_.bytes += big_endian ? high : low;
    out_.bytes += big_endian ? low : high;
  }

  charset to_;
  encoded& out_;
  std::unordered_set<char32_t> listed_;
};

/// Character at `i`, with a combining mark behind it when both have one composed letter.
std::pair<char32_t, std::size_t> composed_at(std::string_view text, std::size_t i) {
  auto [character, length] = character_at(text, i);
  if (i + length < text.size() && static_cast<unsigned char>(text[i + length]) >= 0xCC) {
    const auto [mark, mark_length] = character_at(text, i + length);
    if (mark >= 0x300 && mark < 0x370) {
      if (const char32_t letter = composed(character, mark)) return {letter, length + mark_length};
    }
  }
  return {character, length};
}

}  // namespace

const char* name_of(charset set) {
  for (const naming& row : namings) {
    if (row.set == set) return row.name;
  }
  return "";
}

std::optional<charset> charset_named(std::string_view name) {
  const std::string key = letters_and_digits(name);
  if (key.empty()) return std::nullopt;
  for (const naming& row : namings) {
    for (std::string_view alias : row.aliases) {
      if (alias == key) return row.set;
    }
  }
  return std::nullopt;
}

bool is_utf_8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    i += ascii_run(bytes, i);
    if (i >= bytes.size()) break;
    const std::size_t length = utf_8_length(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

decoded to_utf_8(std::string_view bytes, charset from) {
  decoded out;
  out.from = from;
  if (from == charset::utf_8 && bytes.starts_with("\xEF\xBB\xBF")) {
    out.had_bom = true;
    bytes.remove_prefix(3);
  } else if (from == charset::utf_16le && bytes.starts_with("\xFF\xFE")) {
    out.had_bom = true;
    bytes.remove_prefix(2);
  } else if (from == charset::utf_16be && bytes.starts_with("\xFE\xFF")) {
    out.had_bom = true;
    bytes.remove_prefix(2);
  }
  out.text.reserve(bytes.size() + bytes.size() / 16);
  switch (from) {
    case charset::utf_8:
      decode_utf_8(bytes, out);
      break;
    case charset::utf_16le:
      decode_utf_16(bytes, false, out);
      break;
    case charset::utf_16be:
      decode_utf_16(bytes, true, out);
      break;
    default:
      decode_single_bytes(bytes, from, out);
      break;
  }
  return out;
}

encoded from_utf_8(std::string_view text, charset to) {
  encoded out;
  out.bytes.reserve(text.size());
  encoder writer(to, out);
  const bool has_ascii = to != charset::utf_16le && to != charset::utf_16be;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t plain = has_ascii ? ascii_run(text, i) : 0;
    if (plain > 0 && i + plain < text.size()) --plain;  // a mark may follow that composes with the last letter
    out.bytes.append(text, i, plain);
    i += plain;
    if (i == text.size()) break;
    const auto [character, length] = to == charset::utf_8 ? character_at(text, i) : composed_at(text, i);
    writer.put(character);
    i += length;
  }
  return out;
}

std::optional<std::string> from_utf_8_exactly(std::string_view text, charset to) {
  encoded out;
  out.bytes.reserve(text.size());
  encoder writer(to, out);
  for (std::size_t i = 0; i < text.size();) {
    const auto [character, length] = character_at(text, i);
    if (!writer.put_exactly(character)) return std::nullopt;
    i += length;
  }
  return std::move(out.bytes);
}

}  // namespace liaison
