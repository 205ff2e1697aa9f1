// SPDX-License-Identifier: Apache-2.0
// The forms of FHIR's primitive types (R4, datatypes.html#primitive), without regular expressions: linear time on any
// input.
#pragma once

#include <string_view>

namespace liaison::fhir {

/// Why `text` is no value of the primitive type `type`; empty when it is one. Numbers come with their digits.
std::string_view primitive_defect(std::string_view type, std::string_view text);

bool is_date(std::string_view text);       ///< YYYY, YYYY-MM or YYYY-MM-DD, and a day that exists
bool is_date_time(std::string_view text);  ///< a date, or with time, seconds and zone
bool is_instant(std::string_view text);
bool is_id(std::string_view text);
bool is_uuid(std::string_view text);  ///< lower case, 8-4-4-4-12

}  // namespace liaison::fhir
