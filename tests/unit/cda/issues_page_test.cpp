// SPDX-License-Identifier: Apache-2.0
// docs/reference/cda-issues.md is generated from the table of findings: this test is the generator and the check that
// it is fresh, and that no code is told that the table does not hold.
#include "cda_findings.hpp"
#include "run.hpp"
#include "../../support/issues_page.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace liaison::cda {
namespace {

std::string page() {
  const std::string out =
      "# Issues of the CDA translator\n\n"
      "Generated from `plugins/cda/src/cda_findings.cpp`; `LIAISON_UPDATE_GOLDEN=1 cda_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names an element or an attribute, never a value. What reading refuses comes first, "
      "then what `validate` tells\n"
      "(it refuses nothing: an error is what CI-SIS does not allow in a document that leaves), then what writing "
      "tells.\n\n";
  return out + test::table_of_refusals(finding_table);
}

std::set<std::string> codes_of_table() {
  std::set<std::string> codes;
  for (const auto& row : finding_table) codes.insert(row.code);
  return codes;
}

/// What the pattern finds in the sources of a folder, but for one file.
std::set<std::string> found_in(const std::string& folder, const std::string& pattern, std::string_view but) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (const auto& entry : std::filesystem::directory_iterator(LIAISON_SOURCE_DIRECTORY "/" + folder)) {
    if (entry.path().filename() == but) continue;
    const std::string text = read_file(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  }
  return found;
}

TEST(issues_page, is_fresh) { test::expect_fresh_page("cda-issues.md", page()); }

TEST(issues_page, codes_are_unique_and_in_the_order_of_the_enumeration) {
  test::expect_codes_in_order(finding_table, "cda-");
}

TEST(issues_page, only_the_table_spells_codes) {
  EXPECT_EQ(found_in("plugins/cda/src", "\"(cda-[a-z0-9-]+)\"", "cda_findings.cpp"), std::set<std::string>{});
}

TEST(issues_page, the_table_holds_each_defect_of_the_xml_reader) {
  const auto defects = found_in("plugins/common/src", "\"xml-([a-z-]+)\"", "");
  EXPECT_GE(defects.size(), 10U);
  const auto codes = codes_of_table();
  for (const std::string& defect : defects) EXPECT_TRUE(codes.contains("cda-" + defect)) << defect;
}

TEST(issues_page, every_finding_is_told_somewhere) {
  auto told = found_in("plugins/cda/src", "finding::([a-z0-9_]+)", "cda_findings.cpp");
  for (const std::string& defect : found_in("plugins/common/src", "\"xml-([a-z-]+)\"", "")) {
    std::string name = defect;
    std::ranges::replace(name, '-', '_');
    told.insert(name);
  }
  for (const auto& row : finding_table) {
    std::string name = std::string(row.code).substr(4);
    std::ranges::replace(name, '-', '_');
    EXPECT_TRUE(told.contains(name)) << row.code;
  }
}

}  // namespace
}  // namespace liaison::cda
