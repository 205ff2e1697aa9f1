// SPDX-License-Identifier: Apache-2.0
// Bytes of a text dialect as UTF-8 lines: character set by override or content, and every kind of line end.
#pragma once

#include "findings.hpp"

#include <liaison/common/charset.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

struct text_line {
  std::string_view text;  ///< without its line end
  std::uint32_t number = 0;
  std::string location() const { return "line " + std::to_string(number); }
};

/// Decodes by `override_name` when it names a set, else by content; what had to be guessed or repaired is found.
decoded decode_text(std::string_view bytes, std::string_view override_name, findings& found);

/// Control characters other than tab and line ends as blanks, in place; those at the end of the file (Ctrl-Z, NUL) are
/// cut off.
void blank_controls(std::string& text, findings& found);

/// Splits at CRLF, LF and CR; a file whose every line is followed by an empty one ("\\r\\r\\n") has single ones. The
/// views point into `text`.
std::vector<text_line> split_lines(std::string_view text, findings& found);

}  // namespace liaison::hprim
