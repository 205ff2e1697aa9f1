// SPDX-License-Identifier: Apache-2.0
// What a RES line means: the interpreted value beside the raw fields.
#pragma once

#include "medecin_message.hpp"

namespace liaison::hprim {

struct measured {
  std::string text;  ///< as understood: "<5.0", "Limpide"
  quantity_text quantity;
  std::string unit;
  bounds_text bounds;
  bool empty() const { return text.empty() && unit.empty() && bounds.low.empty() && bounds.high.empty(); }
};

struct medecin_result {
  std::string label;  ///< without a final colon
  std::string code;   ///< inner blanks kept
  std::string type;   ///< N, C, A, T or what was sent
  measured first, second;
  std::string flag, status;
};

medecin_result read_result(const res_line& line, findings* found);

/// Whether a row gives the result of the row before it in another unit: labelled "soit", or label and code with a B
/// behind.
bool is_second_unit_row(const res_line& first, const res_line& row);

bool is_known_flag(std::string_view flag);      ///< table of field 09
bool is_known_status(std::string_view status);  ///< table of field 10

/// Text of a line of the source as a person should see it: entities decoded, nothing else changed.
std::string shown(std::string_view raw);

/// Lines of TEX that the body does not show already, in order.
std::vector<const lab_item*> texts_missing_in_body(const medecin_message& message);

/// "Potassium ........     3,1 mmol/L   (3,5 - 5,1)  L": a result that no line of the text shows.
struct printed_result {
  std::string label, value, unit, low, high, range_text, flag, status_note;
  std::string second_value, second_unit, second_low, second_high;
};
std::string print_result(const printed_result& result);

/// Whether the label and the number of a result can be found on a line of the text.
class shown_results {
 public:
  explicit shown_results(std::string_view text);
  /// False also when so much has been compared that the answer is not worth the time.
  bool shows(std::string_view label, std::string_view number);

 private:
  std::vector<std::string> lines_;  // lower case, decimal points, single blanks
  std::size_t lines_left_to_compare_ = 2'000'000;
};

}  // namespace liaison::hprim
