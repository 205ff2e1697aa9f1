// SPDX-License-Identifier: Apache-2.0
// HPRIM Médecin as it is really sent: complete, padded, shifted, cut, doubled, without marks.
#include "host.hpp"

#include "medecin_message.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace liaison::hprim {
namespace {

using namespace testing;

const std::string header =
    "PAT000123\nESSAI-DEMO\nLILA\n12 RUE IMAGINAIRE\n\n99999 VILLE FICTIVE\n17/05/1985\n2850599999001 "
    "31\nDEM-0042\n10/03/2025\n"
    "LABO01     labo.fictif\nDRTEST     dr.test\n";
const std::string results =
    "****LAB****\nTEX|Potassium ....... 3,1 "
    "mmol/L\nRES|Potassium|K|N|3.1|mmol/L|3.5|5.1|L|F\n****FIN****\n****FINFICHIER****\n";
const std::string message = header + "\nPotassium ....... 3,1 mmol/L\n" + results;

medecin_file& read(const std::string& text, findings& found) {
  static std::vector<std::unique_ptr<medecin_file>> kept;
  kept.push_back(std::make_unique<medecin_file>());
  read_medecin(text, {}, *kept.back(), found);
  return *kept.back();
}

reply inspect(const std::string& text) { return run(translator_of("hprim-medecin").inspect, text, now_and_account); }

TEST(medecin, reads_the_reference_message) {
  const reply out = inspect(message);
  ASSERT_EQ(out.status, LIAISON_OK);
  EXPECT_TRUE(out.issues.empty()) << out.issues.front();
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  const auto& patient = facts["patients"][0];
  EXPECT_STREQ(patient["family"].GetString(), "ESSAI-DEMO");
  EXPECT_STREQ(patient["birth_date"].GetString(), "1985-05-17");
  EXPECT_STREQ(patient["postal_code"].GetString(), "99999");
  EXPECT_STREQ(patient["identifiers"][1]["kind"].GetString(), "nir");
  EXPECT_STREQ(patient["identifiers"][1]["value"].GetString(), "285059999900131");
  EXPECT_FALSE(patient.HasMember("sex")) << "a social-security number says whose, not who";
  EXPECT_STREQ(facts["document"]["status"].GetString(), "final");
  EXPECT_STREQ(facts["values"][0]["flag"].GetString(), "L");
}

TEST(medecin, recognises_itself_and_nothing_else) {
  const auto recognise = translator_of("hprim-medecin").recognise;
  EXPECT_GE(recognise(nullptr, bytes_of(message)), 90);
  EXPECT_GE(recognise(nullptr, bytes_of(results)), 80);
  EXPECT_EQ(recognise(nullptr, bytes_of("MSH|^~\\&|A|B\rPID|1\r")), 0);
  EXPECT_EQ(recognise(nullptr, bytes_of("<?xml version=\"1.0\"?><a/>")), 0);
  EXPECT_EQ(recognise(nullptr, bytes_of("%PDF-1.7\n")), 0);
  EXPECT_EQ(recognise(nullptr, bytes_of("Bonjour,\nvoici une lettre.\n")), 0);
  EXPECT_EQ(recognise(nullptr, bytes_of("")), 0);
}

TEST(medecin, finds_a_header_whose_first_line_is_missing) {
  findings found;
  const auto& file = read(message.substr(message.find('\n') + 1), found);
  ASSERT_EQ(file.messages.size(), 1U);
  EXPECT_EQ(file.messages[0].header_text(2), "ESSAI-DEMO");
  EXPECT_EQ(file.messages[0].header_text(12), "DRTEST     dr.test");
  EXPECT_TRUE(found.has(finding::header_shifted));
}

TEST(medecin, finds_a_header_with_an_empty_first_line_and_blanks_before_it) {
  for (const std::string& before : {std::string("\n"), std::string("\n\n"), std::string("\n\n\n\n")}) {
    findings found;
    const auto& file = read(before + message.substr(message.find('\n') + 1), found);
    EXPECT_EQ(file.messages.at(0).header_text(2), "ESSAI-DEMO");
    EXPECT_EQ(file.messages.at(0).header_text(1), "");
    EXPECT_FALSE(found.has(finding::header_shifted));
  }
}

TEST(medecin, skips_a_banner_before_the_header_and_keeps_its_text) {
  findings found;
  const auto& file = read("Message transmis par la messagerie\n" + message, found);
  EXPECT_EQ(file.messages.at(0).header_text(2), "ESSAI-DEMO");
  EXPECT_TRUE(found.has(finding::text_before_header));
  EXPECT_EQ(file.messages.at(0).body.at(0)->text, "Message transmis par la messagerie");
}

TEST(medecin, names_no_patient_from_prose) {
  const reply out =
      inspect("Cher confrère,\n\nje vous adresse ce courrier sans en-tête,\n\nBien à vous\n****FIN****\n");
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  EXPECT_FALSE(facts.HasMember("patients"));
  EXPECT_TRUE(out.has_issue("no-header"));
}

TEST(medecin, reads_every_line_end_alike) {
  for (const std::string& end : {std::string("\r\n"), std::string("\r"), std::string("\n")}) {
    std::string text;
    for (const char c : message) text += c == '\n' ? end : std::string(1, c);
    findings found;
    const auto& file = read(text, found);
    ASSERT_EQ(file.messages.size(), 1U);
    EXPECT_EQ(file.messages[0].results.size(), 1U);
    EXPECT_FALSE(found.has(finding::mixed_line_ends));
  }
}

TEST(medecin, keeps_messages_apart) {
  findings found;
  const auto& file = read(header + "un\n****FIN****\n" + "\n" + header.substr(10) + "deux\n****FIN****\n\n\n" + header +
                              "trois\n" + "****FIN****\n****FINFICHIER****\n",
                          found);
  ASSERT_EQ(file.messages.size(), 3U);
  EXPECT_EQ(file.messages[0].body[0]->text, "un");
  EXPECT_EQ(file.messages[1].header_text(2), "ESSAI-DEMO");
  EXPECT_EQ(file.messages[1].body[0]->text, "deux");
  EXPECT_EQ(file.messages[2].header_text(1), "PAT000123");
}

TEST(medecin, dirty_tails_make_no_patient) {
  for (const char* tail :
       {"****FIN****\n****FINFICHIER****\n", "\n\n****FINFICHIER****\n", "merci de votre attention\n"}) {
    findings found;
    const auto& file = read(message + tail, found);
    EXPECT_EQ(file.messages.size(), 1U) << tail;
    EXPECT_TRUE(found.has(finding::duplicate_end) || found.has(finding::text_after_end)) << tail;
  }
}

TEST(medecin, text_after_the_end_is_kept) {
  const reply out = run(translator_of("hprim-medecin").render, message + "ajout manuscrit\n", now_and_account);
  EXPECT_NE(out.bytes(LIAISON_PART_TEXT).find("ajout manuscrit"), std::string::npos);
}

TEST(medecin, results_behind_fin_belong_to_the_message_before) {
  findings found;
  const auto& file = read(header + "texte\n****FIN****\n" + results, found);
  ASSERT_EQ(file.messages.size(), 1U);
  EXPECT_EQ(file.messages[0].results.size(), 1U);
  EXPECT_TRUE(found.has(finding::misplaced_end));
}

TEST(medecin, reads_res_without_lab_and_of_every_length) {
  findings found;
  const auto& file =
      read(header + "texte\nRES|a\nRES|b|B|N|1\nRES|c|C|N|1|u|1|2|H|F|3|v|4|5|excès|encore\n****FIN****\n", found);
  const auto& lines = file.messages.at(0).results;
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].pieces, 2U);
  EXPECT_EQ(lines[1].field(5), "1");
  EXPECT_EQ(lines[2].field(14), "5");
  EXPECT_EQ(lines[2].excess, "excès|encore");
  EXPECT_TRUE(found.has(finding::lab_tag_missing));
}

