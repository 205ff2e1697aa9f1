// SPDX-License-Identifier: Apache-2.0
// Business acknowledgements written and read, consumers' answers read.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

std::string answer_option(std::string_view answer) {
  return R"({"now":"2026-03-02T10:20:00+01:00","control_id":"Z-1","answer":)" + std::string(answer) + "}";
}

TEST(business_acknowledgement, of_a_failed_mail_is_what_the_volet_asks_for) {
  const result made = run(operation::acknowledge, document_message{}.build(),
                          answer_option(R"({"kind":"mail-received","outcome":"reject","recipient_index":0,
                                            "time":"2026-03-02T10:19:30+01:00","errors":[{"code":"550"}]})"));
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  EXPECT_EQ(made.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT),
            "MSH|^~\\&|LIAISON|PFI-T|DPI-T|HOPITAL-T|20260302102000||ZAM^Z02^ZAM_Z01|Z-1|D|2.6|||||FRA|UNICODE "
            "UTF-8|||2.1^CISIS_CDA_HL7_V2\r"
            "EVN||20260302101930\r"
            "OBX|1|CWE|ACK_RECEPTION_MSS^Accusé de réception "
            "MSSanté^AckMetierZAM|D20260302-1|N^^expandedYes-NoIndicator||||||F\r"
            "OBX|2|XTN|DESTINATAIRE_MSS^Destinataire "
            "MSSanté^AckMetierZAM|801000000126|^^X.400^alix.traitant@cabinet.mssante.fr||||||F\r"
            "ERR|||207^Application error^messageErrorCondition|E|550^Boîte aux lettres non disponible^SMTPERRORCODE\r");
}

struct kind {
  const char* answer;
  const char* trigger;
  const char* kind;
  const char* outcome;
  const char* code;
};
class business_kinds : public ::testing::TestWithParam<kind> {};

TEST_P(business_kinds, are_read_back_as_they_were_asked_for) {
  const result made = run(operation::acknowledge, document_message{}.build(), answer_option(GetParam().answer));
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  const std::string zam = made.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT);
  EXPECT_NE(zam.find(std::string("|ZAM^") + GetParam().trigger + "^ZAM_Z01|"), std::string::npos);
  const result read = run(operation::inspect, zam, R"({"strictness":"strict"})");
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/answer/kind"), GetParam().kind);
  EXPECT_EQ(at(facts, "/answer/message"), "D20260302-1");
  EXPECT_EQ(at(facts, "/answer/outcome"), GetParam().outcome);
  EXPECT_EQ(at(facts, "/answer/errors/0/code"), GetParam().code);
  EXPECT_EQ(run(operation::validate, zam, R"({"strictness":"strict"})").list_issues(), "");
}
INSTANTIATE_TEST_SUITE_P(
    table, business_kinds,
    ::testing::Values(
        kind{R"({"kind":"dmp-received","outcome":"accept"})", "Z01", "dmp-received", "accept", "(none)"},
        kind{R"({"kind":"dmp-received","outcome":"reject","errors":[{"code":"DMPClosed","text":"DMP fermé"}]})", "Z01",
             "dmp-received", "reject", "DMPClosed"},
        kind{R"({"kind":"mail-received","outcome":"accept","address":"a@b.mssante.fr"})", "Z02", "mail-received",
             "accept", "(none)"},
        kind{R"({"kind":"mail-received","outcome":"reject","recipient_index":1})", "Z02", "mail-received", "reject",
             "554"},
        kind{R"({"kind":"mail-read","outcome":"accept","recipient_index":0})", "Z03", "mail-read", "accept", "(none)"},
        kind{R"({"kind":"mail-read","outcome":"reject","recipient_index":0,"errors":[{"code":"902"}]})", "Z03",
             "mail-read", "reject", "902"}));

TEST(business_acknowledgement, is_refused_when_it_cannot_be_whole) {
  const std::string message = document_message{}.build();
  for (const char* answer :
       {R"({"kind":"mail-received","outcome":"accept"})",
        R"({"kind":"mail-received","outcome":"accept","recipient_index":7})", R"({"kind":"read","outcome":"accept"})",
        R"({"kind":"mail-read","outcome":"retry","recipient_index":0})"}) {
    const result made = run(operation::acknowledge, message, answer_option(answer));
    EXPECT_EQ(made.status, LIAISON_UNSUPPORTED) << answer;
    EXPECT_TRUE(made.has_issue("hl7v2-answer")) << made.list_issues();
    EXPECT_EQ(made.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT), "");
  }
}

TEST(business_acknowledgement, speaks_the_character_set_of_the_sender) {
  std::string message = document_message{}.build();
  const std::string name = "UNICODE UTF-8";
  message.replace(message.find(name), name.size(), "8859/15");
  std::string latin;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    if (byte == 0xC3) {
      latin += static_cast<char>(static_cast<unsigned char>(message[++i]) + 0x40);
    } else {
      latin += message[i];
    }
  }
  const result made =
      run(operation::acknowledge, latin, answer_option(R"({"kind":"dmp-received","outcome":"accept"})"));
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  EXPECT_NE(made.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT).find("|8859/15|"), std::string::npos);
  EXPECT_NE(made.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT)
                .find("Accus\xE9 de r\xE9"
                      "ception"),
            std::string::npos);
}

struct ack {
  const char* body;
  const char* outcome;
  const char* condition;
  const char* code;
  const char* location;
};
class consumer_answers : public ::testing::TestWithParam<ack> {};

TEST_P(consumer_answers, tell_outcome_and_reason) {
  const result read = run(operation::inspect,
                          "MSH|^~\\&|RIS|H|PFI|H|20260302101500||ACK^T02^ACK|77|P|2.6|||||FRA|UNICODE "
                          "UTF-8\r" +
                              std::string(GetParam().body));
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/answer/kind"), "technical");
  EXPECT_EQ(at(facts, "/answer/message"), "M-1");
  EXPECT_EQ(at(facts, "/answer/outcome"), GetParam().outcome);
  EXPECT_EQ(at(facts, "/answer/errors/0/condition"), GetParam().condition);
  EXPECT_EQ(at(facts, "/answer/errors/0/code"), GetParam().code);
  EXPECT_EQ(at(facts, "/answer/errors/0/location"), GetParam().location);
}
INSTANTIATE_TEST_SUITE_P(
    table, consumer_answers,
    ::testing::Values(ack{"MSA|AA|M-1\r", "accept", "(none)", "(none)", "(none)"},
                      ack{"MSA|AR|M-1\rERR|||207^Application internal error^HL70357| E\r", "retry", "207", "(none)",
                          "(none)"},
                      ack{"MSA|AE|M-1\rERR||PID^1^3|207^x^messageErrorCondition|E|902^Inconnu^applicationErrorCode\r",
                          "reject", "207", "902", "PID-3"},
                      ack{"MSA|AE|M-1\rERR||OBX^2^5^3^4^1|102^x|E\r", "reject", "102", "(none)", "OBX[2]-5[3].4.1"},
                      ack{"MSA|AE|M-1\rERR|||904^x^messageErrorCondition|E\r", "reject", "904", "904", "(none)"},
                      ack{"MSA|AE|M-1\rERR|PID^1^3^101&missing\r", "reject", "101", "(none)", "PID-3"}));

}  // namespace
}  // namespace liaison::hl7v2::testing
