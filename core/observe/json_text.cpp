// SPDX-License-Identifier: Apache-2.0
#include "core/observe/json_text.hpp"

#include <liaison/json_text.hpp>

#include <cstdint>

namespace liaison::observe {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

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
    const std::size_t length = detail::utf8_sequence_length(text);
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