TEST(medecin, rows_of_a_second_unit_join_the_result_before) {
  const reply out =
      inspect(header +
              "\n****LAB****\nRES|Glycémie|GLY|N|1.12|g/L|0.70|1.05|H|F\nRES|soit||N|6.22|mmol/L|3.89|5.83||F\n"
              "RES|Créatinine|CREA|N|11.3|mg/L\nRES|Créatinine "
              "(B)|CREAB|N|100|µmol/L|62|106\n****FIN****\n****FINFICHIER****\n");
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  EXPECT_STREQ(facts["results"].GetString(), "4");
  EXPECT_STREQ(facts["values"][0]["second"]["value"].GetString(), "6.22");
  EXPECT_STREQ(facts["values"][2]["second"]["high"].GetString(), "106");
  EXPECT_FALSE(facts["values"][1].HasMember("second"));
}

TEST(medecin, shows_a_tex_line_once) {
  const reply out = run(translator_of("hprim-medecin").render, message, now_and_account);
  const std::string text = out.bytes(LIAISON_PART_TEXT);
  const std::size_t first = text.find("Potassium");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("Potassium", first + 1), std::string::npos);
}

struct date_case {
  const char* text;
  const char* not_after;
  const char* iso;
};

class header_dates : public ::testing::TestWithParam<date_case> {};

TEST_P(header_dates, are_read) {
  const auto out = find_date(GetParam().text, GetParam().not_after);
  EXPECT_EQ(out ? out->iso : "", GetParam().iso);
}

