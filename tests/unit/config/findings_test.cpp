// SPDX-License-Identifier: Apache-2.0
// Runs the cases of findings.txt. With LIAISON_WRITE_CASES=1 it writes what it found into the file, for review.
#include "core/config/load.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace config = liaison::config;

namespace {

const std::string folder = LIAISON_SOURCE_DIRECTORY "/tests/unit/config";

struct finding_case {
  std::string name, text, expected;
  std::vector<std::string> overrides;
};

struct case_file {
  std::string head;
  std::vector<finding_case> cases;
};

case_file read_cases() {
  case_file all;
  std::ifstream file(folder + "/findings.txt");
  enum class part { head, configuration, findings } part = part::head;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      all.cases.push_back({line.substr(4), "", "", {}});
      part = part::configuration;
    } else if (line == "--- findings") {
      part = part::findings;
    } else if (part == part::head) {
      all.head += line + "\n";
    } else if (part == part::configuration && line.starts_with("--set ")) {
      all.cases.back().overrides.push_back(line.substr(6));
    } else if (part == part::configuration) {
      all.cases.back().text += line + "\n";
    } else if (!line.empty()) {
      all.cases.back().expected += line + "\n";
    }
  }
  return all;
}

std::string found_in(const finding_case& one) {
  const config::load_options options{
      .overrides = one.overrides,
      .formats = {"hl7v2", "cda", "hprim-medecin", "hprim-sante", "hprim-xml", "fhir", "xdm"}};
  const auto loaded = config::load_text(one.text, "x.json", options);
  std::string text;
  for (const auto& finding : loaded.findings) {
    std::string line = to_text(finding);
    if (line.starts_with("x.json:")) line = line.substr(line.find_first_not_of(' ', 7));
    text += line + "\n";
  }
  EXPECT_EQ(loaded.configuration == nullptr, has_error(loaded.findings)) << one.name;
  return text;
}

}  // namespace

TEST(findings, are_complete_and_say_where) {
  std::filesystem::current_path(folder);  // the cases name files that are, and are not, there
  case_file all = read_cases();
  ASSERT_GT(all.cases.size(), 25U);
  std::ostringstream rewritten;
  rewritten << all.head;
  for (const auto& one : all.cases) {
    const std::string found = found_in(one);
    if (std::getenv("LIAISON_WRITE_CASES") == nullptr) {
      EXPECT_EQ(found, one.expected) << one.name;
    }
    if (&one != &all.cases.front()) rewritten << '\n';
    rewritten << "=== " << one.name << '\n';
    for (const auto& set : one.overrides) rewritten << "--set " << set << '\n';
    rewritten << one.text << "--- findings\n" << found;
  }
  if (std::getenv("LIAISON_WRITE_CASES") != nullptr) std::ofstream("findings.txt") << rewritten.str();
}
