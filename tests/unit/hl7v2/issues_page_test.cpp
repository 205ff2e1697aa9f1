// SPDX-License-Identifier: Apache-2.0
// docs/reference/hl7v2-issues.md is generated from plugins/hl7v2/tables/issues.txt: this test is the generator and the
// check that it is fresh, and that the table and the code know the same codes.
#include "codes.hpp"
#include "run.hpp"
#include "tables.hpp"
#include "../../support/issues_page.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace liaison::hl7v2::testing {
namespace {

const std::string source = LIAISON_SOURCE_DIRECTORY;

std::string page() {
  std::string out =
      "# Issues of the HL7v2 translator\n\n"
      "Generated from `plugins/hl7v2/tables/issues.txt`; `LIAISON_UPDATE_GOLDEN=1 hl7v2_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names segment and field, never a value of the message. `information`, `warning` and "
      "`error` are told\n"
      "and the message is taken; `refused` is AE with the code of HL7 0357 (ERR-3); `stopped` holds for every "
      "operation. The profile is\n"
      "the option `strictness` of the endpoint. Codes `hl7v2-pfi-…` are those of the volet \"Transmission de "
      "document(s) CDA en HL7v2\".\n\n"
      "| code | tolerant | strict | ERR-3 | meaning |\n| --- | --- | --- | --- | --- |\n";
  tables::each_row(tables::issues(), [&](const std::vector<std::string_view>& row) {
    out += "| `" + std::string(row[0]) + "`";
    for (std::size_t i = 1; i < row.size(); ++i) out += " | " + std::string(row[i]);
    out += " |\n";
  });
  return out;
}

std::set<std::string> codes_of_table() {
  std::set<std::string> out;
  tables::each_row(tables::issues(),
                   [&](const std::vector<std::string_view>& row) { out.insert(std::string(row[0])); });
  return out;
}

/// Every "hl7v2-…" that the plugin's sources have between quotation marks.
std::set<std::string> codes_of_sources() {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(source + "/plugins/hl7v2/src")) {
    const std::string text = read_file(entry.path().string());
    for (std::size_t at_ = 0; (at_ = text.find("\"hl7v2-", at_)) != std::string::npos; ++at_)
      out.insert(text.substr(at_ + 1, text.find('"', at_ + 1) - at_ - 1));
  }
  return out;
}

TEST(issues_page, is_fresh) { test::expect_fresh_page("hl7v2-issues.md", page()); }

TEST(issues_page, knows_every_code_that_is_reported_and_no_other) { EXPECT_EQ(codes_of_table(), codes_of_sources()); }

TEST(issues_page, rows_are_whole) {
  const std::set<std::string_view> outcomes = {"information", "warning", "error", "refused", "stopped"};
  std::set<std::string_view> seen;
  tables::each_row(tables::issues(), [&](const std::vector<std::string_view>& row) {
    ASSERT_EQ(row.size(), 5U) << row[0];
    EXPECT_TRUE(seen.insert(row[0]).second) << row[0];
    EXPECT_TRUE(outcomes.contains(row[1])) << row[0];
    EXPECT_TRUE(outcomes.contains(row[2])) << row[0];
    EXPECT_EQ(condition_of_issue(row[0]).code, row[3]);
    EXPECT_FALSE(row[4].empty());
  });
}

}  // namespace
}  // namespace liaison::hl7v2::testing