INSTANTIATE_TEST_SUITE_P(
    forms, header_dates,
    ::testing::Values(date_case{"17/05/1985", "", "1985-05-17"}, date_case{"17/05/85", "2025-01-01", "1985-05-17"},
                      date_case{"17/05/24", "2025-01-01", "2024-05-17"},
                      date_case{"17/05/26", "2025-01-01", "1926-05-17"}, date_case{"1985-05-17", "", "1985-05-17"},
                      date_case{"17051985", "", "1985-05-17"}, date_case{"19850517", "", "1985-05-17"},
                      date_case{"M-0000-23/10/06", "2025", "2006-10-23"}, date_case{"17/20/1948", "", "1948"},
                      date_case{"00/05/1948", "", "1948-05"}, date_case{"00/00/1948", "", "1948"},
                      date_case{"31/02/1948", "", ""}, date_case{"29/02/2016", "", "2016-02-29"},
                      date_case{"2850599999001 31", "", ""}, date_case{"", "", ""}, date_case{"abc", "", ""}));

TEST(identities, are_cut_at_ten_columns) {
  EXPECT_EQ(split_identity("LABO01     LABO FICTIF").code, "LABO01");
  EXPECT_EQ(split_identity("LABO01     LABO FICTIF").identity, "LABO FICTIF");
  EXPECT_EQ(split_identity("    LABO01 LABO FICTIF").code, "LABO01");
  EXPECT_EQ(split_identity(".          dr.test").code, "");
  EXPECT_EQ(split_identity("            Clinique").identity, "Clinique");
  EXPECT_EQ(split_identity("            Clinique").code, "");
  EXPECT_EQ(split_identity("dr.test").identity, "dr.test");
  EXPECT_EQ(split_identity("ÉÉÉ        Hôpital").code, "ÉÉÉ");
  EXPECT_EQ(split_identity("").identity, "");
}

TEST(social_security_numbers, are_checked_and_kept) {
  EXPECT_TRUE(read_nir("2850599999001 31").well_formed);
  EXPECT_TRUE(read_nir("285059999900131").well_formed);
  EXPECT_EQ(read_nir("2 85 05 2A 999 001").value, "285052A999001");
  EXPECT_TRUE(read_nir("285052a999001").well_formed);
  EXPECT_FALSE(read_nir("28505").well_formed);
  EXPECT_FALSE(read_nir("ABCDEFGHIJKLM").well_formed);
  EXPECT_FALSE(read_nir("285059999900100").key_right);
}

TEST(medecin, a_wrong_key_is_found_and_the_number_kept) {
  std::string text = message;
  text.replace(text.find("001 31"), 6, "001 00");
  const reply out = inspect(text);
  EXPECT_TRUE(out.has_issue("nir-key-invalid"));
  EXPECT_NE(out.bytes(LIAISON_PART_FACTS).find("285059999900100"), std::string::npos);
}

TEST(medecin, says_no_patient_data_in_issues) {
  std::string text = message;
  text.replace(text.find("001 31"), 6, "001 00");
  text.replace(text.find("17/05/1985"), 10, "17/05/85  ");
  const reply out = inspect(text + "ESSAI-DEMO encore\n");
  ASSERT_FALSE(out.issues.empty());
  for (const std::string& text_of_issue : out.diagnostics) {
    for (const char* secret : {"ESSAI", "LILA", "2850599999001", "1985", "PAT000123"}) {
      EXPECT_EQ(text_of_issue.find(secret), std::string::npos) << text_of_issue;
    }
  }
}

TEST(medecin, a_charset_can_be_imposed) {
  std::string text = message;
  text.replace(text.find("LILA"), 4, "H\x8El\x8Fne");
  const reply out = run(translator_of("hprim-medecin").inspect, text, R"({"charset":"macintosh"})");
  EXPECT_NE(out.bytes(LIAISON_PART_FACTS).find("Hélène"), std::string::npos);
  EXPECT_EQ(parse(out.bytes(LIAISON_PART_FACTS))["charset"], "macintosh");
}

TEST(medecin, empty_and_foreign_input_is_refused) {
  EXPECT_EQ(inspect("").status, LIAISON_REJECT);
  EXPECT_EQ(inspect(" \r\n \r\n").status, LIAISON_REJECT);
  EXPECT_EQ(inspect("%PDF-1.4 …").status, LIAISON_NOT_MINE);
}

TEST(medecin, long_input_costs_linear_time) {
  // Blank lines, tails and marks in their thousands: each has made a quadratic reader before.
  std::string text = message;
  for (int i = 0; i < 20000; ++i) text += i % 3 == 0 ? "\n" : (i % 3 == 1 ? "****FIN****\n" : "x\n");
  text += std::string(200000, '\n') + "fin";
  const reply out = inspect(text);
  EXPECT_EQ(out.status, LIAISON_OK);
  EXPECT_LT(out.issues.size(), 100U);
}

}  // namespace
}  // namespace liaison::hprim
