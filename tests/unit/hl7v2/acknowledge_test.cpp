// SPDX-License-Identifier: Apache-2.0
// Acknowledgements, as a dialogue: this came in, this is the answer.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

std::string answer_to(std::string_view message, std::string_view options) {
  return run(operation::acknowledge, message, options).bytes_of(LIAISON_PART_ACKNOWLEDGEMENT);
}

constexpr std::string_view request =
    "MSH|^~\\&|DPI|HOP^1.2.3^ISO|PFI|GW|20260302101500||MDM^T10^MDM_T02|C-1|T|2.6|||||FRA|UNICODE "
    "UTF-8|||2.1^CISIS_CDA_HL7_V2\rEVN||\r";

TEST(acknowledgement, swaps_the_peers_and_repeats_version_and_character_set) {
  EXPECT_EQ(
      answer_to(request, R"({"outcome":"accept","now":"2026-03-02T10:15:01+01:00","control_id":"G-9"})"),
      "MSH|^~\\&|PFI|GW|DPI|HOP^1.2.3^ISO|20260302101501||ACK^T10^ACK|G-9|T|2.6|||||FRA|UNICODE UTF-8\rMSA|AA|C-1\r");
}

TEST(acknowledgement, names_each_error_with_its_place_and_condition) {
  const std::string options = R"({"outcome":"reject","now":"2026-03-02T10:15:01+01:00","control_id":"G-9","issues":[
    {"severity":"error","code":"hl7v2-pfi-incoherent","location":"OBX[2]-11","diagnostics":"OBX-11 does not agree"},
    {"severity":"warning","code":"hl7v2-base64","location":"OBX[1]-5.5","diagnostics":"a|b"},
    {"severity":"information","code":"x","location":"","diagnostics":"not told"}]})";
  EXPECT_EQ(
      answer_to(request, options),
      "MSH|^~\\&|PFI|GW|DPI|HOP^1.2.3^ISO|20260302101501||ACK^T10^ACK|G-9|T|2.6|||||FRA|UNICODE UTF-8\rMSA|AE|C-1\r"
      "ERR||OBX^2^11|207^Application error^messageErrorCondition|E|||hl7v2-pfi-incoherent|OBX-11 does not agree\r"
      "ERR||OBX^1^5^1^5|102^Data type error^messageErrorCondition|W|||hl7v2-base64|a\\F\\b\r");
}

TEST(acknowledgement, gives_what_broke_the_life_of_a_document_its_code_in_err_5) {
  const std::string options = R"({"outcome":"reject","now":"2026-03-02T10:15:01+01:00","control_id":"G-9","issues":[
    {"severity":"error","code":"document-author-differs","location":"","diagnostics":"another author"}]})";
  EXPECT_NE(answer_to(request, options)
                .find("ERR|||207^Application error^messageErrorCondition|E|"
                      "901^Auteur non autorisé à remplacer ou supprimer un document^applicationErrorCondition||"
                      "document-author-differs|another author\r"),
            std::string::npos);
}

TEST(acknowledgement, asks_for_another_try_with_ar) {
  EXPECT_NE(
      answer_to(
          request,
          R"({"outcome":"retry","now":"2026-03-02T10:15:01Z","issues":[{"severity":"error","code":"store-full","diagnostics":"no room"}]})")
          .find("MSA|AR|C-1\rERR|||207^"),
      std::string::npos);
}

TEST(acknowledgement, of_an_old_version_has_no_err_of_the_new_layout) {
  const std::string answer = answer_to(
      "MSH|^~\\&|A|B|C|D|20260302||ORU^R01|7|P|2.3\r",
      R"({"outcome":"reject","now":"2026-03-02T10:15:01Z","issues":[{"severity":"error","code":"x","location":"PID","diagnostics":"no PID"}]})");
  EXPECT_EQ(answer, "MSH|^~\\&|C|D|A|B|20260302101501||ACK^R01|A7|P|2.3\rMSA|AE|7|no PID\r");
}

TEST(acknowledgement, is_written_for_a_message_that_is_broken_after_its_header) {
  std::string broken(request);
  broken += std::string("\x00\xFF\xFE|||\\\\", 9);
  EXPECT_NE(answer_to(broken, R"({"outcome":"reject","now":"2026-03-02T10:15:01Z"})").find("MSA|AE|C-1\r"),
            std::string::npos);
  EXPECT_EQ(run(operation::inspect, "MSH|^~\\&|A\rMSH|^~\\&|B\r").status, LIAISON_REJECT);
}

TEST(acknowledgement, without_a_header_is_not_possible_and_says_so) {
  const result none = run(operation::acknowledge, "PID|1\r", R"({"outcome":"accept","now":"2026-03-02T10:15:01Z"})");
  EXPECT_EQ(none.status, LIAISON_UNSUPPORTED);
  EXPECT_TRUE(none.has_issue("hl7v2-no-header"));
  EXPECT_TRUE(none.parts.empty());
}

TEST(acknowledgement, uses_the_separators_and_the_character_set_of_the_request) {
  EXPECT_EQ(answer_to("MSH#*%!/#H\xF4pital#B#C#D#20260302##ADT*A01#7#P#2.5######8859/15\r",
                      R"({"outcome":"accept","now":"2026-03-02T10:15:01Z","control_id":"1"})"),
            "MSH#*%!/#C#D#H\xF4pital#B#20260302101501##ACK*A01*ACK#1#P#2.5######8859/15\rMSA#AA#7\r");
}

TEST(inspection, gives_the_positive_answer_on_request_and_only_when_it_is_positive) {
  const std::string options = R"({"acknowledge":true,"now":"2026-03-02T10:15:01Z","control_id":"G-1"})";
  const result good = run(operation::inspect, laboratory_result(), options);
  EXPECT_NE(good.bytes_of(LIAISON_PART_ACKNOWLEDGEMENT).find("MSA|AA|L20260302-77\r"), std::string::npos);
  EXPECT_EQ(run(operation::inspect, "MSH|^~\\&|A|B|C|D|20260302||ACK^R01^ACK|1|P|2.5\rMSA|AA|7\r", options)
                .first(LIAISON_PART_ACKNOWLEDGEMENT),
            nullptr)
      << "an acknowledgement is never acknowledged";
  document_message wrong;
  wrong.status = "D";
  EXPECT_EQ(run(operation::inspect, wrong.build(), options).first(LIAISON_PART_ACKNOWLEDGEMENT), nullptr);
}

}  // namespace
}  // namespace liaison::hl7v2::testing
