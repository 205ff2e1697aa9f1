// SPDX-License-Identifier: Apache-2.0
// docs/reference/xdm-issues.md is generated from the table of findings: this test is the generator and the check that
// it is fresh.
#include "archive.hpp"
#include "../../support/issues_page.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

std::string page() {
  const std::string out =
      "# Issues of the XDM translator\n\n"
      "Generated from `plugins/xdm/src/xdm_findings.cpp`; `LIAISON_UPDATE_GOLDEN=1 xdm_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names an entry of the archive, a DocumentEntry or an attribute, never a file's name "
      "or a "
      "value.\n\n";
  return out + test::table_of_refusals(finding_table);
}

TEST(issues_page, is_fresh) { test::expect_fresh_page("xdm-issues.md", page()); }

TEST(issues_page, codes_are_unique_and_in_the_order_of_the_enumeration) {
  test::expect_codes_in_order(finding_table, "xdm-");
}

}  // namespace
}  // namespace liaison::xdm
