// SPDX-License-Identifier: Apache-2.0
// The account of a translation: it adds up, what is carried can be found, and what must not leave does not.
#include "leaves.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <filesystem>

namespace liaison::hl7v2::testing {
namespace {

constexpr const char* options = R"({"account":true,"now":"2026-03-02T12:00:00+01:00"})";

std::string subtree(const rapidjson::Value& of) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  of.Accept(writer);
  return buffer.GetString();
}

/// Values that go into the pivot as they are: text with a letter in lower case or a blank, numbers with a decimal
/// point, long numbers. Codes and dates are mapped, and their own tests look at them.
bool is_plain(const std::string& value) {
  if (value.find('\n') != std::string::npos || value.find('"') != std::string::npos || value.size() > 200) return false;
  // Words of the format itself become structure: an encoding, a kind of address, a table.
  static constexpr std::string_view words[] = {"Internet",    "text",       "TEXT",   "Base64",
                                               "application", "MetaDMPMSS", "Booked", "expandedYes-NoIndicator"};
  if (std::find(std::begin(words), std::end(words), value) != std::end(words) || value.find("…") != std::string::npos)
    return false;
  bool lower = false, digit_dot = false;
  for (const char c : value) {
    lower = lower || (c >= 'a' && c <= 'z');
    digit_dot = digit_dot || c == '.';
  }
  return lower && !digit_dot && value.size() > 3;
}

void expect_account_is_true(const result& read, const std::string& name) {
  ASSERT_EQ(read.status, LIAISON_OK) << name << read.list_issues();
  const auto pivot = read.json_of(LIAISON_PART_DOCUMENT), account = read.json_of(LIAISON_PART_ACCOUNT);
  ASSERT_TRUE(account.IsObject());
  std::size_t plain = 0;
  for (const auto& leaf : account["leaves"].GetArray()) {
    const std::string location = leaf["location"].GetString(), value = leaf["value"].GetString();
    const int kinds = leaf.HasMember("to") + leaf.HasMember("envelope") + leaf.HasMember("reason");
    EXPECT_EQ(kinds, 1) << name << " " << location;
    if (!leaf.HasMember("to")) continue;
    bool found = false;
    for (const auto& place : leaf["to"].GetArray()) {
      const rapidjson::Value* target = rapidjson::Pointer(place.GetString()).Get(pivot);
      ASSERT_NE(target, nullptr) << name << " " << location << " → " << place.GetString();
      found = found || subtree(*target).find(value) != std::string::npos;
    }
    if (!is_plain(value)) continue;
    ++plain;
    EXPECT_TRUE(found) << name << " " << location << " says " << value;
  }
  EXPECT_GT(plain, 0U) << name;
}

TEST(account, of_synthetic_messages_is_true) {
  const std::string folder = std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/hl7v2";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string path = entry.path().string() + "/input.hl7";
    if (std::filesystem::exists(path)) expect_account_is_true(run(operation::decode, read_file(path), options), path);
  }
}

