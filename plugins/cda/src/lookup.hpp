// SPDX-License-Identifier: Apache-2.0
// Small tables from one code to another.
#pragma once

#include <array>
#include <string_view>

namespace liaison::cda {

struct pair_row {
  std::string_view from, to;
};

/// `otherwise` when the table has no such row.
template <std::size_t Size>
std::string_view look_up(const std::array<pair_row, Size>& rows, std::string_view from,
                         std::string_view otherwise = {}) {
  for (const pair_row& row : rows) {
    if (row.from == from) {
      return row.to;
    }
  }
  return otherwise;
}

}  // namespace liaison::cda
