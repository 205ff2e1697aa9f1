// SPDX-License-Identifier: Apache-2.0
// Letters of the status tables (9.26, 10.12) and what the pivot says for them.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace liaison::hprim {

struct status_row {
  std::string_view sent, pivot;
  bool exact;  // the way back gives the same letter
};

template <class Table>
const status_row* find_status(const Table& table, std::string_view sent) {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [&](const status_row& row) { return row.sent == sent; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace liaison::hprim
