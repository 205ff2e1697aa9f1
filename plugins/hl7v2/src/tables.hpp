// SPDX-License-Identifier: Apache-2.0
// The data files of plugins/hl7v2/tables, as texts inside the plugin: what is in them is said at the top of each.
#pragma once

#include "message.hpp"

#include <liaison/common/text.hpp>

#include <string_view>
#include <vector>

namespace liaison::hl7v2::tables {

std::string_view issues();
std::string_view structures();
std::string_view fields();
std::string_view codes();

/// Calls `row(columns)` for each line that is neither empty nor a comment, cut at " | ", columns trimmed.
template <class Row>
void each_row(std::string_view table, Row&& row) {
  for (const std::string_view line : pieces(table, '\n')) {
    if (trim(line).empty() || line.starts_with('#')) continue;
    std::vector<std::string_view> columns;
    for (const std::string_view column : pieces(line, '|')) columns.push_back(trim(column));
    row(columns);
  }
}

}  // namespace liaison::hl7v2::tables
