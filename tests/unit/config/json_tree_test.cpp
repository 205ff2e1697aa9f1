// SPDX-License-Identifier: Apache-2.0
#include "core/config/json_tree.hpp"

#include <gtest/gtest.h>

namespace config = liaison::config;
using config::json_kind;

namespace {

config::node parsed(std::string_view text, std::size_t findings_expected = 0) {
  std::vector<config::finding> findings;
  auto root = config::parse_json(text, "x", findings);
  EXPECT_EQ(findings.size(), findings_expected) << text;
  return root;
}

std::string at(const config::place& where) { return std::to_string(where.line) + ":" + std::to_string(where.column); }

}  // namespace

TEST(json_tree, each_kind_of_value_knows_its_place) {
  auto root = parsed(
      "{\n"
      "  \"a\": -12,\n"
      "  \"b\\\"c\\\\\":   \"é\\\"\\\\\" , \"d\": [true, null,-1.5e2],\n"
      "\t\"e\": {}, \"f\" : [ ]}");
  EXPECT_EQ(at(root.at), "1:1");
  struct expected {
    const char *key, *key_at, *value_at;
    json_kind kind;
  };
  const expected all[] = {{"a", "2:3", "2:8", json_kind::integer},
                          {"b\"c\\", "3:3", "3:15", json_kind::text},
                          {"d", "3:25", "3:30", json_kind::array},
                          {"e", "4:2", "4:7", json_kind::object},
                          {"f", "4:11", "4:17", json_kind::array}};
  ASSERT_EQ(root.members.size(), std::size(all));
  for (std::size_t i = 0; i < std::size(all); ++i) {
    EXPECT_EQ(root.members[i].key, all[i].key);
    EXPECT_EQ(at(root.members[i].at), all[i].key_at) << all[i].key;
    EXPECT_EQ(at(root.members[i].value.at), all[i].value_at) << all[i].key;
    EXPECT_EQ(root.members[i].value.kind, all[i].kind) << all[i].key;
  }
  EXPECT_EQ(root.find("b\"c\\")->text, "é\"\\");
  const auto& items = root.find("d")->items;
  EXPECT_EQ(at(items[0].at) + " " + at(items[1].at) + " " + at(items[2].at), "3:31 3:37 3:42");
  EXPECT_EQ(items[2].integer, -150);
}

TEST(json_tree, numbers) {
  auto root = parsed("[9223372036854775807, 18446744073709551615, 1.5, 2.0, 1e400]", 1);
  EXPECT_EQ(root.kind, json_kind::null);  // 1e400 is no number
  root = parsed("[9223372036854775807, 18446744073709551615, 1.5, 2.0, -0]");
  EXPECT_EQ(root.items[0].integer, INT64_MAX);
  EXPECT_EQ(root.items[1].kind, json_kind::number);
  EXPECT_EQ(root.items[2].kind, json_kind::number);
  EXPECT_EQ(root.items[3].kind, json_kind::integer);
  EXPECT_EQ(root.items[4].integer, 0);
}

TEST(json_tree, the_later_of_two_counts_and_is_told) {
  std::vector<config::finding> findings;
  auto root = config::parse_json("{\"a\": [{}, {\"b\": 1,\n\"b\": 2}]}", "x", findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(to_text(findings[0]), "x:2:1: error: a.1.b: the same key is already in line 1");
  EXPECT_EQ(root.find("a")->items[1].find("b")->integer, 2);
}

TEST(json_tree, hostile_text_is_a_finding) {
  const std::string deep(100'000, '[');
  for (const std::string& text :
       {deep, std::string("{\"a\":") + deep, std::string(), std::string("{"), std::string("\"\xFF\""),
        std::string("{\"a\":1}\0", 8), std::string("nul"), std::string("\xEF\xBB\xBF")}) {
    parsed(text, 1);
  }
  std::vector<config::finding> findings;
  config::parse_json(std::string(config::json_size_bytes_max + 1, ' '), "x", findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].text, "larger than 16777216 bytes");
}

TEST(json_tree, a_byte_order_mark_is_no_character) {
  auto root = parsed("\xEF\xBB\xBF{\"a\": 1}");
  EXPECT_EQ(at(root.members[0].at), "1:2");
}

TEST(json_tree, is_written_as_it_was_read) {
  const std::string text = R"({"a":[1,2.5,"é\"\n",null,true,{}],"b":{"c":-7}})";
  EXPECT_EQ(config::to_json(parsed(text)), text);
}
