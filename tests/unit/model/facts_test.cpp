// SPDX-License-Identifier: Apache-2.0
#include "core/model/facts.hpp"

#include <liaison/facts_json.hpp>

#include <gtest/gtest.h>

namespace liaison::model {
namespace {

TEST(facts, what_is_written_is_read_back) {
  message_facts f;
  f.format = "hl7v2";
  facts::patient p;
  p.family = "Élan \"quote\"";
  p.given = {"A", "B"};
  p.sex = facts::sex::female;
  p.identity_status = facts::identity_status::qualified;
  p.identifiers.push_back({"urn:oid:1.2", "42", facts::identifier_kind::ipp});
  f.patients.push_back(p);
  f.document.version = 3;
  f.document.masks = {"MASQUE_PS"};
  f.document.type = {"http://loinc.org", "34105-7", "Lettre"};
  f.recipients.push_back({});
  f.recipients[0].name = "DR X";
  f.results = 7;
  f.event.message = "015";
  f.event.action = "cancel";
  f.event.of = "A03";
  f.patients[0].identity_flags = {"HOMD"};
  f.encounter.end = "2026-03-05T15:00:00+01:00";
  f.encounter.end_from = "PV1-45";
  f.consents.push_back({0, "dmp-feeding", "deny", "2026-03-04", "ZFA-9"});
  f.merges.push_back({0, 0U, "merge", {{"urn:oid:1.2", "41", facts::identifier_kind::ipp}}, {}});
  f.answer = facts::answer{"mail-read", "015", "reject", "a@b", "8", {{"207", "E", "902", "t", "PID-3"}}};
  f.instructions = {"dmp"};
  const std::string json = to_json(f);
  auto again = facts_from_json(json);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(again.value()), json);
}

TEST(facts, hostile_json_is_a_failure_and_never_a_crash) {
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{"), std::string("{\"a\":") + std::string(100'000, '[')})
    EXPECT_FALSE(facts_from_json(text)) << text.substr(0, 20);
  auto odd = facts_from_json(R"({"patients":{"a":1},"document":[],"event":"x","results":-1,"patients":[1,null,{"given":"x"}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd.value().results, 0U);
}

TEST(facts, for_sending_only_what_that_asks_for_is_kept_and_all_of_it_is_checked) {
  const std::string json =
      R"({"format":"hl7v2","profile":"oru","patients":[{"family":"EXEMPLE"}],"event":{"code":"ORU^R01"},"document":{"title":"Lettre","masks":["MASQUE_PS"],"confidentiality":"R","status":"deleted"},"results":3)";
  message_facts found;
  ASSERT_TRUE(read_facts(json + "}", found, wanted_facts::for_sending));
  EXPECT_EQ(found.profile, "oru");
  EXPECT_EQ(found.patients.at(0).family, "EXEMPLE");
  EXPECT_EQ(found.document.status, "deleted");
  EXPECT_EQ(found.document.confidentiality, "R");
  EXPECT_EQ(found.document.masks, std::vector<std::string>{"MASQUE_PS"});
  EXPECT_TRUE(found.document.title.empty());
  EXPECT_TRUE(found.event.code.empty());
  EXPECT_EQ(found.results, 0U);
  message_facts cut;
  EXPECT_FALSE(read_facts(json, cut, wanted_facts::for_sending));
  EXPECT_FALSE(read_facts(json + R"(,"sender":{"name":"\q"}})", cut, wanted_facts::for_sending));
}

TEST(facts, what_points_outside_of_the_patients_is_left_out) {
  auto read = facts_from_json(
      R"({"patients":[{}],"consents":[{"patient":1,"kind":"sms","value":"deny"}],"merges":[{"patient":0,"prior_patient":9,"action":"link"}]})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read.value().consents.empty());
  ASSERT_EQ(read.value().merges.size(), 1U);
  EXPECT_FALSE(read.value().merges[0].prior_patient);
}

TEST(facts, the_document_says_what_it_is_and_the_envelope_to_whom_it_goes) {
  message_facts envelope, document;
  envelope.document.status = "amended";
  envelope.recipients.push_back({});
  envelope.recipients[0].name = "RCT";
  document.document.id = "d";
  document.document.status = "final";
  document.recipients.push_back({});
  document.recipients[0].name = "intended";
  document.results = 2;
  const message_facts both = merged(envelope, document);
  EXPECT_EQ(both.document.id, "d");
  EXPECT_EQ(both.document.status, "amended");
  ASSERT_EQ(both.recipients.size(), 1U);
  EXPECT_EQ(both.recipients[0].name, "RCT");
  EXPECT_EQ(both.results, 2U);
}

}  // namespace
}  // namespace liaison::model
