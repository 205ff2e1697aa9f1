// SPDX-License-Identifier: Apache-2.0
// docs/reference/xdm-issues.md is generated from the table of findings: this test is the generator and the check that
// it is fresh.
#include "archive.hpp"

#include <gtest/gtest.h>

#include <set>

namespace liaison::xdm {
namespace {

std::string page() {
  static constexpr const char* levels[] = {"information", "warning", "error"};
  static constexpr const char* refusals[] = {"no", "when strict", "yes"};
  std::string out =
      "# Issues of the XDM translator\n\n"
      "Generated from `plugins/xdm/src/xdm_findings.cpp`; `LIAISON_UPDATE_GOLDEN=1 xdm_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names an entry of the archive, a DocumentEntry or an attribute, never a file's name "
      "or a "
      "value.\n\n"
      "| code | severity | refused | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& row : finding_table)
    out += "| `" + std::string(row.code) + "` | " + levels[static_cast<int>(row.level)] + " | " +
           refusals[static_cast<int>(row.when)] + " | " + row.sentence + " |\n";
  return out;
}

TEST(issues_page, is_fresh) {
  const std::string path = std::string(LIAISON_SOURCE_DIRECTORY) + "/docs/reference/xdm-issues.md";
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << page();
  EXPECT_EQ(read_file(path), page());
}

TEST(issues_page, codes_are_unique_and_in_the_order_of_the_enumeration) {
  std::set<std::string> codes;
  std::size_t index = 0;
  for (const auto& row : finding_table) {
    EXPECT_EQ(static_cast<std::size_t>(row.id), index++) << row.code;
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(std::string_view(row.code).starts_with("xdm-"));
  }
}

}  // namespace
}  // namespace liaison::xdm
