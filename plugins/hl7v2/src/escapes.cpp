// SPDX-License-Identifier: Apache-2.0
// Escape sequences of HL7v2 (2.9, chapter 2.7), both ways.
#include "message.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t sequence_size_max = 4096;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Bytes of a `\Xdd…\` sequence as UTF-8; false when they are no hexadecimal pairs.
bool append_hexadecimal(std::string& out, std::string_view digits) {
  if (digits.empty() || digits.size() % 2 != 0) return false;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes += static_cast<char>(high * 16 + low);
  }
  out += is_utf_8(bytes) ? bytes : to_utf_8(bytes, charset::windows_1252).text;
  return true;
}

/// Formatting commands of FT: those that break a line or leave a gap are text, the others only look.
bool append_formatting(std::string& out, std::string_view command) {
  if (command == ".br" || command == ".ce" || command == ".sp") {
    out += '\n';
    return true;
  }
  if (command.starts_with(".sp") || command.starts_with(".sk")) {
    std::string_view digits = command.substr(3);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (!is_digits(digits) || digits.size() > 2) return false;
    const auto count = static_cast<std::size_t>(std::stoi(std::string(digits)));
    out.append(std::max<std::size_t>(count, 1), command[2] == 'p' ? '\n' : ' ');
    return true;
  }
  return command == ".fi" || command == ".nf" || command.starts_with(".in") || command.starts_with(".ti");
}

bool append_sequence(std::string& out, std::string_view body, const separators& by) {
  if (body.size() == 1) {
    switch (body[0]) {
      case 'F':
        out += by.field;
        return true;
      case 'S':
        out += by.component;
        return true;
      case 'T':
        out += by.subcomponent;
        return true;
      case 'R':
        out += by.repetition;
        return true;
      case 'E':
        out += by.escape;
        return true;
      case 'P':
        out += '#';
        return true;
      case 'H':
      case 'N':
        return true;  // highlighting on and off
      default:
        return false;
    }
  }
  if (body[0] == 'X') return append_hexadecimal(out, body.substr(1));
  return body[0] == '.' && append_formatting(out, body);
}

}  // namespace

std::string unescape(std::string_view raw, const separators& by) {
  std::size_t at = by.escape == '\0' ? std::string_view::npos : raw.find(by.escape);
  if (at == std::string_view::npos) return std::string(raw);
  std::string out;
  out.reserve(raw.size());
  std::size_t done = 0;
  while (at != std::string_view::npos) {
    out.append(raw, done, at - done);
    const std::size_t end = raw.substr(0, at + sequence_size_max).find(by.escape, at + 1);
    if (end != std::string_view::npos && end > at + 1 && append_sequence(out, raw.substr(at + 1, end - at - 1), by)) {
      done = end + 1;
    } else {
      out += raw[at];
      done = at + 1;
    }
    at = raw.find(by.escape, done);
  }
  out.append(raw, done);
  return out;
}

std::string escape(std::string_view text, const separators& by) {
  std::string out;
  out.reserve(text.size() + 8);
  const auto sequence = [&](std::string_view body) { out.append(1, by.escape).append(body).append(1, by.escape); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == by.escape) {
      sequence("E");
    } else if (c == by.field) {
      sequence("F");
    } else if (c == by.component) {
      sequence("S");
    } else if (c == by.subcomponent) {
      sequence("T");
    } else if (c == by.repetition) {
      sequence("R");
    } else if (c == '\n') {
      sequence(".br");
    } else if (c == '\r') {
      if (i + 1 >= text.size() || text[i + 1] != '\n') sequence(".br");
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
      const char body[3] = {'X', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
      sequence({body, 3});
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace liaison::hl7v2
