// SPDX-License-Identifier: Apache-2.0
// How laboratories write values, units and normal ranges, in both text dialects. Pure functions; nothing is invented,
// and the raw text stays with the caller.
#pragma once

#include <string>
#include <string_view>

namespace liaison::hprim {

/// "< 12,5 mg/L" taken apart. `number` is empty when the text is no number.
struct quantity_text {
  std::string comparator;  ///< "<", "<=", ">", ">=" or empty
  std::string number;      ///< digits as sent, decimal point: "12.50", "007"
  std::string json;        ///< the same as a JSON number: "7"
  std::string unit;        ///< a unit that stood behind the number
  bool decimal_comma = false;
  bool marked = false;  ///< an asterisk stood beside it
  /// Comparator and number as one text, or the text itself trimmed.
  std::string understood(std::string_view raw) const;
};
quantity_text read_quantity(std::string_view raw);

/// "3.5 - 5.1", "-2 - 2", "< 10", "4 à 10", "vr : 4 a 10".
struct range_text {
  std::string low, high;  ///< JSON numbers with the digits sent
  bool understood = false;
  bool decimal_comma = false;
};
range_text read_range(std::string_view raw);

/// Lower and upper bound of two fields (RES 07/08), either of which may hold both.
struct bounds_text {
  std::string low, high;
  std::string text;  ///< what is no number, as sent
  bool merged = false;
  bool decimal_comma = false;
  bool low_sentinel = false, high_sentinel = false;  ///< "9999.00": no bound
};
bounds_text read_bounds(std::string_view low, std::string_view high);

/// UCUM code of a unit as French laboratories write it; empty when it is not certain.
std::string_view ucum_of(std::string_view unit);

/// "&eacute;" and "&#233;" → "é", "<br />" → line end. False when there was nothing to decode.
bool has_markup(std::string_view text);
std::string decode_markup(std::string_view text);

std::string with_decimal_comma(std::string_view number);
std::size_t width_of(std::string_view text);  ///< characters, not bytes

}  // namespace liaison::hprim
