// SPDX-License-Identifier: Apache-2.0
// What the generated pages docs/reference/*-issues.md have in common.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace liaison::test {

/// The page of that name in docs/reference is this one; with LIAISON_UPDATE_GOLDEN it is written first.
inline void expect_fresh_page(const std::string& name, const std::string& page) {
  const std::string path = LIAISON_SOURCE_DIRECTORY "/docs/reference/" + name;
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << page;
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), page);
}

inline const char* name_of_level(auto level) {
  static constexpr const char* names[] = {"information", "warning", "error"};
  return names[static_cast<int>(level)];
}

/// Rows of findings that say when they refuse.
std::string table_of_refusals(const auto& findings) {
  static constexpr const char* refusals[] = {"no", "when strict", "yes"};
  std::string out = "| code | severity | refused | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& row : findings)
    out += "| `" + std::string(row.code) + "` | " + name_of_level(row.level) + " | " +
           refusals[static_cast<int>(row.when)] + " | " + row.sentence + " |\n";
  return out;
}

/// Each code once, with the translator's prefix, in the order of the enumeration.
void expect_codes_in_order(const auto& findings, std::string_view prefix) {
  std::set<std::string> codes;
  std::size_t index = 0;
  for (const auto& row : findings) {
    EXPECT_EQ(static_cast<std::size_t>(row.id), index++) << row.code;
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(std::string_view(row.code).starts_with(prefix));
  }
}

}  // namespace liaison::test
