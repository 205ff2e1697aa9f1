// SPDX-License-Identifier: Apache-2.0
// Running text and tables of a narrative as lines of a fixed-width letter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

/// Rows whose cells are parted by two blanks, padded so that the cells of neighbouring rows stand below each other.
std::vector<std::string> in_columns(std::string_view text);

/// One line broken at blanks: prose at 78 characters, rows of a table at 120. A word longer than that stays whole.
std::vector<std::string> wrapped(std::string_view line);

}  // namespace liaison::hprim
