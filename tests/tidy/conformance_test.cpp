// SPDX-License-Identifier: Apache-2.0
// The pages docs/reference/conformance-*.md and docs/reliability.md name a test for each requirement: each of them is there.
#include "sources.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

namespace {

/// "suite.name" of every case in the tests.
std::set<std::string> all_cases(const std::vector<tidy::source_file>& files) {
  static const std::regex declared(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  std::set<std::string> found;
  for (const auto& file : files) {
    if (!file.path.starts_with("tests/") || !tidy::is_code(file.path)) continue;
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), declared), end; at != end; ++at)
      found.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return found;
}

/// What stands in code marks and has the form of a case, in the last column of a table's row.
std::vector<std::string> named_in(const std::string& row) {
  static const std::regex name(R"(`(\w+\.\w+)`)");
  std::vector<std::string> found;
  const auto end = row.find_last_not_of(" |");
  if (end == std::string::npos) return found;
  const auto last = row.rfind('|', end);
  const std::string column = last == std::string::npos ? "" : row.substr(last);
  for (std::sregex_iterator at(column.begin(), column.end(), name), none; at != none; ++at) found.push_back((*at)[1]);
  return found;
}

/// Cases that a page names and nobody wrote; and rows that name none without saying why ("open").
std::vector<std::string> faults_of(const std::string& page, const std::set<std::string>& cases) {
  std::vector<std::string> faults;
  std::size_t begin = 0;
  bool in_table = false;
  while (begin < page.size()) {
    const auto end = std::min(page.find('\n', begin), page.size());
    const std::string line = page.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("|")) {
      in_table = false;
      continue;
    }
    if (line.starts_with("| ---")) {
      in_table = true;
      continue;
    }
    if (!in_table) continue;
    const auto named = named_in(line);
    if (named.empty() && line.find("open:") == std::string::npos) faults.push_back("no test: " + line);
    for (const auto& one : named)
      if (!cases.contains(one)) faults.push_back("no such test: " + one);
  }
  return faults;
}

}  // namespace

TEST(conformance_pages, name_tests_that_exist) {
  const auto files = tidy::all_files(LIAISON_SOURCE_DIRECTORY);
  const auto cases = all_cases(files);
  int pages = 0;
  for (const auto& file : files) {
    if (!file.path.starts_with("docs/reference/conformance-") && file.path != "docs/reliability.md") continue;
    ++pages;
    for (const auto& fault : faults_of(file.text, cases)) ADD_FAILURE() << file.path << ": " << fault;
  }
  EXPECT_GT(pages, 0);
}

TEST(conformance_pages, a_row_without_a_test_is_noticed) {
  const std::set<std::string> cases{"a.b"};
  EXPECT_TRUE(
      faults_of("| requirement | test |\n| --- | --- |\n| one | `a.b` |\n| two | open: no reader yet |\n", cases)
          .empty());
  EXPECT_EQ(faults_of("| requirement | test |\n| --- | --- |\n| one | `a.c` |\n", cases).size(), 1U);
  EXPECT_EQ(faults_of("| requirement | test |\n| --- | --- |\n| one | |\n", cases).size(), 1U);
}
