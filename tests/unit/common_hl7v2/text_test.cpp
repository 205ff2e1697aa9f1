// SPDX-License-Identifier: Apache-2.0
// Small text functions, and the key of a matricule with the published and computed vectors.
#include <liaison/common/text.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

TEST(trim, takes_blanks_of_both_kinds_from_both_ends) {
  EXPECT_EQ(trim(" \t\r\n\xC2\xA0 a b \xC2\xA0"), "a b");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \xC2\xA0"), "");
  EXPECT_EQ(trim("\xC3\xA0"), "\xC3\xA0");  // "à" ends in the second byte of a no-break space
}

TEST(split, keeps_empty_pieces) {
  EXPECT_EQ(split("a||b|", '|'), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", '|'), (std::vector<std::string_view>{""}));
}

TEST(case_folding, is_ascii_only) {
  EXPECT_TRUE(equals_ignoring_case("Base64", "bASE64"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\xA9", "\xC3\x89"));
}

TEST(json_numbers, are_those_of_rfc_8259) {
  for (const char* right : {"0", "-1.50", "1e5", "1.0E-3", "12345678901234567890", "0.0", "1E-245", "1E245"})
    EXPECT_TRUE(is_json_number(right)) << right;
  for (const char* wrong : {"", "-", "+1", "01", ".5", "1.", "1e", "1,5", "1 ", "0x1", "--1", "1e999999", "1e301", "1E-1000"})
    EXPECT_FALSE(is_json_number(wrong)) << wrong;
  EXPECT_FALSE(is_json_number(std::string(65, '1'))) << "no reader must hold it";
}

TEST(xml_text, is_escaped_and_free_of_forbidden_characters) {
  EXPECT_EQ(escape_xml("a<b & \"c\">\x01\n"), "a&lt;b &amp; &quot;c&quot;&gt;\n");
  EXPECT_EQ(escape_xml("x\xEF\xBF\xBFy\xEF\xBF\xBDz"), "xy\xEF\xBF\xBDz");
}

TEST(matricule, with_the_right_key_is_taken) {
  for (const char* right : {"279035121518989", "277076322082910", "255081416802538", "247035118500129",
                            "100002A00000019", "100002B00000046", "180202A99900110", "180202B99900137",
                            "700009900000180", "800009900000130", "100000000004797", "100000000004601"}) {
    EXPECT_TRUE(nir_key_is_right(right)) << right;
  }
}

TEST(matricule, with_anything_else_is_not) {
  for (const char* wrong : {"123456789012345", "123456789012244", "277076322082911", "2770763220829106",
                            "27707279035121518989", "100019A00000019", "10A000100000010", "27903512151898O", "",
                            "000000000000000", "000000000000097", "2 79035121518989", "100002a00000019"}) {
    EXPECT_FALSE(nir_key_is_right(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace liaison
