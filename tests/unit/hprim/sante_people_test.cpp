// SPDX-License-Identifier: Apache-2.0
// What stands beside a result in HPRIM Santé: sample, validator, interpreter, copies, the versions of a report, the
// patient that was merged; and that all of it comes back where it stood.
#include "host.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace liaison::hprim {
namespace {

using namespace testing;

const std::string head = "H|~^\\&|A.HPR||LAB~LABO||ORU|||CLIN~CLINIQUE||P|H2.4~C|20250310143000\r\n";
const std::string patient = "P|1|IPP1|||ESSAI~LILA|||F\r\n";

std::string results(const std::string& status) {
  return head + patient +
         "OBR|1|ECH1~DEM1|ECH2~LAB1|K~Potassium~L|||20250310075000|||||||20250310080500|SG&Sang~x||||||||||" + status +
         "|||C1~DR COPIE~L||||BIO1~DR BIOLOGISTE~L\r\n" +
         "OBX|1|NM|K~Potassium~L||3.1|mmol/L|||||F|||||VAL1~DR VALIDEUR\r\nL|1||1|5\r\n";
}

const rapidjson::Value* resource(const rapidjson::Document& bundle, const char* type, std::size_t skip = 0) {
  if (!bundle.IsObject()) return nullptr;
  for (const auto& entry : bundle["entry"].GetArray()) {
    if (entry["resource"]["resourceType"].GetString() == std::string_view(type) && skip-- == 0)
      return &entry["resource"];
  }
  return nullptr;
}

TEST(sante_people, sample_validator_and_interpreter_are_resources) {
  std::string source = results("F");
  // 9.26 is index 25: the fields between 9.17 and it are counted here once more, so that a slip shows.
  const std::string obr = source.substr(source.find("OBR|"), source.find("\r\nOBX") - source.find("OBR|"));
  ASSERT_EQ(std::count(obr.begin(), obr.end(), '|'), 32) << obr;
  const reply pivot = run(translator_of("hprim-sante").decode, source, now_and_account);
  const auto bundle = parse(pivot.document());
  const auto* specimen = resource(bundle, "Specimen");
  ASSERT_NE(specimen, nullptr) << pivot.issues.size();
  EXPECT_EQ((*specimen)["type"]["coding"][0]["code"], "SG");
  EXPECT_EQ((*specimen)["type"]["text"], "Sang");
  EXPECT_EQ((*specimen)["identifier"][0]["value"], "ECH2");
  EXPECT_TRUE((*specimen).HasMember("receivedTime"));
  const auto* observation = resource(bundle, "Observation");
  EXPECT_TRUE(observation->HasMember("specimen"));
  EXPECT_TRUE(observation->HasMember("performer"));
  EXPECT_TRUE(resource(bundle, "DiagnosticReport")->HasMember("resultsInterpreter"));
  EXPECT_TRUE(resource(bundle, "DiagnosticReport")->HasMember("specimen"));
  EXPECT_NE(pivot.document().find("\"valueCode\":\"copy\""), std::string::npos);
  const reply back = run(translator_of("hprim-sante").encode, pivot.document());
  EXPECT_EQ(back.document(), source);
}

TEST(sante_people, versions_of_a_report_share_a_set_and_name_no_document_that_nobody_sent) {
  for (const auto& [status, composed] : {std::pair<std::string, std::string>{"F", "final"}, {"C", "amended"}}) {
    const reply pivot = run(translator_of("hprim-sante").decode, results(status), now_and_account);
    const auto bundle = parse(pivot.document());
    const auto* composition = resource(bundle, "Composition");
    EXPECT_EQ((*composition)["identifier"]["value"], "LAB1");
    EXPECT_EQ((*composition)["status"].GetString(), composed);
    // What replaces another by its id waits for it: the id of the first version is not in the message.
    EXPECT_FALSE(composition->HasMember("relatesTo"));
    const auto facts = parse(run(translator_of("hprim-sante").inspect, results(status)).bytes(LIAISON_PART_FACTS));
    EXPECT_FALSE(facts["document"].HasMember("replaces"));
    EXPECT_STREQ(facts["document"]["set_id"].GetString(), "LAB^LAB1");
  }
}

TEST(sante_people, merged_patients_are_linked) {
  std::string source = head + "P|1|IPP1~IPP0~FU||NDA1|ESSAI~LILA|||F||||||||||||||||MP\r\nL|1||1|3\r\n";
  source.replace(source.find("ORU"), 3, "ADM");
  const reply pivot = run(translator_of("hprim-sante").decode, source, now_and_account);
  const auto bundle = parse(pivot.document());
  EXPECT_EQ((*resource(bundle, "MessageHeader"))["eventCoding"]["code"], "A40");
  const auto* old = resource(bundle, "Patient", 1);
  ASSERT_NE(old, nullptr);
  EXPECT_EQ((*old)["link"][0]["type"], "replaced-by");
  EXPECT_EQ((*old)["identifier"][0]["value"], "IPP0");
  EXPECT_EQ(run(translator_of("hprim-sante").encode, pivot.document()).document(), source);
}

TEST(sante_reading, tolerates_french_dates_short_addresses_and_small_contexts) {
  std::string source = head + "P|1|IPP1|||ESSAI~LILA||17/05/1985|F||12 RUE~APT~VILLE~75001\r\nL|1||1|3\r\n";
  source.replace(source.find("ORU"), 3, "oru");
  const auto facts = parse(run(translator_of("hprim-sante").inspect, source).bytes(LIAISON_PART_FACTS));
  EXPECT_EQ(facts["patients"][0]["birth_date"], "1985-05-17");
  EXPECT_EQ(facts["patients"][0]["postal_code"], "75001");
  EXPECT_EQ(facts["event"]["code"], "ORU");
  const reply wrong = run(translator_of("hprim-sante").inspect, head + "P|1|I|||A~B||demain|F\r\nL|1||1|3\r\n");
  EXPECT_TRUE(wrong.has_issue("hprim-date-not-understood"));
}

}  // namespace
}  // namespace liaison::hprim
