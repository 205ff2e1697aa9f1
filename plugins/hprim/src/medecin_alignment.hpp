// SPDX-License-Identifier: Apache-2.0
// Which lines of a file are the twelve of a header. Senders leave out line 1 or empty lines of the address, write an
// address line too many, or put a banner in front: a header read one position off names the wrong patient.
#pragma once

#include "medecin_message.hpp"

namespace liaison::hprim {

inline constexpr int header_score_sure = 10;

struct header_alignment {
  header_lines lines{};
  std::vector<const text_line*> more_address;  ///< address lines beyond the two that the format has
  std::size_t first = 0;                       ///< index of the first line of the header
  std::size_t next = 0;                        ///< index of the line behind it
  bool lacks_line_1 = false;
  int address_change = 0;  ///< lines that the address has more (or, negative, fewer) than the format says
  bool ambiguous = false;  ///< another reading, with other names, is as likely
  int score = 0;
};

/// The lines at or behind `from` that look most like a header; `filled` is the first of them that is not blank.
header_alignment align_header(const std::vector<text_line>& lines, std::size_t from, std::size_t filled);

/// Whether a header beyond doubt begins at `at`, in the midst of a text: its birth date stands alone on its line.
/// Cheap for lines that begin none.
bool begins_header(const std::vector<text_line>& lines, std::size_t at);

/// How much twelve lines look like a header; `header_score_sure` and more is a header beyond doubt.
int header_score(const header_lines& header);

/// Whether anything but names speaks for a header: a date, a number, a postcode, the columns of lines 11 and 12.
/// Without it prose would name a patient.
bool has_anchor(const header_lines& header);

}  // namespace liaison::hprim
