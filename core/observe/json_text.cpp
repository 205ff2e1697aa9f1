// SPDX-License-Identifier: Apache-2.0
#include "core/observe/json_text.hpp"

#include <cstdint>

namespace liaison::observe {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Length of the well-formed sequence at the beginning of `text` (Unicode 15, table 3-7), 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0}; };
  auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
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
      break;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  if (byte < 0x20 || byte == 0x7F) {
    out += "\\u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  } else {
    out += c;
  }
}

/// Calls `one` for plain ASCII and `many` for whatever is to be copied as it is.
template <class One, class Many>
void walk(std::string_view text, std::size_t size_bytes_max, One one, Many many) {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::size_t written = length == 0 ? replacement.size() : length;
    if (used + written > size_bytes_max) {
      many(ellipsis);
      return;
    }
    if (length == 0) {
      many(replacement);
    } else if (length == 1) {
      one(text.front());
    } else {
      many(text.substr(0, length));
    }
    used += written;
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

void append_utf8(std::string& out, std::string_view text, std::size_t size_bytes_max) {
  walk(
      text, size_bytes_max, [&](char c) { out += c; }, [&](std::string_view part) { out += part; });
}

void append_json_string(std::string& out, std::string_view text, std::size_t size_bytes_max) {
  out += '"';
  walk(
      text, size_bytes_max, [&](char c) { append_escaped(out, c); }, [&](std::string_view part) { out += part; });
  out += '"';
}

}  // namespace liaison::observe
