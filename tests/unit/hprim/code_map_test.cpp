// SPDX-License-Identifier: Apache-2.0
// Mapping tables: read from CSV, applied beside the local code, shown as applied.
#include "code_map.hpp"
#include "host.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;

TEST(code_maps, read_csv_and_say_which_line_is_wrong) {
  code_map table;
  std::string why;
  EXPECT_TRUE(parse_code_map("# labo\nloinc,K,2823-3,Potassium\nnabm;\"NFS  010\";1104\nunit,\"UI par mL\",[IU]/mL\n",
                             table, why))
      << why;
  EXPECT_EQ(table.codes.at("K").at(0).code, "2823-3");
  EXPECT_EQ(table.codes.at("NFS  010").at(0).code, "1104");
  EXPECT_EQ(table.units.at("UI par mL"), "[IU]/mL");
  EXPECT_FALSE(parse_code_map("loinc,K,2823-3\nloink,K,1\n", table, why));
  EXPECT_NE(why.find("line 2"), std::string::npos);
}

TEST(code_maps, stand_beside_the_local_code_in_both_dialects) {
  code_map table;
  std::string why;
  ASSERT_TRUE(parse_code_map("loinc,K,2823-3,Potassium\nunit,mmol par L,mmol/L\n", table, why));
  keep_code_map("labo", table);
  const std::string options = R"({"account":true,"now":"2025-03-12T10:00:00+01:00","endpoint":{"code_map":"labo"}})";
  const std::string medecin =
      "P\nESSAI\nLILA\n\n\n\n17/05/1985\n\n\n10/03/2025\nLAB        LABO\n.          "
      "dr\n\n****LAB****\nRES|Potassium|K|N|3.1|mmol par L||||F\n****FIN****\n****FINFICHIER****\n";
  const std::string sante =
      "H|~^\\&|A||LAB~LABO||ORU|||C~C||P|H2.4~C|20250310\rP|1|1|||A~B\rOBR|1|||K~K~L\rOBX|1|NM|K~Potassium~L||3.1|mmol "
      "par L|||||F\rL|1||1|5\r";
  for (const auto& [format, bytes] :
       {std::pair<std::string, std::string>{"hprim-medecin", medecin}, {"hprim-sante", sante}}) {
    const reply out = run(translator_of(format).decode, bytes, options);
    EXPECT_NE(out.document().find("\"code\":\"2823-3\""), std::string::npos) << format;
    EXPECT_NE(out.document().find("\"code\":\"K\""), std::string::npos) << format;
    EXPECT_NE(out.document().find("\"unit\":\"mmol par L\""), std::string::npos) << format;
    EXPECT_NE(out.bytes(LIAISON_PART_ACCOUNT).find("mapping table of the endpoint"), std::string::npos) << format;
    const reply plain = run(translator_of(format).decode, bytes, "{}");
    EXPECT_EQ(plain.document().find("2823-3"), std::string::npos) << format;
  }
}

}  // namespace
}  // namespace liaison::hprim
