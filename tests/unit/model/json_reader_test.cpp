// SPDX-License-Identifier: Apache-2.0
#include <liaison/json_reader.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace liaison::detail {
namespace {

bool is_json(std::string_view text) {
  json_reader in(text);
  in.skip();
  return in.complete();
}

TEST(json_reader, takes_what_is_json) {
  for (const std::string_view text : {"{}", "[]", " null ", "true", "false", "0", "-0.5e+3", "1E9", "\"\"", R"("\u00e9\ud83d\ude00\n\/")",
                                      R"({"a":[1,{"b":[]},"x"],"c":{}})", "[[[]]]", "\t[\n1 , 2\r]", "123456789012345678901234567890"})
    EXPECT_TRUE(is_json(text)) << text;
}

TEST(json_reader, refuses_everything_else) {
  for (const std::string_view text :
       {"", " ", "{", "[", "]", "}", "[1,]", "[,1]", "[1 2]", R"({"a"})", R"({"a":})", R"({"a":1,})", R"({a:1})", R"({"a":1]})", "[1}", "nul",
        "truefalse", "01", "-", "1.", ".5", "1e", "+1", "\"", "\"\\\"", R"("\x")", R"("\u12g4")", R"("\ud83d")", R"("\ud83dx")", R"("\ude00")",
        "\"\n\"", "[] []", "{}x", "'a'", "[\"a]"})
    EXPECT_FALSE(is_json(text)) << text;
  EXPECT_FALSE(is_json(std::string_view("[1]\0", 4)));
  EXPECT_FALSE(is_json(std::string_view("\"a\0b\"", 5)));
}

TEST(json_reader, every_cut_of_a_text_is_refused) {
  const std::string_view text = R"({"a long name":["\u00e9 and more text",-12.5e3,true,null,{"b":""}]})";
  ASSERT_TRUE(is_json(text));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(is_json(text.substr(0, size))) << size;
}

TEST(json_reader, depth_is_limited_whether_skipped_or_entered) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(is_json(nested(json_reader::depth_max)));
  EXPECT_FALSE(is_json(nested(json_reader::depth_max + 1)));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
  const std::string deep = nested(json_reader::depth_max + 1);
  json_reader in(deep);
  unsigned entered = 0;
  while (in.enter_array() && in.next_element()) ++entered;
  EXPECT_EQ(entered, json_reader::depth_max);
  EXPECT_TRUE(in.failed());
}

TEST(json_reader, texts_are_decoded_wherever_their_escapes_stand) {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string plain(before, 'x');
    const std::string text = "\"" + plain + R"(\"\u20ac\ud83d\ude00é")";
    json_reader in(text);
    std::string read = "old";
    EXPECT_TRUE(in.text(read));
    EXPECT_EQ(read, plain + "\"€😀é");
    EXPECT_TRUE(in.complete());
  }
}

TEST(json_reader, what_is_of_another_type_is_skipped) {
  json_reader in(R"({"a\u0062":1,"text":{"x":[1]},"number":"5","flag":null,"negative":-1,"fraction":1.0,"large":18446744073709551616,
                     "largest":18446744073709551615,"yes":true,"raw": [1, {"a":"}"}] })");
  std::vector<std::string> names;
  std::string text = "kept";
  std::uint64_t number = 7, largest = 0;
  bool flag = false;
  std::string_view raw;
  ASSERT_TRUE(in.enter_object());
  for (std::string_view name; in.next_member(name);) {
    names.emplace_back(name);
    if (names.back() == "text") EXPECT_FALSE(in.text(text));
    else if (names.back() == "flag") EXPECT_FALSE(in.flag(flag));
    else if (names.back() == "largest") EXPECT_TRUE(in.number(largest));
    else if (names.back() == "yes") EXPECT_TRUE(in.flag(flag));
    else if (names.back() == "raw") raw = in.raw();
    else if (names.back() == "ab") EXPECT_FALSE(in.enter_array());
    else EXPECT_FALSE(in.number(number)) << names.back();
  }
  EXPECT_TRUE(in.complete());
  EXPECT_EQ(names.size(), 10U);
  EXPECT_EQ(names.front(), "ab");
  EXPECT_EQ(text, "kept");
  EXPECT_EQ(number, 7U);
  EXPECT_EQ(largest, UINT64_MAX);
  EXPECT_TRUE(flag);
  EXPECT_EQ(raw, R"([1, {"a":"}"}])");
}

}  // namespace
}  // namespace liaison::detail
