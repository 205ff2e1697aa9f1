// SPDX-License-Identifier: Apache-2.0
#include "text_lines.hpp"

namespace liaison::hprim {

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
  while (start < text.size()) {
    const std::size_t end = text.find_first_of("\r\n", start);
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
  if (crlf + lf + cr > 1) found.add(finding::mixed_line_ends);
  return lines;
}

}  // namespace liaison::hprim
