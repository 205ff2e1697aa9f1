// SPDX-License-Identifier: Apache-2.0
// What is written from a pivot: the rules of CI-SIS hold by our own checks, coded values survive the way through the
// pivot and back, and the account of the writer adds up.
#include "run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/pointer.h>

namespace liaison::cda {
namespace {

constexpr std::string_view trusted =
    R"({"values":true,"account":true,"now":"2025-03-11T12:00:00+01:00","id_seed":"test","endpoint":{"trusted":true}})";

std::string golden(const char* path) {
  return read_file(std::string(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/") + path);
}

rapidjson::Document facts_of(std::string_view document) {
  rapidjson::Document facts;
  facts.Parse(run(translator_table().inspect, document, trusted).part(LIAISON_PART_FACTS));
  return facts;
}

class round_trip : public testing::TestWithParam<const char*> {};

TEST_P(round_trip, keeps_facts_and_passes_our_own_checks) {
  const std::string input = golden((std::string(GetParam()) + "/input.xml").c_str());
  const std::string pivot = run(translator_table().decode, input, trusted).part(LIAISON_PART_DOCUMENT);
  const outcome encoded = run(translator_table().encode, pivot, trusted);
  ASSERT_EQ(encoded.status, LIAISON_OK) << encoded.list();
  const std::string written = encoded.part(LIAISON_PART_DOCUMENT);
  const rapidjson::Document before = facts_of(input);
  const rapidjson::Document after = facts_of(written);
  for (const char* pointer : {"/patients", "/document", "/authors", "/event", "/values", "/results", "/attachments"}) {
    const auto* one = rapidjson::Pointer(pointer).Get(before);
    const auto* other = rapidjson::Pointer(pointer).Get(after);
    ASSERT_EQ(one == nullptr, other == nullptr) << pointer;
    if (one != nullptr) {
      EXPECT_TRUE(*one == *other) << pointer << "\n" << written;
    }
  }
  EXPECT_EQ(run(translator_table().validate, written, trusted).errors(), 0U)
      << run(translator_table().validate, written, trusted).list();
  // The second way round changes nothing more.
  const std::string pivot_again = run(translator_table().decode, written, trusted).part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(run(translator_table().encode, pivot_again, trusted).part(LIAISON_PART_DOCUMENT), written);
}

INSTANTIATE_TEST_SUITE_P(cases, round_trip, testing::Values("letter-n1", "letter-n3", "cr-bio", "text-body"),
                         [](const auto& of) {
                           std::string name = of.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(encode_account, every_leaf_has_one_fate_and_what_is_carried_is_there) {
  for (const char* name : {"letter-n1/input.xml", "cr-bio/input.xml"}) {
    SCOPED_TRACE(name);
    const std::string pivot = run(translator_table().decode, golden(name), trusted).part(LIAISON_PART_DOCUMENT);
    const outcome encoded = run(translator_table().encode, pivot, trusted);
    rapidjson::Document account;
    account.Parse(encoded.part(LIAISON_PART_ACCOUNT));
    ASSERT_TRUE(account.IsObject());
    EXPECT_GT(account["leaves"].Size(), 100U);
    std::size_t lost = 0;
    for (const auto& leaf : account["leaves"].GetArray()) {
      EXPECT_EQ(leaf.HasMember("to") + leaf.HasMember("envelope") + leaf.HasMember("reason"), 1);
      lost += leaf.HasMember("reason") ? 1U : 0U;
    }
    EXPECT_LT(lost * 10, account["leaves"].Size()) << "more than a tenth is lost";
  }
}

TEST(encode, replacement_names_what_it_replaces) {
  const std::string pivot =
      run(translator_table().decode, golden("letter-n1/input.xml"), trusted).part(LIAISON_PART_DOCUMENT);
  EXPECT_THAT(run(translator_table().encode, pivot, trusted).part(LIAISON_PART_DOCUMENT),
              testing::ContainsRegex(
                  "relatedDocument typeCode=\"RPLC\">[^a-z]*<parentDocument>[^a-z]*<id root=\"2.999.10.1.1\"/>"));
}

TEST(encode, a_laboratory_report_of_another_format_is_structured) {
  const outcome encoded = run(translator_table().encode, golden("encode-cr-bio/input.json"), trusted);
  ASSERT_EQ(encoded.status, LIAISON_OK);
  const std::string written = encoded.part(LIAISON_PART_DOCUMENT);
  rapidjson::Document facts = facts_of(written);
  ASSERT_EQ(facts["results"].GetInt(), 2);
  EXPECT_STREQ(facts["values"][0]["value"].GetString(), "3.10");
  EXPECT_STREQ(facts["values"][0]["unit"].GetString(), "mmol/L");
  EXPECT_STREQ(facts["values"][0]["code"].GetString(), "K");
  EXPECT_STREQ(facts["values"][0]["flag"].GetString(), "L");
  EXPECT_STREQ(facts["values"][0]["second"]["value"].GetString(), "121");
  EXPECT_STREQ(facts["values"][1]["value"].GetString(), "<1.0");
  // The narrative that is generated reads as a table.
  EXPECT_THAT(run(translator_table().render, written).part(LIAISON_PART_TEXT),
              testing::HasSubstr("Potassium  3.10 mmol/l (121 mg/l)"));
}

TEST(encode, a_summary_of_another_country_holds_by_the_rules_of_the_volet) {
  const outcome encoded = run(translator_table().encode, golden("encode-ips/input.json"), trusted);
  ASSERT_EQ(encoded.status, LIAISON_OK);
  const std::string written = encoded.part(LIAISON_PART_DOCUMENT);
  const auto holds = [&written](const char* pattern) {
    EXPECT_THAT(written, testing::ContainsRegex(pattern)) << "the pattern is missing";
  };
  // A function outside JDV_J47, a route and a site outside the lists for vaccines: translations, nothing lost.
  holds("<functionCode nullFlavor=\"OTH\">[^<]*<translation code=\"ST-COORD\"");
  holds("<routeCode nullFlavor=\"OTH\">[^<]*<translation code=\"IM\"");
  holds("<approachSiteCode nullFlavor=\"OTH\">[^<]*<translation code=\"72098002\"");
  // The pharmacy extension: codes wholly of its namespace, quantities HL7's.
  holds("<pharm:originalText>amoxicilline trihydrat");
  holds("<pharm:quantity>[^<]*<numerator xsi:type=\"PQ\" value=\"500\"");
  // Sections that say nothing have the entry that their template wants, and so has the absent list of surgeries.
  holds("<id root=\"[^\"]*\"/>[^<]*<code code=\"55607006\"");
  holds("<id root=\"[^\"]*\"/>[^<]*<code code=\"419199007\"");
  holds("<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.19\"/>");
  // A panel has a code and its components say what they are; an attached file refers to its name.
  holds("<component typeCode=\"COMP\">[^<]*<observation");
  holds("<code code=\"69764-9\"[^>]*>[^<]*<text>[^<]*<reference value=\"#t");
}

TEST(encode, a_letter_of_lines_becomes_a_text_body) {
  const outcome encoded = run(translator_table().encode, golden("encode-letter-text/input.json"), trusted);
  ASSERT_EQ(encoded.status, LIAISON_OK);
  EXPECT_TRUE(encoded.has("cda-type-unknown"));
  EXPECT_TRUE(encoded.has("cda-legal-authenticator-assumed"));
  EXPECT_THAT(run(translator_table().render, encoded.part(LIAISON_PART_DOCUMENT)).part(LIAISON_PART_TEXT),
              testing::HasSubstr("  TA   12/8\n  Poids  70 kg"));
}

TEST(encode, options_of_the_endpoint_state_what_the_source_does_not) {
  const outcome encoded = run(
      translator_table().encode, golden("encode-letter-text/input.json"),
      R"({"now":"2025-03-11T12:00:00+01:00","endpoint":{"custodian_id":"1999999997","practice_setting":"AMBULATOIRE","facility_type":"SA07","document_type":"11488-4"}})");
  EXPECT_FALSE(encoded.has("cda-custodian-unknown"));
  EXPECT_FALSE(encoded.has("cda-facility-type-assumed"));
  EXPECT_FALSE(encoded.has("cda-type-unknown"));
  EXPECT_EQ(run(translator_table().validate, encoded.part(LIAISON_PART_DOCUMENT)).errors(), 0U)
      << run(translator_table().validate, encoded.part(LIAISON_PART_DOCUMENT)).list();
}

}  // namespace
}  // namespace liaison::cda
