// SPDX-License-Identifier: Apache-2.0
#include "safe_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <cstdio>

namespace liaison::hprim {
namespace {

/// Controls, and what may begin a C1 control (C2) or a line separator (E2).
bool needs_a_look(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2;
}

/// Control characters, C1 controls and the line separators of Unicode as blanks.
std::string without_controls(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), needs_a_look)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      if (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += byte == '\t' ? '\t' : ' ';
    } else if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += ' ';
      ++i;
    } else if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") {
      out += ' ';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

std::string code_point_name(std::string_view character) {
  char32_t code = 0;
  for (std::size_t i = 0; i < character.size(); ++i) {
    const auto byte = static_cast<unsigned char>(character[i]);
    if (i == 0) {
      code = character.size() == 2
                 ? byte & 0x1F
                 : (character.size() == 3 ? byte & 0x0F : (character.size() == 4 ? byte & 0x07 : byte));
    } else {
      code = code << 6 | (byte & 0x3F);
    }
  }
  char name[16];
  std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(code));
  return name;
}

}  // namespace

std::string safe_text::line(std::string_view text) {
  std::string out = without_controls(text);
  if (to_ == charset::utf_8 || is_ascii(out)) return out;
  encoded written = from_utf_8(out, to_);
  for (std::string& one : written.transliterated) transliterated_.insert(std::move(one));
  return without_controls(to_utf_8(written.bytes, to_).text);
}

std::string safe_text::field(std::string_view text) {
  std::string out = line(text);
  for (char& c : out) {
    if (c == '\t') c = ' ';
  }
  return std::string(trim(out));
}

std::string safe_text::medecin_line(std::string_view text) {
  std::string out = line(text);
  const std::string_view shown = trim(out);
  if (shown.size() >= 8 && shown.starts_with("****") && shown.ends_with("****")) {
    defused_ = true;
    std::string_view word = shown;
    while (!word.empty() && word.front() == '*') word.remove_prefix(1);
    while (!word.empty() && word.back() == '*') word.remove_suffix(1);
    out = word.empty() ? std::string(shown.size(), '-') : "** " + std::string(trim(word)) + " **";
  } else if (shown.starts_with("RES|") || shown.starts_with("TEX|")) {
    defused_ = true;
    out.insert(out.find('|'), " ");
  }
  return out;
}

std::string safe_text::medecin_header(std::string_view text) { return field(medecin_line(text)); }

std::string safe_text::medecin_field(std::string_view text) {
  std::string out = field(text);
  for (char& c : out) {
    if (c != '|') continue;
    c = '/';
    defused_ = true;
  }
  return out;
}

void safe_text::report_to(findings& found) const {
  if (defused_) found.add(finding::frame_defused);
  if (transliterated_.empty()) return;
  std::string names;
  for (const std::string& one : transliterated_) {
    if (names.size() > 200) {
      names += " …";
      break;
    }
    names += (names.empty() ? "" : " ") + code_point_name(one);
  }
  found.add(finding::transliterated, name_of(to_), names);
}

}  // namespace liaison::hprim
