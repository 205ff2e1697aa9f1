// SPDX-License-Identifier: Apache-2.0
// Writing HPRIM Médecin: nothing in the data can break the frame, nothing is written as "?", no patient means no
// message.
#include "host.hpp"
#include "medecin_message.hpp"

#include <liaison/common/text.hpp>

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", c);
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// A small document whose every text is `text`.
std::string pivot_of(const std::string& text) {
  const std::string t = json_text(text);
  const std::string div =
      json_text("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" + escape_xml(text) + "</p></div>");
  return R"({"resourceType":"Bundle","type":"document","entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","status":"final","title":)" +
         t + R"(,"date":"2025-03-10T10:00:00+01:00",
      "subject":{"reference":"urn:uuid:2"},"author":[{"reference":"urn:uuid:3"}],
      "section":[{"title":)" +
         t + R"(,"text":{"status":"generated","div":)" + div + R"(},"entry":[{"reference":"urn:uuid:4"}]}]}},
    {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","identifier":[{"value":)" +
         t + R"(}],
      "name":[{"family":)" +
         t + R"(,"given":[)" + t + R"(]}],"address":[{"line":[)" + t + "," + t + R"(],"postalCode":)" + t +
         R"(,"city":)" + t +
         R"(}],"birthDate":"1985-05-17"}},
    {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Organization","name":)" +
         t + R"(,"identifier":[{"value":)" + t + R"(}]}},
    {"fullUrl":"urn:uuid:4","resource":{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},
      "result":[{"reference":"urn:uuid:5"}]}},
    {"fullUrl":"urn:uuid:5","resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:liaison:local:x","code":)" +
         t + R"(}],"text":)" + t + R"(},"valueString":)" + t + R"(,"note":[{"text":)" + t + R"(}],
      "interpretation":[{"coding":[{"code":)" +
         t + R"(}]}],"referenceRange":[{"text":)" + t + R"(}]}}]})";
}

constexpr std::string_view hostile_texts[] = {"****FIN****",
                                              "x\n****FINFICHIER****\ny",
                                              "a|b|c",
                                              "RES|x|y",
                                              "TEX|x",
                                              "a\r\nb",
                                              "a\rb",
                                              " ****LAB**** ",
                                              "\t****FIN****\t",
                                              "****FIN****\xC2\xA0",
                                              "\xE2\x88\x97\xE2\x88\x97\xE2\x88\x97\xE2\x88\x97"
                                              "FIN\xE2\x88\x97\xE2\x88\x97\xE2\x88\x97\xE2\x88\x97",
                                              "a\xE2\x94\x82"
                                              "b",
                                              "a\xE2\x80\xA8****FIN****\xE2\x80\xA8",
                                              "\xC2\x85****FIN****\xC2\x85",
                                              "nul\x01\x1b\x7f"
                                              "x",
                                              "****fin****",
                                              "R\xE2\x80\x8B"
                                              "ES|a|b",
                                              "日本語 ≥ œ 😀",
                                              "",
                                              " ",
                                              "****",
                                              "********"};

class hostile : public ::testing::TestWithParam<std::tuple<std::string_view, std::string_view>> {};

TEST_P(hostile, text_cannot_break_the_frame) {
  const auto [text, charset] = GetParam();
  const std::string options = R"({"charset":")" + std::string(charset) + R"(","endpoint":{"tex":true}})";
  const reply out = run(translator_of("hprim-medecin").encode, pivot_of(std::string(text)), options);
  ASSERT_EQ(out.status, LIAISON_OK);
  const std::string bytes = out.document();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == '\r') {
      ASSERT_EQ(bytes[i + 1], '\n');
    }
    if (byte == '\n') {
      ASSERT_EQ(bytes[i - 1], '\r');
    }
    ASSERT_TRUE(byte >= 0x20 || byte == '\r' || byte == '\n' || byte == '\t') << int(byte);
    ASSERT_NE(byte, '?');
  }
  medecin_file file;
  findings found;
  read_medecin(bytes, charset, file, found);
  ASSERT_EQ(file.messages.size(), 1U) << bytes;
  const medecin_message& message = file.messages[0];
  ASSERT_TRUE(message.has_header) << bytes;
  EXPECT_EQ(message.header_text(7), "17/05/1985") << bytes;
  EXPECT_EQ(message.header_text(10), "10/03/2025") << bytes;
  EXPECT_EQ(message.results.size(), 1U) << bytes;
  EXPECT_EQ(message.results[0].pieces, 10U) << bytes;
  for (const finding bad :
       {finding::duplicate_end, finding::missing_end_tag, finding::text_after_end, finding::tag_repeated,
        finding::misplaced_end, finding::lab_tag_missing, finding::unknown_lab_line, finding::header_shifted}) {
    EXPECT_FALSE(found.has(bad)) << row_of(bad).code << "\n" << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(texts, hostile,
                         ::testing::Combine(::testing::ValuesIn(hostile_texts),
                                            ::testing::Values("windows-1252", "utf-8", "us-ascii", "macintosh",
                                                              "cp850")));

TEST(medecin_encode, transliterates_and_says_so) {
  const reply out = run(translator_of("hprim-medecin").encode, pivot_of("≥ 3 α œdème"), "{}");
  EXPECT_TRUE(out.has_issue("transliterated"));
  EXPECT_NE(out.document().find(">= 3 alpha \x9C"
                                "d\xE8me"),
            std::string::npos);
}

TEST(medecin_encode, refuses_a_document_without_patient) {
  std::string pivot = pivot_of("x");
  pivot.replace(pivot.find("urn:uuid:2\"},\"author"), 10, "urn:uuid:9");
  const reply out = run(translator_of("hprim-medecin").encode, pivot, "{}");
  EXPECT_EQ(out.status, LIAISON_REJECT);
  EXPECT_TRUE(out.has_issue("no-patient"));
  EXPECT_EQ(out.find(LIAISON_PART_DOCUMENT), nullptr);
}

TEST(medecin_encode, refuses_an_event_and_rubbish) {
  const auto encode = translator_of("hprim-medecin").encode;
  EXPECT_EQ(run(encode, R"({"resourceType":"Bundle","type":"message","entry":[]})", "{}").status, LIAISON_UNSUPPORTED);
  EXPECT_EQ(run(encode, "not json", "{}").status, LIAISON_REJECT);
  EXPECT_EQ(run(encode, R"({"resourceType":"Patient"})", "{}").status, LIAISON_REJECT);
  EXPECT_EQ(run(encode, pivot_of("x"), R"({"charset":"klingon"})").status, LIAISON_UNSUPPORTED);
}

TEST(medecin_encode, never_writes_an_ins) {
  std::string pivot = pivot_of("x");
  const std::string plain = R"("identifier":[{"value":"x"}],)";
  pivot.replace(
      pivot.find(plain), plain.size(),
      R"("identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"285059999900131"},{"type":{"coding":[{"code":"PI"}]},"value":"IPP7"}],)");
  const std::string text = run(translator_of("hprim-medecin").encode, pivot, "{}").document();
  EXPECT_EQ(text.find("2850599999001"), std::string::npos);
  EXPECT_TRUE(text.starts_with("IPP7\r\n")) << text;
}

TEST(medecin_encode, is_deterministic) {
  const auto encode = translator_of("hprim-medecin").encode;
  EXPECT_EQ(run(encode, pivot_of("été"), "{}").document(), run(encode, pivot_of("été"), "{}").document());
}

}  // namespace
}  // namespace liaison::hprim
