// SPDX-License-Identifier: Apache-2.0
// Bad bytes from outside: a status that says what to do, an issue that says what and where, and never a value of the
// document.
#include "run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace liaison::cda {
namespace {

std::string letter() { return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/letter-n1/input.xml"); }
std::string report() { return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/cr-bio/input.xml"); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

struct bad_case {
  const char* name;
  std::string bytes;
  const char* code;
};

std::vector<bad_case> bad_cases() {
  const std::string good = letter();
  std::string deep = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">";
  for (int i = 0; i < 1'000'000; ++i) deep += "<component>";
  return {
      {"dtd",
       replaced(good, "<ClinicalDocument",
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><ClinicalDocument"),
       "cda-dtd"},
      {"million_nested_elements", deep, "cda-too-deep"},
      {"truncated", good.substr(0, good.size() / 2), "cda-not-well-formed"},
      {"wrong_charset", replaced(good, "Lettre de liaison fictive", "Lettre \xE9"), "cda-wrong-charset"},
      {"unknown_encoding", replaced(good, "UTF-8", "KLINGON"), "cda-encoding-unknown"},
      {"empty", "", "cda-empty"},
      {"undefined_entity", replaced(good, "<title>", "<title>&secret;"), "cda-not-well-formed"},
  };
}

TEST(bad_input, is_rejected_with_its_place) {
  for (const bad_case& one : bad_cases()) {
    SCOPED_TRACE(one.name);
    for (const auto operation : {translator_table().inspect, translator_table().decode, translator_table().validate,
                                 translator_table().render}) {
      const outcome got = run(operation, one.bytes);
      EXPECT_EQ(got.status, LIAISON_REJECT);
      ASSERT_EQ(got.errors(), 1U) << got.list();
      EXPECT_EQ(got.issues[0].code, one.code);
      EXPECT_THAT(got.issues[0].location, testing::StartsWith("line "));
      EXPECT_THAT(got.issues[0].diagnostics, testing::Not(testing::HasSubstr("ESSAI")));
    }
  }
}

TEST(bad_input, other_formats_are_not_ours) {
  for (const char* other : {"MSH|^~\\&|A|B", "{\"resourceType\":\"Bundle\"}", "0042\nESSAI\n", "<html><body/></html>",
                            "<Bundle xmlns=\"http://hl7.org/fhir\"/>"}) {
    const std::string_view bytes = other;
    EXPECT_EQ(
        translator_table().recognise(nullptr, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}), 0)
        << other;
    EXPECT_EQ(run(translator_table().inspect, bytes).status, LIAISON_NOT_MINE) << other;
  }
}

TEST(bad_input, hundred_megabytes_end_in_seconds) {
  const std::string filler(100U << 20, 'A');
  const std::clock_t began = std::clock();
  const outcome got = run(translator_table().inspect, "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>" + filler +
                                                          "</title></ClinicalDocument>");
  EXPECT_EQ(got.status, LIAISON_REJECT);
  EXPECT_TRUE(got.has("cda-too-large"));
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 5);  // of this process, not of a busy machine
}

TEST(bad_input, base64_that_is_none_is_told_and_the_rest_is_read) {
  const std::string broken = replaced(letter(), "JVBERi0", "JVB*Ri0");
  const outcome got = run(translator_table().decode, broken);
  EXPECT_EQ(got.status, LIAISON_OK);
  ASSERT_TRUE(got.has("cda-bad-base64")) << got.list();
  EXPECT_THAT(got.issues[0].location, testing::HasSubstr("nonXMLBody/text"));
  EXPECT_THAT(got.part(LIAISON_PART_DOCUMENT), testing::HasSubstr("Lettre de liaison fictive"));
}

TEST(identity, two_national_identifiers_stop_the_message) {
  const std::string two = replaced(letter(), "<addr use=\"H\">",
                                   "<id root=\"1.2.250.1.213.1.4.10\" extension=\"285059999900131\"/><addr use=\"H\">");
  for (const auto operation : {translator_table().inspect, translator_table().decode}) {
    const outcome got = run(operation, two);
    EXPECT_EQ(got.status, LIAISON_REJECT);
    EXPECT_TRUE(got.has("cda-two-identities"));
  }
}

TEST(identity, two_patients_stop_the_message) {
  const std::string one = letter();
  const std::size_t begin = one.find("<recordTarget>");
  const std::size_t end = one.find("</recordTarget>") + 15;
  const std::string two = one.substr(0, end) + one.substr(begin, end - begin) + one.substr(end);
  EXPECT_EQ(run(translator_table().inspect, two).status, LIAISON_REJECT);
  EXPECT_EQ(run(translator_table().decode, two).status, LIAISON_REJECT);
}

constexpr std::string_view matricule = "179086322004286";

TEST(identity, an_ins_leaves_only_when_the_link_is_trusted) {
  const outcome retrieved = run(translator_table().decode, letter());
  EXPECT_THAT(retrieved.part(LIAISON_PART_DOCUMENT), testing::Not(testing::HasSubstr(std::string(matricule))));
  EXPECT_THAT(retrieved.part(LIAISON_PART_DOCUMENT), testing::HasSubstr("RECUP"));
  EXPECT_THAT(run(translator_table().inspect, letter()).part(LIAISON_PART_FACTS),
              testing::HasSubstr("\"identity_status\":\"retrieved\""));
  constexpr std::string_view trusted = R"({"now":"2025-03-11T12:00:00+01:00","endpoint":{"trusted":true}})";
  const outcome qualified = run(translator_table().decode, letter(), trusted);
  EXPECT_THAT(qualified.part(LIAISON_PART_DOCUMENT), testing::HasSubstr(std::string(matricule)));
  EXPECT_THAT(run(translator_table().encode, qualified.part(LIAISON_PART_DOCUMENT)).part(LIAISON_PART_DOCUMENT),
              testing::HasSubstr(std::string(matricule)));
  EXPECT_THAT(run(translator_table().encode, retrieved.part(LIAISON_PART_DOCUMENT)).part(LIAISON_PART_DOCUMENT),
              testing::Not(testing::HasSubstr(std::string(matricule))));
}

TEST(identity, an_ins_in_a_pivot_that_says_retrieved_stays_here) {
  // A pivot made elsewhere may carry what it should not: the writer has the last word.
  constexpr std::string_view trusted = R"({"now":"2025-03-11T12:00:00+01:00","endpoint":{"trusted":true}})";
  const std::string pivot =
      replaced(run(translator_table().decode, letter(), trusted).part(LIAISON_PART_DOCUMENT), "\"QUAL\"", "\"RECUP\"");
  ASSERT_THAT(pivot, testing::HasSubstr(std::string(matricule)));
  EXPECT_THAT(run(translator_table().encode, pivot).part(LIAISON_PART_DOCUMENT),
              testing::Not(testing::HasSubstr(std::string(matricule))));
}

TEST(results, a_previous_result_is_never_current) {
  const outcome got = run(translator_table().decode, report());
  rapidjson::Document pivot;
  pivot.Parse<rapidjson::kParseNumbersAsStringsFlag>(got.part(LIAISON_PART_DOCUMENT));
  std::string previous;
  std::string current;
  for (const auto& entry : pivot["entry"].GetArray()) {
    const auto& resource = entry["resource"];
    if (!resource.HasMember("valueQuantity") || !resource["valueQuantity"].HasMember("value")) continue;
    if (std::string_view(resource["valueQuantity"]["value"].GetString()) == "4.10")
      previous = entry["fullUrl"].GetString();
    if (std::string_view(resource["valueQuantity"]["value"].GetString()) == "3.10")
      current = entry["fullUrl"].GetString();
  }
  ASSERT_FALSE(previous.empty());
  ASSERT_FALSE(current.empty());
  for (const auto& entry : pivot["entry"].GetArray()) {
    for (const char* member : {"result", "hasMember"}) {
      if (!entry["resource"].HasMember(member)) continue;
      for (const auto& reference : entry["resource"][member].GetArray())
        EXPECT_NE(reference["reference"].GetString(), previous);
    }
  }
}

TEST(recognise, knows_a_document_by_its_root) {
  const std::string good = letter();
  const auto sure = [](std::string_view bytes) {
    return translator_table().recognise(nullptr, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(sure(good), 100);
  EXPECT_EQ(sure("\xEF\xBB\xBF" + good), 100);
  EXPECT_EQ(sure("<?xml version='1.0'?><c:ClinicalDocument xmlns:c='urn:hl7-org:v3'/>"), 100);
  EXPECT_GT(sure("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns='urn:hl7-org:v3'>"), 0);
}

TEST(document, is_found_inside_a_style_sheet_and_under_any_prefix) {
  const outcome got = run(translator_table().inspect,
                          "<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:template/>"
                          "<c:ClinicalDocument xmlns:c='urn:hl7-org:v3'><c:title>Titre</c:title><c:id "
                          "root='1.2.3'/></c:ClinicalDocument></xsl:stylesheet>");
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_THAT(got.part(LIAISON_PART_FACTS), testing::HasSubstr("\"title\":\"Titre\""));
}

TEST(attachments, keep_their_bytes) {
  const outcome got = run(translator_table().inspect, letter());
  rapidjson::Document facts;
  facts.Parse(got.part(LIAISON_PART_FACTS));
  ASSERT_EQ(facts["attachments"].Size(), 1U);
  EXPECT_EQ(facts["attachments"][0]["size_bytes"].GetUint(), 81U);
  // Level 1 → pivot → level 1: the same file.
  const std::string pivot = run(translator_table().decode, letter()).part(LIAISON_PART_DOCUMENT);
  const std::string again = run(translator_table().encode, pivot).part(LIAISON_PART_DOCUMENT);
  rapidjson::Document second;
  second.Parse(run(translator_table().inspect, again).part(LIAISON_PART_FACTS));
  EXPECT_EQ(facts["attachments"], second["attachments"]);
}

TEST(encode, refuses_what_is_no_document) {
  EXPECT_EQ(run(translator_table().encode,
                R"({"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader"}}]})")
                .status,
            LIAISON_UNSUPPORTED);
  EXPECT_EQ(run(translator_table().encode, "{").status, LIAISON_REJECT);
  EXPECT_EQ(run(translator_table().encode,
                R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition"}}]})")
                .status,
            LIAISON_REJECT);
}

}  // namespace
}  // namespace liaison::cda
