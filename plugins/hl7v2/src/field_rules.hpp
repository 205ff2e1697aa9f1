// SPDX-License-Identifier: Apache-2.0
// Fields and components held against tables/fields.txt and tables/codes.txt.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <string_view>

namespace liaison::hl7v2 {

/// `profile` and `version` choose the rows that hold: "pam-fr", "2.5".
void check_fields(const segment& of, std::string_view profile, std::string_view version, findings& found);

/// Whether `code` stands in a table of tables/codes.txt.
bool is_code_of(std::string_view table, std::string_view code);

}  // namespace liaison::hl7v2
