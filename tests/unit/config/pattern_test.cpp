// SPDX-License-Identifier: Apache-2.0
#include "core/config/pattern.hpp"

#include "core/config/nearest.hpp"

#include <gtest/gtest.h>

#include <chrono>

using liaison::config::edit_distance;
using liaison::config::nearest;
using liaison::config::pattern_matches;

TEST(pattern, table) {
  struct sample {
    const char *pattern, *text;
    bool matches;
  };
  const sample all[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"**", "", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "é", true},
      {"?", "€", true},
      {"??", "é", false},
      {"ADT^A0?", "adt^a01", true},
      {"ADT^A0?", "ADT^A0", false},
      {"ADT^A0?", "ADT^A011", false},
      {"a*c", "abbbc", true},
      {"a*c", "abbbcd", false},
      {"a*b*c", "a1b2b3c", true},
      {"a*b*c", "a1c2b", false},
      {"*ab", "aaab", true},
      {"*ab*", "xxabyy", true},
      {"*a?b", "xxaayb", true},
      {"hôpital*", "HÔPITAL NORD", true},
      {"HÔPITAL", "hopital", false},
      {"cœur", "CŒUR", true},
      {"Ÿ", "ÿ", true},
      {"×", "÷", false},
      {"ß", "ß", true},
      {"a.c", "abc", false},
      {"[a]", "a", false},
      {"\xE9*", "\xE9t\xE9", true},
      {"\xE9", "\xE8", false},
      {"é", "\xE9", false},
      {"?", "\xC3", true},
      {"*\xA9", "é", false},
  };
  for (const auto& one : all) {
    EXPECT_EQ(pattern_matches(one.pattern, one.text), one.matches) << one.pattern << " on " << one.text;
  }
}

TEST(pattern, the_worst_case_stays_quick) {
  std::string pattern, text(1U << 20, 'a');
  for (int i = 0; i < 120; ++i) pattern += "a*";
  pattern += "b";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(pattern_matches(pattern, text));
  EXPECT_FALSE(pattern_matches("*" + std::string(200, 'a') + "b", text.substr(0, 1U << 14)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(nearest, table) {
  struct sample {
    const char *written, *expected;
  };
  const std::vector<std::string> names{"destination", "source", "port", "PUT", "hl7v2", "fhir"};
  const sample all[] = {{"destinaton", "destination"},
                        {"detsination", "destination"},
                        {"Source", "source"},
                        {"prot", "port"},
                        {"GET", ""},
                        {"hl7", "hl7v2"},
                        {"fihr", "fhir"},
                        {"xyz", ""},
                        {"", ""},
                        {"destination_folder", ""},
                        {"h", ""}};
  for (const auto& one : all) EXPECT_EQ(nearest(one.written, names), one.expected) << one.written;
}

TEST(edit_distance, counts_insertions_deletions_replacements_and_swaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}
