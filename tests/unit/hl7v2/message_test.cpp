// SPDX-License-Identifier: Apache-2.0
// The index over a message: separators, segments cut and joined, escapes, locations, limits.
#include "message.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace liaison::hl7v2 {
namespace {

TEST(message_index, finds_fields_components_and_subcomponents) {
  const message of("MSH|^~\\&|APP|FAC^1.2.3^ISO\rPID|1||a^^^N&1.2&ISO^PI~b||X\r");
  ASSERT_EQ(of.defect(), parse_defect::none);
  ASSERT_EQ(of.size(), 2U);
  EXPECT_EQ(of.at(0)[1].text(), "|");
  EXPECT_EQ(of.at(0)[2].text(), "^~\\&");
  EXPECT_EQ(of.at(0)[3].text(), "APP");
  EXPECT_EQ(of.at(0)[4].component(2), "1.2.3");
  const segment pid = of.find("PID");
  EXPECT_EQ(pid[3].first().subcomponent(4, 2), "1.2");
  EXPECT_EQ(pid[5].text(), "X");
  EXPECT_EQ(pid[99].text(), "");
  EXPECT_EQ(pid.field_count(), 5U);
  std::vector<std::string_view> identifiers;
  for (const auto piece : pid[3].repetitions()) identifiers.push_back(piece);
  EXPECT_EQ(identifiers, (std::vector<std::string_view>{"a^^^N&1.2&ISO^PI", "b"}));
  EXPECT_FALSE(of.find("ZZZ"));
}

TEST(message_index, takes_the_separators_from_the_header) {
  const message of("MSH#*%!/#A\rPID#1##x*y%z\r");
  ASSERT_EQ(of.defect(), parse_defect::none);
  EXPECT_EQ(of.find("PID")[3].component(2), "y");
  EXPECT_EQ(of.by().repetition, '%');
  EXPECT_EQ(of.by().escape, '!');
}

TEST(message_index, reads_short_and_long_encoding_characters) {
  EXPECT_EQ(message("MSH|^~|A\r").by().escape, '\\');
  EXPECT_EQ(message("MSH|^~\\&#|A\r").defect(), parse_defect::none);
  for (const char* wrong :
       {"MSH|^^\\&|A\r", "MSH|^~\\&#@|A\r", "MSH|^a\\&|A\r", "MSH||A|B|C\r", "MSHA^~\\&|A\r", "MSH| ~\\&|A\r"}) {
    EXPECT_NE(message(wrong).defect(), parse_defect::none) << wrong;
  }
}

TEST(message_index, cuts_segments_at_every_kind_of_line_end) {
  for (const char* end : {"\r", "\n", "\r\n", "\r\r", "\n\n", "\r \r"}) {
    const std::string text = std::string("MSH|^~\\&|A") + end + "PID|1" + end + "PV1|1";
    const message of(text);
    EXPECT_EQ(of.size(), 3U) << testing::PrintToString(end);
    EXPECT_EQ(of.at(2)[1].text(), "1");
    EXPECT_EQ(of.stray_lines(), 0U);
  }
  EXPECT_TRUE(message("MSH|^~\\&|A\nPID|1").has_line_feeds());
  EXPECT_FALSE(message("MSH|^~\\&|A\rPID|1\r").has_line_feeds());
}

TEST(message_index, keeps_a_line_end_inside_a_field) {
  const message of("MSH|^~\\&|A\rOBX|1|ED|x||^TEXT^XML^Base64^QUJD\nREVG\nZ2hp||||||F\rNTE|1\r");
  ASSERT_EQ(of.size(), 3U);
  EXPECT_EQ(of.at(1)[5].component(5), "QUJD\nREVG\nZ2hp");
  EXPECT_EQ(of.at(1)[11].text(), "F");
  EXPECT_EQ(of.stray_lines(), 2U);
}

TEST(message_index, reads_segments_that_stop_early_and_z_segments) {
  const message of("MSH|^~\\&|A\rPV2\rZBE|1|2\r");
  ASSERT_EQ(of.size(), 3U);
  EXPECT_EQ(of.at(1).name(), "PV2");
  EXPECT_EQ(of.at(1)[1].text(), "");
  EXPECT_EQ(of.at(2)[2].text(), "2");
}

TEST(message_index, crosses_the_sixteen_byte_blocks) {
  for (std::size_t width = 0; width < 70; ++width) {
    const std::string filler(width, 'x');
    const std::string text = "MSH|^~\\&|" + filler + "|B\rOBX|" + filler + "|" + filler + "|C\r";
    const message of(text);
    ASSERT_EQ(of.size(), 2U) << width;
    EXPECT_EQ(of.at(0)[3].text(), filler);
    EXPECT_EQ(of.at(0)[4].text(), "B");
    EXPECT_EQ(of.at(1)[2].text(), filler);
    EXPECT_EQ(of.at(1)[3].text(), "C");
  }
}

TEST(message_index, stops_at_its_limits) {
  parse_limits limits;
  limits.segments_max = 3;
  EXPECT_EQ(message("MSH|^~\\&|A\rA01|1\rA02|1\rA03|1\r", limits).defect(), parse_defect::too_many_segments);
  limits = {};
  limits.fields_max = 10;
  EXPECT_EQ(message("MSH|^~\\&|A\rPID||||||||||||\r", limits).defect(), parse_defect::too_many_fields);
  limits = {};
  limits.size_bytes_max = 20;
  EXPECT_EQ(message("MSH|^~\\&|A\rPID|1|2|3|4|5|6\r", limits).defect(), parse_defect::too_large);
}

TEST(message_index, walks_many_repetitions_in_time_in_proportion) {
  std::string text = "MSH|^~\\&|A\rPID|1||";
  for (int i = 0; i < 400'000; ++i) text += "1^^^A&1.2.3&ISO^PI~";
  const auto before = std::chrono::steady_clock::now();
  const message of(text);
  std::size_t count = 0;
  for (const auto piece : of.find("PID")[3].repetitions()) count += piece.empty() ? 0 : 1;
  EXPECT_EQ(count, 400'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST(locations, name_the_segment_as_people_do) {
  const message of("MSH|^~\\&|A\rPID|1\rOBX|1\rOBX|2\rPID|2\r");
  EXPECT_EQ(location(of.at(1), {5, 1}), "PID-5.1");
  EXPECT_EQ(location(of.at(3), {5, 3}), "OBX[2]-5.3");
  EXPECT_EQ(location(of.at(1), {3, 4, 2, 2}), "PID-3[2].4.2");
  EXPECT_EQ(location(of.at(4), {3}), "PID[2]-3");
  EXPECT_EQ(location(of.at(2)), "OBX[1]");
}

struct escape_case {
  const char* raw;
  const char* text;
};
class escapes : public ::testing::TestWithParam<escape_case> {};
TEST_P(escapes, are_replaced) { EXPECT_EQ(unescape(GetParam().raw, {}), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(all, escapes,
                         ::testing::Values(escape_case{"a\\F\\b", "a|b"}, escape_case{"\\S\\\\T\\\\R\\\\E\\", "^&~\\"},
                                           escape_case{"a\\.br\\b", "a\nb"}, escape_case{"a\\.sp2\\b", "a\n\nb"},
                                           escape_case{"a\\.sk3\\b", "a   b"}, escape_case{"\\H\\x\\N\\", "x"},
                                           escape_case{"\\X0D0A\\", "\r\n"}, escape_case{"\\XC3A9\\", "\xC3\xA9"},
                                           escape_case{"\\XE9\\", "\xC3\xA9"}, escape_case{"C:\\temp", "C:\\temp"},
                                           escape_case{"\\", "\\"}, escape_case{"\\\\", "\\\\"},
                                           escape_case{"\\Zxy\\", "\\Zxy\\"}, escape_case{"\\X0\\", "\\X0\\"},
                                           escape_case{"\\.sp999\\", "\\.sp999\\"},
                                           escape_case{"no escapes", "no escapes"}));

TEST(escaping, goes_both_ways) {
  const std::string text = "a|b^c~d\\e&f\ng\th\x01";
  EXPECT_EQ(unescape(escape(text, {}), {}), text);
  EXPECT_EQ(escape("a|b^c~d\\e&f\ng", {}), "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f\\.br\\g");
}

}  // namespace
}  // namespace liaison::hl7v2
