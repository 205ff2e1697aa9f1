// SPDX-License-Identifier: Apache-2.0
// The European guides and messaging, written from synthetic pivots: our own rules of the profiles accept them, nothing
// of the pivot is lost without a reason.
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

std::string golden(const std::string& name) {
  return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/fhir/" + name + "/pivot.json");
}

outcome write(const std::string& pivot, const std::string& profile, const std::string& endpoint = "{}") {
  return run(translator_table().encode, pivot,
             R"({"now":"2024-03-01T12:00:00+01:00","account":true,"profile":")" + profile + R"(","endpoint":)" +
                 endpoint + "}");
}

rapidjson::Document parsed(const outcome& of) {
  rapidjson::Document read;
  const std::string text = of.part(LIAISON_PART_DOCUMENT);
  read.Parse(text.c_str());
  return read;
}

std::vector<const rapidjson::Value*> resources(const rapidjson::Document& of, std::string_view type) {
  std::vector<const rapidjson::Value*> found;
  for (const auto& entry : of["entry"].GetArray()) {
    if (entry["resource"]["resourceType"].GetString() == type) found.push_back(&entry["resource"]);
  }
  return found;
}

void every_leaf_has_one_fate(const outcome& of) {
  rapidjson::Document account;
  const std::string text = of.part(LIAISON_PART_ACCOUNT);
  account.Parse(text.c_str());
  ASSERT_GT(account["leaves"].Size(), 0U);
  for (const auto& leaf : account["leaves"].GetArray())
    EXPECT_NE(leaf.HasMember("to"), leaf.HasMember("reason")) << leaf["location"].GetString();
}

constexpr const char* two_reports =
    R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2.3"},"timestamp":"2024-02-29T11:02:00+01:00","entry":[)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Composition","status":"final","identifier":{"system":"urn:oid:1.2","value":"SET"},"type":{"coding":[{"system":"http://loinc.org","code":"11502-2"}]},)"
    R"("subject":{"reference":"urn:uuid:00000000-0000-5000-8000-000000000002"},"date":"2024-02-29","title":"CR","author":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000003"}],)"
    R"("section":[{"title":"Hémato","entry":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000004"}]},{"code":{"text":"Bio"},"entry":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000005"}]},{"title":"Note","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">à jeun</div>"}}]}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000002","resource":{"resourceType":"Patient","name":[{"family":"ESSAI"}],"birthDate":"1979-03-12"}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000003","resource":{"resourceType":"Practitioner","name":[{"family":"AUTEUR"}]}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000004","resource":{"resourceType":"DiagnosticReport","status":"partial","code":{"text":"NFS"},"conclusion":"Normal.","specimen":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000008"}],"result":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000006"}]}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000005","resource":{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Iono"},"result":[{"reference":"urn:uuid:00000000-0000-5000-8000-000000000007"}]}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000006","resource":{"resourceType":"Observation","status":"preliminary","code":{"text":"Hb"},"valueQuantity":{"value":13.20,"unit":"g/100 mL"}}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000007","resource":{"resourceType":"Observation","status":"final","code":{"text":"pH"},"valueQuantity":{"value":7.40},"effectiveDateTime":"2024-02-28"}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000008","resource":{"resourceType":"Specimen","collection":{"collectedDateTime":"2024-02-27"}}}]})";

TEST(eu_laboratory, several_reports_become_panels_of_one) {
  const auto got = write(two_reports, "eu-lab");
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  const auto out = parsed(got);
  const auto reports = resources(out, "DiagnosticReport"), observations = resources(out, "Observation");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ((*reports[0])["result"].Size(), 2U);
  EXPECT_EQ(std::string((*reports[0])["identifier"][0]["value"].GetString()), "SET");
  ASSERT_EQ(observations.size(), 4U);
  const auto& panel = *observations[0];
  EXPECT_EQ(std::string(panel["status"].GetString()), "preliminary");
  EXPECT_EQ(std::string(panel["note"][0]["text"].GetString()), "Normal.");
  EXPECT_EQ(panel["hasMember"].Size(), 1U);
  EXPECT_EQ(std::string(panel["effectiveDateTime"].GetString()), "2024-02-27") << "when the specimen was taken";
  every_leaf_has_one_fate(got);
}

