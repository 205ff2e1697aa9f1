// SPDX-License-Identifier: Apache-2.0
// docs/reference/metrics.md is written from the table of metrics; this test fails when the page is stale.
#include "core/observe/metrics_table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace {

std::string page() {
  std::ostringstream out;
  out << "# Metrics\n\n"
         "`GET /metrics` answers in the Prometheus text format. A metric appears with its first use. Labels hold names "
         "of the\n"
         "configuration, formats, states and codes, never anything of a patient.\n\n"
         "This page is written from `core/observe/metrics_table.cpp`: run `observe_test` with "
         "`LIAISON_WRITE_PAGES=1`.\n\n"
         "| name | type | labels | what it says |\n| --- | --- | --- | --- |\n";
  for (const auto& one : liaison::observe::metric_table()) {
    out << "| `" << one.name << "` | " << name_of(one.kind) << " | ";
    const char* between = "";
    for (const char* label : one.labels) {
      if (label == nullptr) break;
      out << between << '`' << label << '`';
      between = ", ";
    }
    out << " | " << one.help << " |\n";
  }
  out << "\nLimits of the histograms' buckets, in seconds:\n";
  for (const auto& one : liaison::observe::metric_table()) {
    if (one.buckets == liaison::observe::ladder::none) continue;
    out << "\n- `" << one.name << "`:";
    for (double limit : liaison::observe::bucket_limits(one.buckets)) out << ' ' << limit;
  }
  out << '\n';
  return out.str();
}

}  // namespace

TEST(metrics_page, is_what_the_table_says) {
  const std::string path = LIAISON_SOURCE_DIRECTORY "/docs/reference/metrics.md";
  if (std::getenv("LIAISON_WRITE_PAGES") != nullptr) std::ofstream(path) << page();
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), page()) << "stale: run this test with LIAISON_WRITE_PAGES=1";
}
