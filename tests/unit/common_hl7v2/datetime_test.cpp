// SPDX-License-Identifier: Apache-2.0
// Time stamps between HL7, HPRIM and FHIR, and French summer time at its borders.
#include <liaison/common/datetime.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

struct stamp_case {
  const char* hl7;
  const char* fhir;  // null: no possible date
};

class hl7_stamps : public testing::TestWithParam<stamp_case> {};

TEST_P(hl7_stamps, become_fhir_date_times) {
  const auto found = fhir_from_hl7(GetParam().hl7);
  if (GetParam().fhir == nullptr) {
    EXPECT_FALSE(found) << GetParam().hl7 << " gave " << *found;
  } else {
    ASSERT_TRUE(found) << GetParam().hl7;
    EXPECT_EQ(*found, GetParam().fhir);
  }
}

INSTANTIATE_TEST_SUITE_P(
    all, hl7_stamps,
    testing::Values(stamp_case{"2024", "2024"}, stamp_case{"202402", "2024-02"}, stamp_case{"20240229", "2024-02-29"},
                    stamp_case{"20230229", nullptr}, stamp_case{"2024022911", "2024-02-29T11:00:00+01:00"},
                    stamp_case{"202407011102", "2024-07-01T11:02:00+02:00"},
                    stamp_case{"20240701110203", "2024-07-01T11:02:03+02:00"},
                    stamp_case{"20240701110203.1234+0000", "2024-07-01T11:02:03.1234+00:00"},
                    stamp_case{"20240701110203+100", "2024-07-01T11:02:03+01:00"},
                    stamp_case{"20240701110203-0330", "2024-07-01T11:02:03-03:30"},
                    stamp_case{"20240701110203Z", "2024-07-01T11:02:03Z"}, stamp_case{"20240229+0100", "2024-02-29"},
                    stamp_case{" 20240229 ", "2024-02-29"}, stamp_case{"", nullptr}, stamp_case{"202", nullptr},
                    stamp_case{"20241301", nullptr}, stamp_case{"20240100", nullptr}, stamp_case{"2024010124", nullptr},
                    stamp_case{"202401011260", nullptr}, stamp_case{"20240101120000.", nullptr},
                    stamp_case{"2024-01-01", nullptr}, stamp_case{"20240101120000+2500", nullptr},
                    stamp_case{"0000", nullptr}, stamp_case{"99991231", "9999-12-31"},
                    stamp_case{"20240101120000.00000000000000000000000000000000000000000000000", nullptr}));

TEST(french_summer_time, changes_on_the_last_sundays_of_march_and_october) {
  EXPECT_EQ(offset_at(2024, 3, 31, 1, 59, "Europe/Paris"), "+01:00");
  EXPECT_EQ(offset_at(2024, 3, 31, 3, 0, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(2024, 10, 27, 1, 59, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(2024, 10, 27, 3, 0, "Europe/Paris"), "+01:00");
  EXPECT_EQ(offset_at(2023, 3, 26, 12, 0, "Europe/Paris"), "+02:00");
}

TEST(french_summer_time, follows_the_rules_of_its_year) {
  EXPECT_EQ(offset_at(1995, 9, 25, 0, 0, "Europe/Paris"), "+01:00");  // ended on 24 September
  EXPECT_EQ(offset_at(1996, 9, 30, 0, 0, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(1979, 3, 31, 12, 0, "Europe/Paris"), "+01:00");
  EXPECT_EQ(offset_at(1979, 4, 1, 12, 0, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(1978, 9, 30, 12, 0, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(1976, 3, 28, 2, 0, "Europe/Paris"), "+02:00");
  EXPECT_EQ(offset_at(1975, 7, 1, 0, 0, "Europe/Paris"), "+01:00");
}

TEST(zones, may_be_fixed_or_utc_and_unknown_ones_are_paris) {
  EXPECT_EQ(offset_at(2024, 7, 1, 0, 0, "+04:00"), "+04:00");
  EXPECT_EQ(offset_at(2024, 7, 1, 0, 0, "UTC"), "+00:00");
  EXPECT_EQ(offset_at(2024, 7, 1, 0, 0, "Mars/Olympus"), "+02:00");
  EXPECT_EQ(fhir_from_hl7("202407011200", "Indian/Reunion"), "2024-07-01T12:00:00+02:00");
  EXPECT_EQ(fhir_from_hl7("202407011200", "+04:00"), "2024-07-01T12:00:00+04:00");
}

TEST(fhir_date_times, become_hl7_stamps) {
  EXPECT_EQ(hl7_from_fhir("2024-02-29T11:02:00+01:00", hl7_zone::keep), "20240229110200+0100");
  EXPECT_EQ(hl7_from_fhir("2024-02-29T11:02:00+01:00", hl7_zone::drop), "20240229110200");
  EXPECT_EQ(hl7_from_fhir("2024-02-29T11:02:00.5Z", hl7_zone::keep), "20240229110200.5+0000");
  EXPECT_EQ(hl7_from_fhir("2024-02", hl7_zone::keep), "202402");
  EXPECT_EQ(hl7_from_fhir("2024", hl7_zone::drop), "2024");
  for (const char* wrong :
       {"", "24", "2024-13", "2024-02-30", "2024-02-29T", "2024-02-29T11", "2024-2-9", "2024-02-29T11:02:00+1",
        "2024-02-29T11:02:00.", "20240229", "2024-", "2024-02-29T1a:00:00Z"}) {
    EXPECT_FALSE(hl7_from_fhir(wrong, hl7_zone::keep)) << wrong;
  }
}

TEST(french_dates, take_their_century_from_now) {
  EXPECT_EQ(iso_from_french_date("17/03/1950", ""), "1950-03-17");
  EXPECT_EQ(iso_from_french_date("17/03/50", "2026-01-01T00:00:00Z"), "1950-03-17");
  EXPECT_EQ(iso_from_french_date("17/03/26", "2026-01-01T00:00:00Z"), "2026-03-17");
  EXPECT_EQ(iso_from_french_date("17/03/27", "2026-01-01T00:00:00Z"), "1927-03-17");
  EXPECT_EQ(iso_from_french_date("7/3/1950", ""), "1950-03-07");
  EXPECT_EQ(iso_from_french_date("1950-03-17", ""), "1950-03-17");
  for (const char* wrong :
       {"", "31/02/2000", "17/03", "17/03/50", "17/03/195", "a7/03/1950", "1950-02-30", "0/0/0000"}) {
    EXPECT_FALSE(iso_from_french_date(wrong, "")) << wrong;
  }
}

TEST(french_dates, are_written_in_the_precision_known) {
  EXPECT_EQ(french_from_iso_date("1950-03-17"), "17/03/1950");
  EXPECT_EQ(french_from_iso_date("1950-03-17T10:00:00+01:00"), "17/03/1950");
  EXPECT_EQ(french_from_iso_date("1950-03"), "03/1950");
  EXPECT_EQ(french_from_iso_date("1950"), "1950");
  EXPECT_EQ(french_from_iso_date("soon"), "");
}

}  // namespace
}  // namespace liaison
