// SPDX-License-Identifier: Apache-2.0
// Values, ranges, units and entities as laboratories write them.
#include "result_text.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

struct quantity_case {
  const char* raw;
  const char* understood;
  const char* json;
  const char* unit;
};

class quantities : public ::testing::TestWithParam<quantity_case> {};

TEST_P(quantities, are_read) {
  const quantity_text out = read_quantity(GetParam().raw);
  EXPECT_EQ(out.understood(GetParam().raw), GetParam().understood);
  EXPECT_EQ(out.json, GetParam().json);
  EXPECT_EQ(out.unit, GetParam().unit);
}

INSTANTIATE_TEST_SUITE_P(
    texts, quantities,
    ::testing::Values(quantity_case{"12.50", "12.50", "12.50", ""}, quantity_case{"3,12", "3.12", "3.12", ""},
                      quantity_case{"< 5.0", "<5.0", "5.0", ""}, quantity_case{"≤5", "<=5", "5", ""},
                      quantity_case{"-0,5", "-0.5", "-0.5", ""}, quantity_case{"+2", "+2", "2", ""},
                      quantity_case{"007", "007", "7", ""}, quantity_case{".5", ".5", "0.5", ""},
                      quantity_case{"250 000", "250000", "250000", ""}, quantity_case{"* 3.2", "3.2", "3.2", ""},
                      quantity_case{"3.2*", "3.2", "3.2", ""}, quantity_case{"< 0.12 mg/l", "<0.12", "0.12", "mg/l"},
                      quantity_case{"Limpide", "Limpide", "", ""}, quantity_case{"1/40", "1/40", "", ""},
                      quantity_case{"120/80", "120/80", "", ""}, quantity_case{"2 par champ", "2 par champ", "", ""},
                      quantity_case{" En cours ", "En cours", "", ""}, quantity_case{"", "", "", ""},
                      quantity_case{"1.2.3", "1.2.3", "", ""}, quantity_case{"A+", "A+", "", ""},
                      quantity_case{"13/01/2020", "13/01/2020", "", ""}));

struct range_case {
  const char* low;
  const char* high;
  const char* expected_low;
  const char* expected_high;
  bool merged;
};

class bounds : public ::testing::TestWithParam<range_case> {};

TEST_P(bounds, are_read) {
  const bounds_text out = read_bounds(GetParam().low, GetParam().high);
  EXPECT_EQ(out.low, GetParam().expected_low);
  EXPECT_EQ(out.high, GetParam().expected_high);
  EXPECT_EQ(out.merged, GetParam().merged);
}

INSTANTIATE_TEST_SUITE_P(
    texts, bounds,
    ::testing::Values(range_case{"3.5", "5.1", "3.5", "5.1", false}, range_case{"", "5,0", "", "5.0", false},
                      range_case{"2.20-2.60", "", "2.20", "2.60", true}, range_case{"-2 - 2", "", "-2", "2", true},
                      range_case{"-4--2", "", "-4", "-2", true}, range_case{"80 à 98", "", "80", "98", true},
                      range_case{"0.00", "9999.00", "", "", false}, range_case{"1.5", "9999", "1.5", "", false},
                      range_case{"0.40", "0.00", "0.40", "", false}, range_case{"0", "10", "0", "10", false},
                      range_case{"< 10", "", "", "10", false}, range_case{"> 60", "", "60", "", false},
                      range_case{"négatif", "", "", "", false}));

TEST(ranges, free_forms_of_sante) {
  EXPECT_EQ(read_range("vr : 4 a  10000").low, "4");
  EXPECT_EQ(read_range("vr : 4 a  10000").high, "10000");
  EXPECT_EQ(read_range("< 10000").high, "10000");
  EXPECT_EQ(read_range("(13,0 à 17,0)").high, "17.0");
  EXPECT_EQ(read_range("inférieur à 5,0").high, "5.0");
  EXPECT_FALSE(read_range("selon l'âge").understood);
  EXPECT_FALSE(read_range("12").understood);
}

TEST(bounds_text, keeps_what_is_no_number) { EXPECT_EQ(read_bounds("négatif", "").text, "négatif"); }

TEST(units, are_mapped_only_when_certain) {
  EXPECT_EQ(ucum_of("G/L"), "10*9/L");
  EXPECT_EQ(ucum_of("UI/L"), "[IU]/L");
  EXPECT_EQ(ucum_of("µmol/L"), "umol/L");
  EXPECT_EQ(ucum_of("μmol/L"), "umol/L");  // Greek mu
  EXPECT_EQ(ucum_of("unités"), "");
  EXPECT_EQ(ucum_of("Mmol/L"), "");
}

TEST(markup, is_decoded_and_the_rest_left_alone) {
  EXPECT_EQ(decode_markup("M&eacute;decin &#233; &#xE9; &lt;5 R&D <b> &inconnu; <br />"),
            "Médecin é é <5 R&D <b> &inconnu; ");
  EXPECT_EQ(decode_markup("a<br>b"), "a\nb");
  EXPECT_EQ(decode_markup("&#13;&#0;&#55296;"), "&#13;&#0;&#55296;");
  EXPECT_FALSE(has_markup("5 < 6 & 7"));
}

}  // namespace
}  // namespace liaison::hprim
