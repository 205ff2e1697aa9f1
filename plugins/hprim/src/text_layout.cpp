// SPDX-License-Identifier: Apache-2.0
#include "text_layout.hpp"

#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr std::size_t text_columns = 78;
constexpr std::size_t table_columns = 120;
constexpr std::size_t column_width_max = 40;

}  // namespace

std::vector<std::string> in_columns(std::string_view text) {
  std::vector<std::string> out;
  std::vector<std::vector<std::string_view>> rows;
  const auto flush = [&] {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
      widths.resize(std::max(widths.size(), row.size()), 0);
      for (std::size_t i = 0; i + 1 < row.size(); ++i)
        widths[i] = std::max(widths[i], std::min(width_of(row[i]), column_width_max));
    }
    for (const auto& row : rows) {
      std::string padded;
      for (std::size_t i = 0; i < row.size(); ++i) {
        padded += row[i];
        if (i + 1 == row.size()) break;
        const std::size_t width = width_of(row[i]);
        padded.append(2 + (rows.size() > 1 && widths[i] > width ? widths[i] - width : 0), ' ');
      }
      out.push_back(std::move(padded));
    }
    rows.clear();
  };
  for (const std::string_view one : split(text, '\n')) {
    std::vector<std::string_view> cells;
    std::string_view rest = one;
    for (std::size_t at = rest.find("  "); at != std::string_view::npos && cells.size() < 32; at = rest.find("  ")) {
      cells.push_back(rest.substr(0, at));
      rest = rest.substr(at + 2);
    }
    cells.push_back(rest);
    if (cells.size() == 1) {
      flush();
      out.emplace_back(one);
    } else {
      rows.push_back(std::move(cells));
    }
  }
  flush();
  return out;
}

std::vector<std::string> wrapped(std::string_view line) {
  std::vector<std::string> out;
  const std::size_t limit = line.find("  ") == std::string_view::npos ? text_columns : table_columns;
  std::size_t start = 0, last_blank = std::string_view::npos, columns = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) continue;
    if (line[i] == ' ' && i > start) last_blank = i;
    if (++columns <= limit || last_blank == std::string_view::npos) continue;
    out.emplace_back(line.substr(start, last_blank - start));
    start = last_blank + 1;
    i = last_blank;  // count the new line from its beginning
    last_blank = std::string_view::npos;
    columns = 0;
  }
  out.emplace_back(line.substr(start));
  return out;
}

}  // namespace liaison::hprim
