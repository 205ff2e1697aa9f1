// SPDX-License-Identifier: Apache-2.0
// docs/reference/hprim-issues.md is generated from the table of findings: this test is the generator and the check that
// it is fresh.
#include "corpus.hpp"
#include "findings.hpp"
#include "../../support/issues_page.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

std::string page() {
  std::string out =
      "# Issues of the HPRIM translators\n\n"
      "Generated from `plugins/hprim/src/findings.cpp`; `LIAISON_UPDATE_GOLDEN=1 hprim_test "
      "--gtest_filter='issues_page*'` writes it.\n"
      "Codes are stable. An issue names line, segment or element, never a value of the message.\n\n"
      "| code | severity | meaning |\n| --- | --- | --- |\n";
  for (const finding_row& row : finding_table())
    out += "| `" + std::string(row.code) + "` | " + test::name_of_level(row.level) + " | " + row.sentence + " |\n";
  return out;
}

TEST(issues_page, is_fresh) { test::expect_fresh_page("hprim-issues.md", page()); }

TEST(issues_page, codes_are_unique_and_in_the_order_of_the_enumeration) {
  test::expect_codes_in_order(finding_table(), "hprim-");
}

}  // namespace
}  // namespace liaison::hprim
