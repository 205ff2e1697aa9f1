// SPDX-License-Identifier: Apache-2.0
// What this plugin can find in a message: one table with code, severity and sentence, from which issues are reported
// and docs/reference/hprim-issues.md is generated. A finding never holds a value of the message.
#pragma once

#include <liaison/common/plugin.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace liaison::hprim {

enum class finding : std::uint8_t {
  // any dialect
  charset_guessed,
  charset_repaired,
  charset_mixed,
  characters_lost,
  charset_unknown,
  transliterated,
  pdf_in_disguise,
  empty_message,
  too_many_lines,
  // Médecin
  no_header,
  header_truncated,
  header_doubtful,
  header_shifted,
  header_address_lines,
  text_before_header,
  two_digit_year,
  date_not_understood,
  date_approximate,
  nir_key_invalid,
  nir_malformed,
  name_missing,
  birth_date_missing,
  mixed_line_ends,
  doubled_line_ends,
  control_characters,
  missing_end_tag,
  duplicate_end,
  misplaced_end,
  text_after_end,
  tag_repeated,
  lab_tag_missing,
  unknown_lab_line,
  res_too_short,
  res_too_long,
  merged_bounds,
  decimal_comma,
  entities_decoded,
  value_type_mismatch,
  bound_sentinel,
  unit_contradicted,
  unknown_flag,
  unknown_status,
  second_unit_row,
  code_mapped,
  code_map_unusable,
  no_body,
  // Santé
  separators_unusual,
  line_too_long,
  counts_mismatch,
  no_end_segment,
  unknown_context,
  unknown_version,
  unknown_segment,
  segment_order,
  header_fields_missing,
  addendum_without_segment,
  bytes_before_header,
  value_type_unknown,
  norm_not_understood,
  ins_obsolete,
  ins_key_invalid,
  several_identities,
  attachment_external,
  attachment_invalid,
  // XML
  namespace_missing,
  namespace_other,
  encoding_mismatch,
  unknown_root,
  unknown_event,
  schema_violation,
  schema_missing,
  element_misplaced,
  // writing
  no_patient,
  no_document,
  nothing_to_write,
  frame_defused,
  attachment_unreadable,
  result_cancelled,
  header_line_long,
  segment_cut,
  // end of the list
  count
};

struct finding_row {
  finding id;
  severity level;
  const char* code;
  const char* sentence;
};

std::span<const finding_row> finding_table();
const finding_row& row_of(finding id);

/// Findings of one call. Keeps the order; of the same code at most `per_code_max` are kept and the rest counted.
class findings {
 public:
  static constexpr std::size_t per_code_max = 20;

  void add(finding id, std::string location = {}, std::string detail = {});
  void add_raised(finding id, severity level, std::string location = {}, std::string detail = {});
  bool has(finding id) const { return seen_[static_cast<std::size_t>(id)] != 0; }
  bool has_error() const;
  void report_to(const call& host) const;
  const std::vector<issue>& list() const { return list_; }

 private:
  std::vector<issue> list_;
  std::uint64_t seen_[static_cast<std::size_t>(finding::count)] = {};
};

}  // namespace liaison::hprim
