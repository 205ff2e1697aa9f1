// SPDX-License-Identifier: Apache-2.0
// Second units in rows of their own ("soit", "(B)") and flags that belong to the second unit; mapping tables that come
// with the options of an endpoint.
#include "account_check.hpp"
#include "host.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;

std::string file_with(const std::string& rows) {
  return "PAT1\nESSAI\nLILA\n\n\n\n17/05/1985\n\nDEM-1\n10/03/2025\nLAB        LABO\n.          dr\n\n****LAB****\n" +
         rows + "****FIN****\n****FINFICHIER****\n";
}

std::vector<rapidjson::Document> observations_of(const std::string& pivot) {
  std::vector<rapidjson::Document> out;
  const auto bundle = parse(pivot);
  for (const auto& entry : bundle["entry"].GetArray()) {
    if (entry["resource"]["resourceType"] != "Observation") continue;
    out.emplace_back();
    out.back().CopyFrom(entry["resource"], out.back().GetAllocator());
  }
  return out;
}

struct pair_case {
  const char* name;
  const char* rows;
  bool joined;
};

constexpr pair_case pairs[] = {
    {"soit", "RES|Glucose|GLU|N|5.5|mmol/L|4.1|5.9|N|F\nRES|soit|GLU|N|0.99|g/L|0.74|1.06|N|F\n", true},
    {"soit_without_code", "RES|Urée|U|N|5|mmol/L|||N|F\nRES| Soit : ||N|0.30|g/L|||N|F\n", true},
    {"soit_in_words", "RES|Bilirubine|BIL|N|10|µmol/L|||N|F\nRES|soit en mg/L|BIL|N|5.85|mg/L|||N|F\n", true},
    {"b", "RES|Calcium|CA|N|2.4|mmol/L|2.2|2.6|N|F\nRES|Calcium (B)|CAB|N|96|mg/L|88|104|N|F\n", true},
    {"other_code", "RES|Glucose|GLU|N|5.5|mmol/L|||N|F\nRES|soit|URE|N|0.99|g/L|||N|F\n", false},
    {"same_unit", "RES|Glucose|GLU|N|5.5|mmol/L|||N|F\nRES|soit|GLU|N|0.99|mmol/L|||N|F\n", false},
    {"second_unit_is_there", "RES|Créat|CR|N|80|µmol/L|||N|F|9|mg/L\nRES|soit|CR|N|0.5|g/L|||N|F\n", false},
    {"b_of_another_label", "RES|Calcium|CA|N|2.4|mmol/L|||N|F\nRES|Fer (B)|FEB|N|96|mg/L|||N|F\n", false},
    {"a_word_that_begins_alike", "RES|A|A|N|5|g/L|||N|F\nRES|soitin|A|N|5|mg/L|||N|F\n", false}};

class second_unit_rows : public ::testing::TestWithParam<pair_case> {};

TEST_P(second_unit_rows, become_the_component_and_rows_again) {
  const auto& translator = translator_of("hprim-medecin");
  const std::string options = R"({"charset":"utf-8","account":true,"now":"2025-03-12T10:00:00+01:00"})";
  const reply pivot = run(translator.decode, file_with(GetParam().rows), options);
  ASSERT_EQ(pivot.status, LIAISON_OK);
  const auto observations = observations_of(pivot.document());
  EXPECT_EQ(observations.size(), GetParam().joined ? 1U : 2U);
  EXPECT_EQ(pivot.has_issue("hprim-second-unit-row"), GetParam().joined);
  if (GetParam().joined) {
    ASSERT_TRUE(observations[0].HasMember("component"));
    EXPECT_TRUE(observations[0]["component"][0]["valueQuantity"].HasMember("value"));
    EXPECT_EQ(observations[0]["component"][0]["code"], observations[0]["code"]);
  }
  check_account(pivot, [](const std::string&, const std::string&, const std::string& text) { return !text.empty(); });
  const reply back = run(translator.encode, pivot.document(), options);
  const auto first =
                 parse(run(translator.inspect, file_with(GetParam().rows), now_and_account).bytes(LIAISON_PART_FACTS)),
             second = parse(run(translator.inspect, back.document(), now_and_account).bytes(LIAISON_PART_FACTS));
  EXPECT_EQ(first["values"], second["values"]) << back.document();
}

