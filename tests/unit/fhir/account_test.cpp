// SPDX-License-Identifier: Apache-2.0
// Every leaf of the source stands in the account with one fate, and what is said to be carried is found where the
// account says. On the golden inputs, and on the corpus when it is there.
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

std::size_t leaves_of(const rapidjson::Value& of) {
  std::size_t count = 0;
  if (of.IsObject()) {
    for (const auto& member : of.GetObject()) count += leaves_of(member.value);
  } else if (of.IsArray()) {
    for (const auto& element : of.GetArray()) count += leaves_of(element);
  } else if (!of.IsNull() && !(of.IsString() && of.GetStringLength() == 0)) {
    count = 1;
  }
  return count;
}

void check(liaison_operation operation, const std::string& input, const std::string& name) {
  const auto got = run(operation, input, R"({"now":"2024-03-01T12:00:00+01:00","account":true})");
  ASSERT_EQ(got.status, LIAISON_OK) << name;
  rapidjson::Document source, pivot, account;
  const bool json =
      input.find_first_not_of(" \t\r\n\xEF\xBB\xBF") != std::string::npos && input.find('<') > input.find('{');
  if (json) source.Parse<rapidjson::kParseNumbersAsStringsFlag>(input.c_str());
  pivot.Parse<rapidjson::kParseNumbersAsStringsFlag>(got.part(LIAISON_PART_DOCUMENT).c_str());
  account.Parse(got.part(LIAISON_PART_ACCOUNT).c_str());
  ASSERT_FALSE(pivot.HasParseError()) << name;
  ASSERT_FALSE(account.HasParseError()) << name;
  if (json) {
    EXPECT_EQ(account["leaves"].Size(), leaves_of(source)) << name;
  }
  std::size_t carried = 0;
  for (const auto& leaf : account["leaves"].GetArray()) {
    const std::string location = leaf["location"].GetString(), value = leaf["value"].GetString();
    const int fates = int(leaf.HasMember("to")) + int(leaf.HasMember("envelope")) + int(leaf.HasMember("reason"));
    EXPECT_EQ(fates, 1) << name << " " << location;
    if (json) {
      EXPECT_EQ(at_pointer(source, location), value) << name << " " << location;
    }
    if (!leaf.HasMember("to")) continue;
    ++carried;
    for (const auto& place : leaf["to"].GetArray()) {
      const std::string there = at_pointer(pivot, place.GetString());
      const bool became_a_code = std::string_view(place.GetString()) == "/entry/0/resource/status" ||
                                 std::string_view(place.GetString()).ends_with("/reference");
      EXPECT_TRUE(there == value || there == "set-" + value || (became_a_code && !there.empty()))
          << name << " " << location << " -> " << place.GetString();
    }
  }
  EXPECT_GT(carried, 0U) << name;
}

TEST(account, adds_up_for_the_golden_inputs) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LIAISON_SOURCE_DIRECTORY "/tests/golden/fhir")) {
    for (const char* name : {"input.json", "input.xml"}) {
      if (!std::filesystem::exists(entry.path() / name) || !std::filesystem::exists(entry.path() / "pivot.json"))
        continue;
      const std::string input = read_file(entry.path() / name);
      check(translator_table().decode, input, entry.path().filename().string());
      check(translator_table().encode, run(translator_table().decode, input).part(LIAISON_PART_DOCUMENT),
            entry.path().filename().string() + " back");
      ++count;
    }
  }
  EXPECT_GT(count, 2U);
}

TEST(account, follows_entries_that_move) {
  check(
      translator_table().encode,
      R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","active":true,)"
      R"("identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"1"},{"system":"urn:oid:1.2.3","value":"2"}]}},)"
      R"({"fullUrl":"urn:uuid:b","resource":{"resourceType":"Composition","title":"t"}}]})",
      "late composition");
}

TEST(account, adds_up_for_the_corpus) {
  const auto files = corpus_files(false);
  if (files.empty()) GTEST_SKIP() << "no corpus";
  for (const auto& file : files) check(translator_table().decode, read_file(file), file.filename().string());
}

TEST(account, of_xml_names_places_as_its_issues_do) {
  const std::string account =
      run(translator_table().decode,
          R"(<Patient xmlns="http://hl7.org/fhir"><name><family value="ESSAI"/><given value="A"/><given value="B"/></name></Patient>)",
          R"({"now":"2024-03-01T12:00:00+01:00","account":true})")
          .part(LIAISON_PART_ACCOUNT);
  EXPECT_NE(account.find("\"Patient.name[0].given[1]\""), std::string::npos) << account;
  EXPECT_EQ(account.find("\"/name"), std::string::npos) << account;
}

}  // namespace
}  // namespace liaison::fhir
