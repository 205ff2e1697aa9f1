// SPDX-License-Identifier: Apache-2.0
#include "core/identity/compare.hpp"
#include "core/identity/matricule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace liaison::identity {
namespace {

using facts::identifier_kind;

// Test identities and numbers that only arithmetic made; no person has them.
TEST(matricule, keys_that_are_right) {
  const char* table[] = {"279035121518989", "277076322082910", "146026322000196", "255081416802538", "247035118500129",
                         "100002A00000019", "100002B00000046", "180202A99900110", "180202B99900137", "700009900000180",
                         "800009900000130", "100000000004797", "100000000004601"};
  for (const char* right : table) EXPECT_EQ(check_matricule(right), matricule_fault::none) << right;
}

TEST(matricule, faults) {
  struct row {
    const char* text;
    matricule_fault fault;
  };
  const row table[] = {
      {"", matricule_fault::length},
      {"2770763220829106", matricule_fault::length},
      {"27707279035121518989", matricule_fault::length},
      {"279035121518 989", matricule_fault::length},
      {"123456789012345", matricule_fault::key},
      {"123456789012244", matricule_fault::key},
      {"277076322082911", matricule_fault::key},
      {"27903512151898O", matricule_fault::characters},
      {"100019A00000019", matricule_fault::characters},  // only 2A and 2B, and only there
      {"10A000100000019", matricule_fault::characters},
      {"100002a00000019", matricule_fault::characters},  // nothing is corrected
      {"100002C00000019", matricule_fault::characters},
      {"000000000000097", matricule_fault::layout},
      {"000000000000000", matricule_fault::layout},
      {"579035121518989", matricule_fault::layout},
      {"\xEF\xBC\x92" "79035121518", matricule_fault::length},  // a full-width digit
      {"2\xC2\xA0" "7903512151898", matricule_fault::length},
      {"2\xC2\xA0" "790351215189", matricule_fault::characters},
  };
  for (const row& r : table) EXPECT_EQ(check_matricule(r.text), r.fault) << r.text;
}

TEST(matricule, systems) {
  EXPECT_EQ(ins_kind_of("urn:oid:1.2.250.1.213.1.4.8"), identifier_kind::ins_nir);
  EXPECT_EQ(ins_kind_of("1.2.250.1.213.1.4.9"), identifier_kind::ins_nia);
  EXPECT_EQ(ins_kind_of("1.2.250.1.213.1.4.10"), identifier_kind::ins_test);
  EXPECT_EQ(ins_kind_of("1.2.250.1.213.1.4.11"), identifier_kind::ins_demo);
  for (const char* no_ins : {"1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4.12", "1.2.250.1.213.1.4.13", "1.2.250.1.213.1.4.14",
                             "1.2.250.1.213.1.4.", "1.2.250.1.213.1.4.8.1", ""})
    EXPECT_EQ(ins_kind_of(no_ins), identifier_kind::other) << no_ins;
  for (const auto kind : {identifier_kind::ins_nir, identifier_kind::ins_nia, identifier_kind::ins_test, identifier_kind::ins_demo})
    EXPECT_EQ(ins_kind_of(ins_system_of(kind)), kind);
  EXPECT_TRUE(is_temporary("700009900000180"));
  EXPECT_FALSE(is_temporary("279035121518989"));
}

facts::patient qualified() {
  facts::patient p;
  p.family = p.birth_family = "EXEMPLE";
  p.given = {"ZENOBIE"};
  p.birth_date = "1979-03-28";
  p.sex = facts::sex::female;
  p.birth_place_code = "63220";
  p.identity_status = facts::identity_status::qualified;
  p.identifiers.push_back({"urn:oid:1.2.250.1.213.1.4.10", "279035121518989", identifier_kind::ins_test});
  return p;
}

TEST(matricule, leaves_with_a_qualified_identity_and_all_its_traits_only) {
  EXPECT_EQ(why_not_leave(qualified()), nullptr);
  facts::patient without = qualified();
  without.identifiers.clear();
  without.identity_status = facts::identity_status::provisional;
  EXPECT_EQ(why_not_leave(without), nullptr) << "nothing to hold back";
  for (const auto status : {facts::identity_status::unknown, facts::identity_status::provisional,
                            facts::identity_status::retrieved, facts::identity_status::validated}) {
    facts::patient p = qualified();
    p.identity_status = status;
    EXPECT_STREQ(why_not_leave(p), "identity-ins-not-qualified");
  }
  facts::patient wrong = qualified();
  wrong.identifiers[0].value = "279035121518988";
  EXPECT_STREQ(why_not_leave(wrong), "identity-ins-key");

  facts::patient p[5] = {qualified(), qualified(), qualified(), qualified(), qualified()};
  p[0].birth_family.clear();
  p[1].given.clear();
  p[2].birth_date = "1979-03";
  p[3].sex = facts::sex::unstated;
  p[4].birth_place_code.clear();
  for (const auto& each : p) {
    EXPECT_STREQ(why_not_leave(each), "identity-traits-missing");
    EXPECT_EQ(missing_traits(each).size(), 1U);
  }
}

TEST(matricule, of_production_and_of_tests_never_stand_together) {
  facts::patient p = qualified();
  p.identifiers.push_back({"urn:oid:1.2.250.1.213.1.4.8", "279035121518989", identifier_kind::ins_nir});
  const auto issues = check_one(p, "PID-3");
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "identity-environments-mixed");
  EXPECT_TRUE(model::has_error(issues));
}

TEST(flags, table) {
  EXPECT_FALSE(stops_matching({}));
  EXPECT_FALSE(stops_matching({"FILI", "IDVER", "DO", ""}));
  for (const char* flag : {"DOUB", "DPOT", "COLV", "HOMD", "HOMA", "DOUT", "FICT"}) EXPECT_TRUE(stops_matching({"VALI", flag})) << flag;
  EXPECT_FALSE(stops_sending({"HOMD", "DOUB"})) << "a homonym may be sent, only not be filed by itself";
  for (const char* flag : {"USUR", "INVA", "DESA", "DOUT", "FICT", "CACH", "ANOM"}) EXPECT_TRUE(stops_sending({flag})) << flag;
}

}  // namespace
}  // namespace liaison::identity
