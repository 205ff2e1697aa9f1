// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/acknowledgement.hpp"

#include <gtest/gtest.h>

#include <string>

namespace liaison::protocol {
namespace {

constexpr acknowledgement_stamp stamp{1'700'000'000'000, "L1"};

TEST(acknowledgement, reads_the_codes_of_table_0008) {
  const std::pair<const char*, acknowledgement_code> known[] = {
      {"AA", acknowledgement_code::accept}, {"CA", acknowledgement_code::accept}, {"AE", acknowledgement_code::error},
      {"CE", acknowledgement_code::error},  {"AR", acknowledgement_code::reject}, {"CR", acknowledgement_code::reject}};
  for (const auto& [text, code] : known) {
    const auto read =
        read_acknowledgement("MSH|^~\\&|A|B|C|D|20260101||ACK|9|P|2.5\rMSA|" + std::string(text) + "|42\r");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read.value().code, code);
    EXPECT_EQ(read.value().code_text, text);
    EXPECT_EQ(read.value().control_id, "42");
  }
}

TEST(acknowledgement, takes_the_separators_of_its_own_header) {
  const auto read = read_acknowledgement("MSH#!~\\&#A\nMSA#AE#42#DUPONT\nERR###101!Required field missing!HL70357#E\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().control_id, "42");
  EXPECT_EQ(read.value().error_code, "101");
}

TEST(acknowledgement, refuses_what_is_none) {
  for (const char* bad : {"", "MSH", "MSH|", "MSH|^~\\&|A\r", "MSA|AA|1\r", "MSH|^~\\&|A\rMSA\r", "MSH|^~\\&|A\rMSA|\r",
                          "MSH|^~\\&|A\rMSA|aa|1\r", "MSH|^~\\&|A\rMSA|AAA|1\r", "MSHA^~\\&A\rMSAAAAA\r", "<html>"})
    EXPECT_FALSE(read_acknowledgement(bad)) << bad;
}

TEST(acknowledgement, looks_at_a_bounded_beginning_only) {
  std::string late = "MSH|^~\\&|A\r";
  late.append(100'000, 'x');
  late += "\rMSA|AA|1\r";
  EXPECT_FALSE(read_acknowledgement(late));
}

TEST(acknowledgement, becomes_an_outcome) {
  struct expectation {
    const char* answer;
    const char* sent;
    model::send_verdict verdict;
    const char* code;
  };
  const expectation table[] = {
      {"MSA|AA|7", "7", model::send_verdict::accepted, "AA"},
      {"MSA|CA|7", "7", model::send_verdict::accepted, "CA"},
      {"MSA|AA|", "7", model::send_verdict::accepted, "AA"},
      {"MSA|AA|8", "7", model::send_verdict::failed, "acknowledgement-mismatch"},
      {"MSA|AE|8", "7", model::send_verdict::failed, "acknowledgement-mismatch"},
      {"MSA|AE|7", "7", model::send_verdict::refused, "AE"},
      {"MSA|AR|7", "7", model::send_verdict::failed, "AR"},
  };
  for (const expectation& row : table) {
    const auto read = read_acknowledgement(std::string("MSH|^~\\&|A\r") + row.answer + "\r");
    ASSERT_TRUE(read);
    const auto outcome = outcome_of(read.value(), row.sent);
    EXPECT_EQ(outcome.verdict, row.verdict) << row.answer;
    EXPECT_EQ(outcome.code, row.code) << row.answer;
  }
}

TEST(acknowledgement, tells_why_a_consumer_refused) {
  const auto outcome = [](const std::string& err, const char* code = "AE") {
    const auto read = read_acknowledgement("MSH|^~\\&|LPS|CAB|PFI|HOP|20261121||ACK^T10^ACK|1|P|2.6\rMSA|" + std::string(code) + "|m1\r" + err);
    return outcome_of(read.value(), "m1");
  };
  const auto unknown = outcome("ERR||PID^1^3|207^Application error^messageErrorCondition|E|902^PATIENT DUPONT^applicationErrorCode\r");
  EXPECT_EQ(unknown.verdict, model::send_verdict::refused);
  EXPECT_EQ(unknown.code, "902");
  EXPECT_EQ(unknown.text, "the patient is not known there");
  EXPECT_EQ(outcome("ERR|||207^x^messageErrorCondition|E|900^x^messageErrorCondition\r").code, "900") << "whatever its table is called";
  EXPECT_EQ(outcome("ERR|||207^x|E\rERR|||207^x|E| 905^x\r").code, "905");
  EXPECT_EQ(outcome("ERR|||904^x|E\r").code, "904") << "where the condition belongs";
  EXPECT_EQ(outcome("ERR|||207^x|E|907^x\r").code, "AE") << "not of the table";
  const auto later = outcome("ERR|||207^x|E|902^x\r", "AR");
  EXPECT_EQ(later.verdict, model::send_verdict::failed);
  EXPECT_EQ(later.code, "AR");
}

TEST(acknowledgement, keeps_texts_of_the_recipient_out_of_the_outcome) {
  const auto read = read_acknowledgement(
      "MSH|^~\\&|A\rMSA|AE|7|DUPONT Marie inconnue\rERR||PID^1|DUPONT^DUPONT^HL70357|E||||DUPONT Marie\r"
      "ERR||PID^1|204^DUPONT^HL70357|E\r");
  ASSERT_TRUE(read);
  const auto outcome = outcome_of(read.value(), "7");
  EXPECT_EQ(outcome.text, "the recipient cannot process the message (ERR-3 204)");
}

TEST(control_id, is_msh_10) {
  EXPECT_EQ(control_id_of("MSH|^~\\&|3|4|5|6|7|8|9|10|11\r"), "10");
  EXPECT_EQ(control_id_of("MSH|^~\\&|3|4|5|6|7|8|9"), "");
  EXPECT_EQ(control_id_of("PID|1"), "");
}

TEST(minimal_acknowledgement, swaps_sender_and_recipient_and_reflects_the_event) {
  EXPECT_EQ(minimal_acknowledgement(
                "MSH|^~\\&|LAB|CHU|DPI|CH|20260101120000||ORU^R01^ORU_R01|4711|P|2.5|||||FRA|8859/15\rPID|1\r",
                acknowledgement_code::error, "plugin-crashed", stamp),
            "MSH|^~\\&|DPI|CH|LAB|CHU|20231114221320+0000||ACK^R01^ACK|L1|P|2.5||||||8859/15\r"
            "MSA|AE|4711\r"
            "ERR|||207^Application internal error^HL70357|E|plugin-crashed\r");
}

TEST(minimal_acknowledgement, has_no_error_segment_when_all_is_well) {
  EXPECT_EQ(minimal_acknowledgement("MSH|^~\\&|a|b|c|d|||ADT^A01|1|T|2.3.1\r", acknowledgement_code::accept, "", stamp),
            "MSH|^~\\&|c|d|a|b|20231114221320+0000||ACK^A01^ACK|L1|T|2.3.1\rMSA|AA|1\r");
}

TEST(minimal_acknowledgement, answers_anything) {
  const std::string nothing =
      "MSH|^~\\&|||||20231114221320+0000||ACK|L1|P|2.5\rMSA|AR|\rERR|||207^Application internal error^HL70357|E|x\r";
  for (const char* hostile : {"", "MSH", "MSH|", "\r\r\r", "<xml/>", "MSHA^~\\&A"})
    EXPECT_EQ(minimal_acknowledgement(hostile, acknowledgement_code::reject, "x", stamp), nothing) << hostile;
}

TEST(minimal_acknowledgement, reflects_bounded_and_harmless_fields_only) {
  std::string hostile = "MSH|^~\\&|";
  hostile.append(100'000, 'A');
  hostile +=
      "|\x1c\x0b\x01"
      "B|C|D|||ORU^R01\nEVIL|x|1";
  const std::string answer = minimal_acknowledgement(hostile, acknowledgement_code::error, "x", stamp);
  EXPECT_LT(answer.size(), 700u);
  for (char byte : answer) EXPECT_TRUE(byte == '\r' || static_cast<unsigned char>(byte) >= 0x20);
  EXPECT_EQ(answer.find("EVIL"), std::string::npos);
}

TEST(minimal_acknowledgement, cuts_no_utf8_sequence) {
  std::string long_name = "MSH|^~\\&|";
  for (int each = 0; each < 200; ++each) long_name += "\xc3\xa9";
  const std::string answer = minimal_acknowledgement(long_name + "|\r", acknowledgement_code::accept, "", stamp);
  const auto reflected = answer.substr(0, answer.find('\r'));
  std::size_t lead = 0, trail = 0;
  for (char byte : reflected) {
    lead += static_cast<unsigned char>(byte) == 0xc3;
    trail += static_cast<unsigned char>(byte) == 0xa9;
  }
  EXPECT_GT(lead, 100u);
  EXPECT_EQ(lead, trail);
}

TEST(minimal_acknowledgement, is_read_back_by_the_other_side) {
  const std::string answer =
      minimal_acknowledgement("MSH$*~\\&$a$b$c$d$$$ORU*R01$77$P$2.5\r", acknowledgement_code::error, "why", stamp);
  const auto read = read_acknowledgement(answer);
  ASSERT_TRUE(read) << answer;
  EXPECT_EQ(read.value().control_id, "77");
  EXPECT_EQ(read.value().error_code, "207");
}

}  // namespace
}  // namespace liaison::protocol