TEST(account, of_corpus_messages_is_true) {
  const std::string corpus = corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "no corpus";
  std::size_t seen = 0, large = 0;  // of the large ones, which differ in their base64 only, three will do
  for (const char* folder : {"/pfi", "/fhir/v2-cda-pairs"}) {
    if (!std::filesystem::is_directory(corpus + folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus + folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string bytes = read_file(entry.path().string());
      if (recognise(bytes) == 0 || (bytes.size() > 65536 && ++large > 3)) continue;
      const result read = run(operation::decode, bytes, options);
      ++seen;
      const std::string name = entry.path().filename().string();
      if (name.find("ack") == std::string::npos && name.find("Message_metier") == std::string::npos)
        expect_account_is_true(read, entry.path().string());
    }
  }
  EXPECT_GT(seen, 0U);
}

TEST(account, has_a_row_for_every_component_that_is_not_empty) {
  const result read =
      run(operation::decode,
          "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5\rPID|1||x^^^n&1.2.3&ISO~y||A^ ^B\rZZZ|1|a&b^c\r", options);
  const auto account = read.json_of(LIAISON_PART_ACCOUNT);
  std::vector<std::string> locations;
  for (const auto& leaf : account["leaves"].GetArray()) locations.emplace_back(leaf["location"].GetString());
  EXPECT_EQ(locations, (std::vector<std::string>{"MSH-1",     "MSH-2",        "MSH-3",        "MSH-4",     "MSH-5",
                                                 "MSH-6",     "MSH-7",        "MSH-9.1",      "MSH-9.2",   "MSH-10",
                                                 "MSH-11",    "MSH-12",       "PID-1",        "PID-3.1",   "PID-3.4.1",
                                                 "PID-3.4.2", "PID-3.4.3",    "PID-3[2]",     "PID-5.1",   "PID-5.3",
                                                 "ZZZ[1]-1",  "ZZZ[1]-2.1.1", "ZZZ[1]-2.1.2", "ZZZ[1]-2.2"}));
}

std::string patient_message(const std::string& reliability, const std::string& oid, const std::string& number) {
  return "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5|||||FRA\rPID|1||" + number + "^^^I&" + oid +
         "&ISO^INS~7^^^H^PI||X|||||||||||||||||||||||||||" + reliability + "\r";
}

struct leaving_case {
  const char* reliability;
  const char* oid;
  const char* number;
  bool leaves;
};
class matricules : public ::testing::TestWithParam<leaving_case> {};
TEST_P(matricules, leave_with_a_qualified_identity_and_a_right_key_only) {
  const auto& given = GetParam();
  const result read = run(operation::decode, patient_message(given.reliability, given.oid, given.number), options);
  ASSERT_EQ(read.status, LIAISON_OK);
  EXPECT_EQ(read.bytes_of(LIAISON_PART_DOCUMENT).find(given.number) != std::string::npos, given.leaves);
}
INSTANTIATE_TEST_SUITE_P(table, matricules,
                         ::testing::Values(leaving_case{"VALI", "1.2.250.1.213.1.4.10", "247035118500129", true},
                                           leaving_case{"QUAL", "1.2.250.1.213.1.4.8", "255081416802538", true},
                                           leaving_case{"PROV", "1.2.250.1.213.1.4.10", "247035118500129", false},
                                           leaving_case{"RECUP", "1.2.250.1.213.1.4.10", "247035118500129", false},
                                           leaving_case{"", "1.2.250.1.213.1.4.10", "247035118500129", false},
                                           leaving_case{"VALI", "1.2.250.1.213.1.4.8", "255081416802539", false},
                                           leaving_case{"VALI", "1.2.250.1.213.1.4.10", "255081416802539", true},
                                           leaving_case{"VALI", "1.2.250.1.213.1.4.10", "24703511850012", false}));

TEST(results, keep_their_digits_and_their_forms) {
  const auto pivot =
      run(operation::decode,
          "MSH|^~\\&|A|B|C|D|20260302||ORU^R01|1|P|2.5\rPID|1||1||X\rOBR|1|||P^Panel^L|||||||||||||||||||||F\r"
          "OBX|1|NM|a^A^L||5,40|g/L|3-6|H|||F\rOBX|2|SN|b^B^L||>=^0.50|||||F\rOBX|3|SN|c^C^L||^1^-^3||||||F\r"
          "OBX|4|NM|d^D^L||positif||||||A\rOBX|5|DT|e^E^L||20260301||||||Z\rOBX|6|FT|f^F^L||ligne 1~ligne 2||||||F\r"
          "OBX|7|NM|g^G^L||1~2|u|||||F\rOBX|8|CE|h^H^L||N^non^L||||||F\r",
          options)
          .json_of(LIAISON_PART_DOCUMENT);
  std::vector<std::string> observations;
  for (rapidjson::SizeType i = 0; i < pivot["entry"].Size(); ++i) {
    if (at(pivot["entry"][i], "/resource/resourceType") == "Observation")
      observations.push_back("/entry/" + std::to_string(i) + "/resource");
  }
  ASSERT_EQ(observations.size(), 8U);
  const auto value = [&](std::size_t i, const char* path) { return at(pivot, (observations[i] + path).c_str()); };
  EXPECT_EQ(value(0, "/valueQuantity/value"), "5.40");
  EXPECT_EQ(value(0, "/valueQuantity/unit"), "g/L");
  EXPECT_EQ(value(0, "/referenceRange/0/high/value"), "6");
  EXPECT_EQ(value(0, "/interpretation/0/coding/0/code"), "H");
  EXPECT_EQ(value(1, "/valueQuantity/comparator"), ">=");
  EXPECT_EQ(value(1, "/valueQuantity/value"), "0.50");
  EXPECT_EQ(value(2, "/valueRange/high/value"), "3");
  EXPECT_EQ(value(3, "/valueString"), "positif");
  EXPECT_EQ(value(3, "/status"), "amended");
  EXPECT_EQ(value(4, "/valueDateTime"), "2026-03-01");
  EXPECT_EQ(value(4, "/status"), "unknown");
  EXPECT_EQ(value(4, "/_status/extension/0/valueString"), "Z");
  EXPECT_EQ(value(5, "/valueString"), "ligne 1\nligne 2");
  EXPECT_EQ(value(6, "/component/1/valueQuantity/value"), "2");
  EXPECT_EQ(value(7, "/valueCodeableConcept/coding/0/code"), "N");
}

TEST(results, keep_all_their_notes_in_the_conclusion) {
  // 20,000 of them: the conclusion once for each, whole, would be ten gigabytes.
  std::string message = "MSH|^~\\&|A|B|C|D|20260302||ORU^R01|1|P|2.5\rPID|1||1||X\rOBR|1|||P^Panel^L|||||||||||||||||||||F\r", conclusion;
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = "ligne " + std::to_string(i) + std::string(40, '.');
    message += "NTE|1||" + line + "\r";
    conclusion += (i == 0 ? "" : "\n") + line;
  }
  const auto pivot = run(operation::decode, message, options).json_of(LIAISON_PART_DOCUMENT);
  std::string found;
  for (const auto& entry : pivot["entry"].GetArray()) {
    if (at(entry, "/resource/resourceType") == "DiagnosticReport") found = at(entry, "/resource/conclusion");
  }
  EXPECT_EQ(found, conclusion);
}