INSTANTIATE_TEST_SUITE_P(rows, second_unit_rows, ::testing::ValuesIn(pairs),
                         [](const auto& test) { return test.param.name; });

TEST(second_units, take_the_flag_that_only_their_bounds_explain) {
  const reply pivot = run(
      translator_of("hprim-medecin").decode,
      file_with("RES|Flag|F2|N|300|µmol/L|||L|F|20|mg/L|34|70\nRES|Own|F3|N|300|µmol/L|200|250|H|F|20|mg/L|34|70\n"));
  const auto observations = observations_of(pivot.document());
  ASSERT_EQ(observations.size(), 2U);
  EXPECT_TRUE(observations[0]["component"][0].HasMember("interpretation"));
  EXPECT_FALSE(observations[1]["component"][0].HasMember("interpretation"));
}

TEST(code_tables, come_with_the_options_and_reach_the_second_unit) {
  const std::string options =
      R"({"charset":"utf-8","account":true,"endpoint":{"code_table":"loinc,K,2823-3\nunit,mmol par L,mmol/L\nunit,mg pour L,mg/L\n"}})";
  const reply pivot =
      run(translator_of("hprim-medecin").decode,
          file_with("RES|Potassium|K|N|3.1|mmol par L|||N|F|120|mg pour L\nRES|Sodium|NA|N|1|x|||N|F\n"), options);
  const auto observations = observations_of(pivot.document());
  ASSERT_EQ(observations.size(), 2U);
  EXPECT_EQ(observations[0]["code"]["coding"][1]["code"], "2823-3");
  EXPECT_EQ(observations[0]["valueQuantity"]["code"], "mmol/L");
  EXPECT_EQ(observations[0]["component"][0]["valueQuantity"]["code"], "mg/L");
  EXPECT_EQ(std::count(pivot.issues.begin(), pivot.issues.end(), "hprim-code-mapped"), 1);
  const reply unknown = run(translator_of("hprim-medecin").decode, file_with("RES|Potassium|K|N|3.1|g|||N|F\n"),
                            R"({"endpoint":{"code_map":"nobody-knows"}})");
  EXPECT_TRUE(unknown.has_issue("hprim-code-map-unusable"));
  const reply broken = run(translator_of("hprim-medecin").decode, file_with("RES|Potassium|K|N|3.1|g|||N|F\n"),
                           R"({"endpoint":{"code_table":"loink,K,1"}})");
  EXPECT_TRUE(broken.has_issue("hprim-code-map-unusable"));
}

TEST(medecin_encode_header, cuts_names_where_readers_do_and_numbers_only_when_asked) {
  const std::string name(60, 'N');
  const std::string file = "PAT1234567890\n" + name +
                           "\nLILA\n\n\n\n17/05/1985\n\n\n10/03/2025\nLAB        LABO\n.          "
                           "dr\n\nLettre\n****FIN****\n****FINFICHIER****\n";
  const auto& translator = translator_of("hprim-medecin");
  const reply pivot = run(translator.decode, file);
  const reply usual = run(translator.encode, pivot.document());
  EXPECT_EQ(usual.document().substr(0, usual.document().find("LILA")),
            "PAT1234567890\r\n" + std::string(50, 'N') + "\r\n");
  EXPECT_TRUE(usual.has_issue("hprim-header-line-long"));
  const reply strict = run(translator.encode, pivot.document(), R"({"endpoint":{"strict_header":true}})");
  EXPECT_TRUE(strict.document().starts_with("PAT1234567\r\n")) << strict.document();
}

}  // namespace
}  // namespace liaison::hprim
