// SPDX-License-Identifier: Apache-2.0
// docs/reference/hprim-issues.md is generated from the table of findings: this test is the generator and the check that
// it is fresh.
#include "corpus.hpp"
#include "findings.hpp"

#include <gtest/gtest.h>

#include <set>

namespace liaison::hprim {
namespace {

std::string page() {
  static constexpr const char* levels[] = {"information", "warning", "error"};
  std::string out =
      "# Issues of the HPRIM translators\n\n"
      "Generated from `plugins/hprim/src/findings.cpp`; `LIAISON_UPDATE_GOLDEN=1 hprim_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names line, segment or element, never a value of the message.\n\n"
      "| code | severity | meaning |\n| --- | --- | --- |\n";
  for (const finding_row& row : finding_table())
    out += "| `" + std::string(row.code) + "` | " + levels[static_cast<int>(row.level)] + " | " + row.sentence + " |\n";
  return out;
}

TEST(issues_page, is_fresh) {
  const std::string path = std::string(LIAISON_SOURCE_DIRECTORY) + "/docs/reference/hprim-issues.md";
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << page();
  EXPECT_EQ(testing::read_file(path), page());
}

TEST(issues_page, codes_are_unique_and_in_the_order_of_the_enumeration) {
  std::set<std::string> codes;
  std::size_t index = 0;
  for (const finding_row& row : finding_table()) {
    EXPECT_EQ(static_cast<std::size_t>(row.id), index++) << row.code;
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(std::string_view(row.code).starts_with("hprim-"));
  }
}

}  // namespace
}  // namespace liaison::hprim