TEST(eu_laboratory, what_leaves_is_valid) {
  EXPECT_EQ(run(translator_table().validate, write(two_reports, "eu-lab").part(LIAISON_PART_DOCUMENT)).list(), "");
  EXPECT_EQ(
      run(translator_table().validate, write(golden("lab-transaction"), "eu-lab").part(LIAISON_PART_DOCUMENT)).errors(),
      0U);
}

TEST(eu_laboratory, units_are_ucum_or_say_that_they_are_not) {
  const std::string text = write(two_reports, "eu-lab").part(LIAISON_PART_DOCUMENT);
  EXPECT_NE(text.find(R"("value":13.20,"unit":"g/100 mL","system":"http://unitsofmeasure.org","code":"{g/100_mL}")"),
            std::string::npos);
  EXPECT_NE(text.find(R"("value":7.40,"system":"http://unitsofmeasure.org","code":"1")"), std::string::npos);
}

TEST(eu_laboratory, text_alone_is_an_annotation) {
  const auto out = parsed(write(two_reports, "eu-lab"));
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/section/2/code/coding/0/code"), "26436-6");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/section/2/code/coding/1/code"), "48767-8");
}

TEST(eu_laboratory, a_letter_is_no_laboratory_report) {
  EXPECT_TRUE(
      write(
          R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Composition","title":"t"}}]})",
          "eu-lab")
          .has("fhir-eu-lab-no-report"));
}

TEST(eu_discharge, has_type_stay_and_hospital_course_beside_the_national_codes) {
  const auto got = write(golden("letter-document"), "eu-hdr");
  ASSERT_EQ(got.status, LIAISON_OK);
  const auto out = parsed(got);
  EXPECT_EQ(run(translator_table().validate, got.part(LIAISON_PART_DOCUMENT)).errors(), 0U);
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/type/coding/0/code"), "34112-3");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/type/coding/1/code"), "34105-7");
  ASSERT_EQ(resources(out, "Encounter").size(), 1U);
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/section/2/code/coding/1/code"), "77599-9");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/section/3/code/coding/0/code"), "8648-8");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/section/3/emptyReason/coding/0/code"), "unavailable");
  every_leaf_has_one_fate(got);
}

TEST(message, a_document_is_the_focus_of_a_header_that_says_who_sends_it_to_whom) {
  const auto got =
      write(golden("letter-document"), "message", R"({"source_endpoint":"https://emetteur.example/fhir"})");
  ASSERT_EQ(got.status, LIAISON_OK);
  const auto out = parsed(got);
  EXPECT_EQ(run(translator_table().validate, got.part(LIAISON_PART_DOCUMENT)).errors(), 0U);
  EXPECT_EQ(at_pointer(out, "/type"), "message");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/resourceType"), "MessageHeader");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/eventCoding/code"), "T10") << "a replacement";
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/source/endpoint"), "https://emetteur.example/fhir");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/focus/0/reference"), at_pointer(out, "/entry/1/fullUrl"));
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/resourceType"), "Composition");
  every_leaf_has_one_fate(got);
}

TEST(message, an_event_passes) {
  const std::string pivot = golden("admission-message-xml");
  EXPECT_EQ(parsed(write(pivot, "message"))["type"], "message");
}

TEST(every_profile, is_refused_to_a_pivot_with_elements_of_the_wrong_type) {
  std::string pivot = two_reports;
  const std::string type = R"("type":{"coding":[{"system":"http://loinc.org","code":"11502-2"}]})";
  pivot.replace(pivot.find(type), type.size(), R"("type":["11502-2"])");
  for (const char* profile : {"eu-lab", "eu-hdr", "message", "pdsm-iti65", "pdsm-iti105"}) {
    const auto got = write(pivot, profile);
    EXPECT_EQ(got.status, LIAISON_REJECT) << profile;
    EXPECT_TRUE(got.has("fhir-pivot-malformed")) << profile;
  }
}

TEST(every_profile, withholds_an_ins_that_may_not_leave) {
  std::string pivot = golden("letter-document");
  pivot.replace(pivot.find("\"VALI\""), 6, "\"PROV\"");
  for (const char* profile : {"fr-core", "eu-hdr", "message"})
    EXPECT_EQ(write(pivot, profile).part(LIAISON_PART_DOCUMENT).find("279035121518989"), std::string::npos) << profile;
}

}  // namespace
}  // namespace liaison::fhir
