// SPDX-License-Identifier: Apache-2.0
#include "text_lines.hpp"

#include "byte_search.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <cstring>

namespace liaison::hprim {
namespace {

struct letter_row {
  std::string_view shown, meant;
};

// Windows bytes that somebody read with the table of Mac OS: "GlycÈmie ‡ jeun".
constexpr letter_row mac_table_letters[] = {{"È", "é"}, {"Ë", "è"}, {"‡", "à"}, {"Á", "ç"}, {"Í", "ê"}, {"Ù", "ô"},
                                            {"Ó", "î"}, {"Ô", "ï"}, {"˚", "û"}, {"˘", "ù"}, {"‚", "â"}, {"Î", "ë"}};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// Undoes it when "È" or "Ë" stands inside words of lower case, more than once, and no "é" anywhere.
bool undo_mac_table(std::string& text) {
  constexpr std::string_view e_acute = "é";
  if (text.find(e_acute) != std::string::npos) return false;
  std::size_t inside_words = 0;
  for (const std::string_view letter : {std::string_view("È"), std::string_view("Ë")}) {
    for (std::size_t at = text.find(letter); at != std::string::npos; at = text.find(letter, at + 2))
      inside_words += at > 0 && is_lower(text[at - 1]) ? 1 : 0;
  }
  if (inside_words < 2) return false;
  std::string mended;
  mended.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto* row =
        static_cast<unsigned char>(text[i]) < 0x80
            ? std::end(mac_table_letters)
            : std::find_if(std::begin(mac_table_letters), std::end(mac_table_letters),
                           [&](const letter_row& r) { return text.compare(i, r.shown.size(), r.shown) == 0; });
    mended += row == std::end(mac_table_letters) ? std::string_view(text).substr(i, 1) : row->meant;
    i += row == std::end(mac_table_letters) ? 1 : row->shown.size();
  }
  text = std::move(mended);
  return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n'; }

/// This looks at every byte of every file: eight at a time, and one by one only where one of them is below a blank.
bool has_control(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, high_bits = ones * 0x80;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (((word - ones * 0x20) & ~word & high_bits) == 0) continue;
    const std::string_view eight = text.substr(at, sizeof word);
    if (std::any_of(eight.begin(), eight.end(), is_control)) return true;
  }
  const std::string_view rest = text.substr(at);
  return std::any_of(rest.begin(), rest.end(), is_control);
}

bool is_blank(const text_line& line) { return trim(line.text).empty(); }

/// Whether every second line is empty: no header of ours has that, so somebody has doubled the line ends.
bool are_doubled(const std::vector<text_line>& lines) {
  constexpr std::size_t looked_at = 24, filled_min = 8;
  std::size_t filled = 0;
  for (std::size_t i = 0; i + 1 < std::min(lines.size(), looked_at); i += 2) {
    filled += is_blank(lines[i]) ? 0 : 1;
    if (!is_blank(lines[i + 1])) return false;
  }
  return filled >= filled_min;
}

void leave_out_second_lines(std::vector<text_line>& lines) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[kept++] = lines[i];
    if (i + 1 < lines.size() && is_blank(lines[i + 1])) ++i;
  }
  lines.resize(kept);
}

}  // namespace

void blank_controls(std::string& text, findings& found) {
  while (!text.empty() && (text.back() == '\x1A' || text.back() == '\0')) text.pop_back();
  if (!has_control(text)) return;
  found.add(finding::control_characters);
  std::replace_if(text.begin(), text.end(), is_control, ' ');
}

decoded decode_text(std::string_view bytes, std::string_view override_name, findings& found) {
  decoded out;
  if (!override_name.empty()) {
    const auto named = charset_named(override_name);
    if (!named) found.add_raised(finding::charset_unknown, severity::warning, "", "guessed by content instead");
    out = named ? to_utf_8(bytes, *named) : detect_and_decode(bytes);
    if (out.replaced > 0) found.add(finding::characters_lost);
    return out;
  }
  out = detect_and_decode(bytes);
  const bool usual = out.from == charset::utf_8 || out.from == charset::us_ascii || out.from == charset::windows_1252 ||
                     out.from == charset::iso_8859_1 || out.had_bom;
  if (!usual) found.add(finding::charset_guessed, "", name_of(out.from));
  if (undo_mac_table(out.text)) out.double_encoding_mended = true;
  if (out.double_encoding_mended) found.add(finding::charset_repaired);
  if (out.replaced > 0) found.add(out.from == charset::utf_8 ? finding::charset_mixed : finding::characters_lost);
  return out;
}

std::vector<text_line> split_lines(std::string_view text, findings& found) {
  std::vector<text_line> lines;
  lines.reserve(text.size() / 48 + 16);
  bool crlf = false, lf = false, cr = false;
  std::uint32_t number = 0;
  std::size_t start = 0;
  byte_pair_search line_ends(text, '\r', '\n');
  while (start < text.size()) {
    const std::size_t end = line_ends.next(start);
    if (end == std::string_view::npos) {
      lines.push_back({text.substr(start), ++number});
      break;
    }
    lines.push_back({text.substr(start, end - start), ++number});
    start = end + 1;
    if (text[end] == '\n') {
      lf = true;
    } else if (start < text.size() && text[start] == '\n') {
      crlf = true;
      ++start;
    } else {
      cr = true;
    }
  }
  if (are_doubled(lines)) {
    leave_out_second_lines(lines);
    found.add(finding::doubled_line_ends);
  } else if (crlf + lf + cr > 1) {
    found.add(finding::mixed_line_ends);
  }
  return lines;
}

}  // namespace liaison::hprim
