// SPDX-License-Identifier: Apache-2.0
// The syntax of HPRIM Médecin: a file taken apart into messages, headers, body lines and RES lines, without an opinion
// on what it is for. Everything is a view into the decoded text; reading is one pass over the lines.
#pragma once

#include "result_text.hpp"
#include "text_lines.hpp"

#include <array>
#include <deque>
#include <optional>

namespace liaison::hprim {

inline constexpr std::size_t header_line_count = 12;
inline constexpr std::size_t res_field_count = 13;  // 02 to 14; the keyword is field 01

/// Alone on its line between stars.
enum class tag : std::uint8_t { none, lab, fin, finfichier };
tag tag_of(std::string_view line);

struct res_line {
  const text_line* line = nullptr;
  std::array<std::string_view, res_field_count> fields{};  ///< field 02 at index 0
  std::string_view excess;                                 ///< what follows field 14
  std::size_t pieces = 0;
  /// Field by its number in the specification, 2 to 14.
  std::string_view field(std::size_t number) const { return fields[number - 2]; }
};

struct lab_item {
  enum class kind : std::uint8_t { text, result } what = kind::text;
  const text_line* line = nullptr;
  std::string_view text;   ///< TEX: what follows the bar; other lines: the line
  std::size_t result = 0;  ///< index in `results`
};

using header_lines = std::array<const text_line*, header_line_count>;

struct medecin_message {
  header_lines header{};                       ///< null: the file has no such line
  std::vector<const text_line*> more_address;  ///< address lines behind line 5 that the format does not have
  bool has_header = false;
  bool has_lab = false;
  std::vector<const text_line*> body;  ///< blank lines included
  std::vector<lab_item> lab;
  std::vector<res_line> results;

  /// Line of the header by its number, 1 to 12, trimmed; empty when there is none.
  std::string_view header_text(std::size_t number) const;
  std::string location(std::size_t number) const;
};

struct medecin_file {
  decoded source;
  std::vector<text_line> lines;
  std::deque<std::string> mended;  ///< header lines that held other blanks than the ASCII one
  std::vector<medecin_message> messages;
};

/// Never fails: what is no HPRIM gives a file without messages. The result must not be moved while views of it are in
/// use (short texts live inside the string object), so it is filled in place.
void read_medecin(std::string_view bytes, std::string_view charset_override, medecin_file& file, findings& found);

/// Quick look at the first bytes: 0 to 100.
int recognise_medecin(std::string_view head);

struct coded_identity {
  std::string_view code, identity;
};
/// Lines 11 and 12: ten columns of code, a blank, the identity.
coded_identity split_identity(std::string_view line);

/// A date as header lines hold it.
struct header_date {
  std::string iso;  ///< YYYY-MM-DD, or YYYY when only that is sure
  bool two_digits = false;
  bool approximate = false;
  bool exact = false;  ///< the text is the date and nothing else
};
/// `not_after` (an ISO date or time, may be empty) bounds the century of two-digit years.
std::optional<header_date> find_date(std::string_view text, std::string_view not_after);

/// Social-security number of line 8.
struct nir_text {
  std::string value;  ///< without blanks
  bool well_formed = false;
  bool key_right = false;
};
nir_text read_nir(std::string_view text);

/// Line 1 of some senders is a record of fixed columns for routing, not a number of the patient.
bool is_routing_record(std::string_view line);

}  // namespace liaison::hprim
