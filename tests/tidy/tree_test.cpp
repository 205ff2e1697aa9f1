// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

std::string said(const tidy::source_file& file, const std::vector<tidy::violation>& found) {
  std::string text;
  for (const auto& one : found) text += file.path + ":" + std::to_string(one.line) + ": " + one.text + "\n";
  return text;
}

bool excepted(const std::string& rule, const std::string& path) {
  const auto all = tidy::exceptions();
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return rule == one.rule && path == one.path; });
}

class tidy_rule : public testing::TestWithParam<std::size_t> {
 protected:
  const tidy::rule& rule() const { return tidy::rules()[GetParam()]; }
};

}  // namespace

TEST_P(tidy_rule, holds_for_every_file) {
  static const auto files = tidy::all_files(LIAISON_SOURCE_DIRECTORY);
  ASSERT_GT(files.size(), 100U);
  for (const auto& file : files) {
    const auto found = rule().check(file);
    if (!excepted(rule().name, file.path)) {
      EXPECT_TRUE(found.empty()) << said(file, found);
    }
  }
}

TEST_P(tidy_rule, notices_what_breaks_it_and_nothing_else) {
  for (const auto& one : rule().bad) EXPECT_FALSE(rule().check({one.path, one.text}).empty()) << one.text;
  for (const auto& one : rule().good) {
    const tidy::source_file file{one.path, one.text};
    EXPECT_TRUE(rule().check(file).empty()) << said(file, rule().check(file));
  }
}

INSTANTIATE_TEST_SUITE_P(tree, tidy_rule, testing::Range<std::size_t>(0, tidy::rules().size()),
                         [](const auto& at) { return std::string(tidy::rules()[at.param].name); });

TEST(tidy, long_files_are_noticed) {
  for (const auto& rule : tidy::rules()) {
    if (std::string(rule.name) != "files_stay_small") continue;
    EXPECT_TRUE(rule.check({"core/a/b.cpp", std::string(600, '\n')}).empty());
    EXPECT_FALSE(rule.check({"core/a/b.cpp", std::string(601, '\n')}).empty());
  }
}

TEST(tidy, code_is_told_from_comments_and_literals) {
  EXPECT_EQ(tidy::code_only("a \"b\\\"c\" d // e\nf /* g\n */ h 'i' 1'000 R\"x(j)\"x)x\" k"),
            "a        d     \nf     \n    h     1'000             k");
}

TEST(tidy, exceptions_have_a_reason) {
  for (const auto& one : tidy::exceptions()) EXPECT_GT(std::string(one.reason).size(), 10U) << one.path;
}
