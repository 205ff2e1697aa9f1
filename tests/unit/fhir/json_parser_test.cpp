// SPDX-License-Identifier: Apache-2.0
#include "json_parser.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

struct bad_case {
  const char* name;
  std::string text;
  const char* code;
  const char* location;  ///< "" when it is too long to write down
  bool good;             ///< the tree can still be used
};

class json_parser_bad : public testing::TestWithParam<bad_case> {};

TEST_P(json_parser_bad, says_what_and_where) {
  tree into;
  const parsed result = parse_json(GetParam().text, into);
  EXPECT_EQ(result.good, GetParam().good);
  ASSERT_FALSE(result.defects.empty());
  EXPECT_EQ(result.defects.front().code, GetParam().code);
  const bool is_short = GetParam().location[0] != 0;
  if (is_short) {
    EXPECT_EQ(result.defects.front().location, GetParam().location);
  }
}

std::string deep(char open, std::size_t count) {
  return R"({"resourceType":"Patient","x":)" + std::string(count, open);
}

INSTANTIATE_TEST_SUITE_P(
    inputs, json_parser_bad,
    testing::Values(
        bad_case{"empty", "", "fhir-json-empty", "line 1, column 1", false},
        bad_case{"blanks", " \n ", "fhir-json-empty", "line 2, column 2", false},
        bad_case{"truncated_object", "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"A\"", "fhir-json-truncated",
                 "line 1, column 48 (Patient.name[0])", false},
        bad_case{"truncated_string", "{\"resourceType\":\"Patient\",\"id\":\"A", "fhir-json-truncated",
                 "line 1, column 34 (Patient)", false},
        bad_case{"trailing", "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{}", "fhir-json-trailing",
                 "line 2, column 1", false},
        bad_case{"trailing_comma", "{\"resourceType\":\"Patient\",}", "fhir-json-syntax", "line 1, column 27 (Patient)",
                 false},
        bad_case{"comment", "{/*x*/\"resourceType\":\"Patient\"}", "fhir-json-syntax", "line 1, column 2", false},
        bad_case{"single_quotes", "{'resourceType':'Patient'}", "fhir-json-syntax", "line 1, column 2", false},
        bad_case{"number_beyond_all", "{\"resourceType\":\"Patient\",\"a\":1e999}", "fhir-json-number",
                 "line 1, column 36 (Patient)", false},
        bad_case{"leading_zero", "{\"resourceType\":\"Patient\",\"a\":01}", "fhir-json-syntax",
                 "line 1, column 33 (Patient)", false},
        bad_case{"plus", "{\"resourceType\":\"Patient\",\"a\":+1}", "fhir-json-syntax", "line 1, column 31 (Patient)",
                 false},
        bad_case{"bare_point", "{\"resourceType\":\"Patient\",\"a\":1.}", "fhir-json-syntax",
                 "line 1, column 33 (Patient)", false},
        bad_case{"nan", "{\"resourceType\":\"Patient\",\"a\":NaN}", "fhir-json-syntax", "line 1, column 31 (Patient)",
                 false},
        bad_case{"control_character", "{\"resourceType\":\"Patient\",\"a\":\"x\ny\"}", "fhir-json-syntax",
                 "line 1, column 33 (Patient)", false},
        bad_case{"bad_escape", "{\"resourceType\":\"Patient\",\"a\":\"\\x\"}", "fhir-json-syntax",
                 "line 1, column 34 (Patient)", false},
        bad_case{"lone_surrogate", "{\"resourceType\":\"Patient\",\"a\":\"\\ud83d\"}", "fhir-json-not-utf-8",
                 "line 1, column 38 (Patient)", false},
        bad_case{"latin_1", "{\"resourceType\":\"Patient\",\"a\":\"\xE9t\"}", "fhir-json-not-utf-8",
                 "line 1, column 32 (Patient)", false},
        bad_case{"overlong", "{\"resourceType\":\"Patient\",\"a\":\"\xC0\xAF\"}", "fhir-json-not-utf-8",
                 "line 1, column 32 (Patient)", false},
        bad_case{"deep_arrays", deep('[', 100'000), "fhir-too-deep", "", false},
        bad_case{"byte_order_mark", "\xEF\xBB\xBF{\"resourceType\":\"Patient\",\"id\":\"a\"}",
                 "fhir-json-byte-order-mark", "line 1, column 1", true},
        bad_case{"duplicate", "{\"resourceType\":\"Patient\",\"id\":\"a\",\"id\":\"b\"}", "fhir-json-duplicate-name",
                 "Patient.id", true},
        bad_case{"null", "{\"resourceType\":\"Patient\",\"id\":null}", "fhir-json-null", "Patient.id", true},
        bad_case{"array_of_nulls", "{\"resourceType\":\"Patient\",\"name\":[null]}", "fhir-json-null", "Patient.name",
                 true},
        bad_case{"empty_array", "{\"resourceType\":\"Patient\",\"name\":[]}", "fhir-json-empty-array", "Patient.name",
                 true},
        bad_case{"empty_object", "{\"resourceType\":\"Patient\",\"name\":[{}]}", "fhir-json-empty-object",
                 "Patient.name[0]", true},
        bad_case{"empty_string", "{\"resourceType\":\"Patient\",\"id\":\"\"}", "fhir-json-empty-string", "Patient.id",
                 true}),
    [](const auto& of) { return std::string(of.param.name); });

// The location of something nested too deep is long and cut; only that it names the place matters.
TEST(json_parser, deep_nesting_costs_neither_stack_nor_time) {
  tree into;
  std::string objects = R"({"resourceType":"Patient")";
  for (int i = 0; i < 100'000; ++i) objects += R"(,"a":{"b":1)";
  const parsed result = parse_json(objects, into);
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.defects.front().code, "fhir-too-deep");
  EXPECT_LT(result.defects.front().location.size(), 400U);
}

TEST(json_parser, finds_a_duplicate_among_many_names) {
  std::string text = R"({"resourceType":"Patient")";
  for (int i = 0; i < 5000; ++i) text += ",\"n" + std::to_string(i) + "\":1";
  text += ",\"n17\":2}";
  tree into;
  const parsed result = parse_json(text, into);
  EXPECT_TRUE(result.good);
  ASSERT_EQ(result.defects.size(), 1U);
  EXPECT_EQ(result.defects[0].location, "Patient.n17");
}

TEST(json_parser, keeps_digits_order_and_characters) {
  const std::string text =
      R"({"resourceType":"Basic","a":[1.0,1.00,-0,1E-245,12345678901234567890],"b":true,"c":{"d":"é\"\\/","e":["x"]}})";
  tree into;
  ASSERT_TRUE(parse_json(text, into).good);
  std::string out;
  write_json(into, 0, out);
  EXPECT_EQ(out, text);
  EXPECT_EQ(into.text(0, "a/3"), "1E-245");
  EXPECT_EQ(into.pointer(into.find(0, "c/e/0")), "/c/e/0");
  EXPECT_EQ(into.location(into.find(0, "c/e/0")), "Basic.c.e[0]");
}

TEST(json_parser, decodes_escapes) {
  tree into;
  ASSERT_TRUE(parse_json(R"({"resourceType":"Basic","a":"\u00e9\ud83d\ude00\n\t\u0041\/"})", into).good);
  EXPECT_EQ(into.text(0, "a"), "\xC3\xA9\xF0\x9F\x98\x80\n\tA/");
}

TEST(json_parser, has_a_limit_on_elements) {
  std::string text = R"({"resourceType":"Basic","a":[1)";
  for (int i = 0; i < 100; ++i) text += ",1";
  tree into;
  const parsed result = parse_json(text + "]}", into, {.size_bytes_max = 1 << 20, .depth_max = 10, .nodes_max = 50});
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.defects.front().code, "fhir-too-many-elements");
}

}  // namespace
}  // namespace liaison::fhir