TEST(documents, keep_the_entries_of_their_own_pivot_in_place) {
  const std::string folder = std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/hl7v2/document_with_its_pivot/";
  const std::string embedded = read_file(folder + "embedded.json");
  const result read = run(operation::decode, read_file(folder + "input.hl7"), options,
                          {{LIAISON_PART_DOCUMENT, "OBX[1]-5.5", "", "fhir", embedded}});
  ASSERT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto pivot = read.json_of(LIAISON_PART_DOCUMENT);
  rapidjson::Document before;
  before.Parse(embedded.c_str());
  for (rapidjson::SizeType i = 0; i < before["entry"].Size(); ++i) {
    EXPECT_EQ(at(pivot["entry"][i], "/fullUrl"), at(before["entry"][i], "/fullUrl"));
    EXPECT_EQ(at(pivot["entry"][i], "/resource/resourceType"), at(before["entry"][i], "/resource/resourceType"));
  }
  EXPECT_EQ(at(pivot, "/entry/0/resource/status"), "amended");
  EXPECT_EQ(at(pivot, "/entry/0/resource/meta/security/0/code"), "INVISIBLE_PATIENT");
  EXPECT_EQ(at(pivot, "/entry/0/resource/section/0/title"), "Conclusion");
  EXPECT_EQ(at(pivot, "/entry/1/resource/address/0/postalCode"), "59800") << "the document stands";
}

TEST(documents, that_intake_refuses_can_still_be_translated_by_hand) {
  document_message of;
  of.order = "SC";
  of.data = base64_encode("no XML at all");
  const result read = run(operation::decode, of.build(), options);
  EXPECT_EQ(read.status, LIAISON_OK);
  EXPECT_TRUE(read.has_issue("hl7v2-document-not-xml"));
  EXPECT_NE(read.bytes_of(LIAISON_PART_DOCUMENT).find("\"contentType\":\"text/plain\""), std::string::npos);
}

TEST(documents, of_two_identities_are_not_translated_at_all) {
  std::string message = document_message{}.build();
  message.insert(message.find("^INS||") + 4, "~255081416802538^^^I&1.2.250.1.213.1.4.10&ISO^INS");
  const result read = run(operation::decode, message, options);
  EXPECT_EQ(read.status, LIAISON_REJECT);
  EXPECT_TRUE(read.parts.empty());
}

TEST(documents, that_nobody_translated_are_carried_as_files) {
  document_message of;
  of.flags = "NYNNNYYNYY";
  const result read = run(operation::decode, of.build(), options);
  ASSERT_EQ(read.status, LIAISON_OK) << read.list_issues();
  EXPECT_TRUE(read.has_issue("hl7v2-document-as-file"));
  EXPECT_NE(read.bytes_of(LIAISON_PART_DOCUMENT).find(base64_encode(synthetic_cda())), std::string::npos);
}

TEST(account, stops_counting_at_its_limit) {
  const std::string text = "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5\rZZZ|a^b^c^d^e^f^g\r";
  const message of(text);
  liaison::account few, all;
  EXPECT_TRUE(leaves(of, &few, 5).is_full());
  EXPECT_EQ(few.size(), 6U);
  EXPECT_FALSE(leaves(of, &all).is_full());
  EXPECT_EQ(all.size(), 19U);
}

TEST(decoding, is_deterministic) {
  const auto once = run(operation::decode, laboratory_result(), options),
             again = run(operation::decode, laboratory_result(), options);
  EXPECT_EQ(once.bytes_of(LIAISON_PART_DOCUMENT), again.bytes_of(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(once.bytes_of(LIAISON_PART_ACCOUNT), again.bytes_of(LIAISON_PART_ACCOUNT));
}

}  // namespace
}  // namespace liaison::hl7v2::testing
