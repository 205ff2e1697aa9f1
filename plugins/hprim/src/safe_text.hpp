// SPDX-License-Identifier: Apache-2.0
// Text on its way into a format with marks and separators: first what the character set of the receiver can say, then
// nothing that the receiver could take for a mark. In that order, since a transliteration may make a mark out of a
// harmless sign.
#pragma once

#include "findings.hpp"

#include <liaison/common/charset.hpp>

#include <set>
#include <string>
#include <string_view>

namespace liaison::hprim {

class safe_text {
 public:
  explicit safe_text(charset to) : to_(to) {}

  /// One line of running text: no line ends, no control characters but tabs, characters of the set only.
  std::string line(std::string_view text);
  /// The same without tabs and without blanks at the ends.
  std::string field(std::string_view text);
  /// A line of a letter, of a header: cannot be read as ****TAG****, RES| or TEX|.
  std::string medecin_line(std::string_view text);
  std::string medecin_header(std::string_view text);
  /// A field of RES.
  std::string medecin_field(std::string_view text);

  /// Bytes of lines that have been made safe.
  std::string bytes(std::string_view text) const { return from_utf_8(text, to_).bytes; }

  void report_to(findings& found) const;
  void note_defused() { defused_ = true; }

 private:
  charset to_;
  std::set<std::string> transliterated_;
  bool defused_ = false;
};

}  // namespace liaison::hprim
