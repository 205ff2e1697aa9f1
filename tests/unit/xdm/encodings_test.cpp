// SPDX-License-Identifier: Apache-2.0
#include "encodings.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

TEST(encodings, identifiers_as_the_guides_print_them) {
  EXPECT_EQ(cx_of({"248053599810704", "1.2.250.1.213.1.4.10", "NH"}), "248053599810704^^^&1.2.250.1.213.1.4.10&ISO^NH");
  const identifier id = identifier_of_cx("IPP-1^^^&2.999&ISO^PI");
  EXPECT_EQ(id.value, "IPP-1");
  EXPECT_EQ(id.oid, "2.999");
  EXPECT_EQ(id.type, "PI");
}

TEST(encodings, people_and_organisations_come_back) {
  person who{{"899900000001", "1.2.250.1.71.4.2.1", "IDNPS"}, "D^URAND & FILS", "Jean", "", "", false};
  const std::string xcn = xcn_of(who);
  EXPECT_EQ(xcn, "899900000001^D\\S\\URAND \\T\\ FILS^Jean^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS");
  const person back = person_of_xcn(xcn);
  EXPECT_EQ(back.family, who.family);
  EXPECT_EQ(back.id.oid, who.id.oid);
  EXPECT_EQ(back.id.type, "IDNPS");
  const std::string xon = xon_of({{"1999999999", "1.2.250.1.71.4.2.2", "IDNST"}, "STRUCTURE"});
  EXPECT_EQ(xon, "STRUCTURE^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1999999999");
  EXPECT_EQ(organization_of_xon(xon).id.value, "1999999999");
  EXPECT_EQ(xon_of({{}, "SEUL LE NOM"}), "SEUL LE NOM");
  const recipient to = recipient_of("|" + xcn + "|^^Internet^a@b.fr");
  EXPECT_EQ(to.mail, "a@b.fr");
  EXPECT_EQ(to.who.given, "Jean");
  EXPECT_EQ(text_of(to), "|" + xcn + "|^^Internet^a@b.fr");
}

TEST(encodings, times_in_utc_by_the_calendar) {
  EXPECT_EQ(utc_of_fhir("2024-03-01T00:30:00+01:00"), "20240229233000");
  EXPECT_EQ(utc_of_fhir("2023-12-31T23:30:15-02:00"), "20240101013015");
  EXPECT_EQ(utc_of_fhir("2025-07-01T12:00:00Z"), "20250701120000");
  EXPECT_EQ(utc_of_fhir("2025-07-01T12:00:00.250+02:00"), "20250701100000");
  EXPECT_EQ(utc_of_fhir("2025-07-01"), "20250701");
  EXPECT_EQ(utc_of_fhir("yesterday"), "");
  EXPECT_EQ(fhir_of_utc("20240229233000"), "2024-02-29T23:30:00+00:00");
}

TEST(encodings, a_uuid_as_an_oid) {
  EXPECT_EQ(oid_of_uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), "2.25.329800735698586629295641978511506172918");
  EXPECT_EQ(oid_of_uuid("00000000-0000-0000-0000-000000000000"), "2.25.0");
}

}  // namespace
}  // namespace liaison::xdm
