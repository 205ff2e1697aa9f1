// SPDX-License-Identifier: Apache-2.0
// Headers as they come: lines left out or too many, banners, lost end marks, doubled line ends. Whatever happens, no
// line of an address and no sentence becomes the name of a patient, and no result goes to another patient.
#include "host.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;
using lines = std::vector<std::string>;

const lines header = {"PAT000123",
                      "ESSAI-DEMO",
                      "LILA",
                      "12 RUE IMAGINAIRE",
                      "",
                      "99999 VILLE FICTIVE",
                      "17/05/1985",
                      "2850599999001 31",
                      "DEM-0042",
                      "10/03/2025",
                      "LABO01     labo.fictif",
                      "DRTEST     dr.test"};
const lines content = {"", "Lettre", "****LAB****", "RES|Potassium|K|N|3.1|mmol/L|3.5|5.1|L|F"};
const lines end = {"****FIN****", "****FINFICHIER****"};

lines operator+(lines left, const lines& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

lines with(lines of, std::size_t number, const std::string& text) {
  of[number - 1] = text;
  return of;
}

lines without(lines of, std::size_t number) {
  of.erase(of.begin() + static_cast<std::ptrdiff_t>(number - 1));
  return of;
}

lines inserted(lines of, std::size_t before, const std::string& text) {
  of.insert(of.begin() + static_cast<std::ptrdiff_t>(before - 1), text);
  return of;
}

std::string joined(const lines& of, const std::string& line_end = "\r\n") {
  std::string out;
  for (const std::string& line : of) out += line + line_end;
  return out;
}

reply inspected(const std::string& bytes) {
  return run(translator_of("hprim-medecin").inspect, bytes, now_and_account);
}

/// "FAMILY Given 1985-05-17" of each patient, parted by "; ".
std::string patients_of(const reply& out) {
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  std::string all;
  if (!facts.IsObject() || !facts.HasMember("patients")) return all;
  for (const auto& one : facts["patients"].GetArray()) {
    all += all.empty() ? "" : "; ";
    all += one.HasMember("family") ? one["family"].GetString() : "-";
    all += one.HasMember("given") ? std::string(" ") + one["given"][0].GetString() : std::string(" -");
    if (one.HasMember("birth_date")) all += std::string(" ") + one["birth_date"].GetString();
  }
  return all;
}

struct alignment_case {
  const char* name;
  lines file;
  std::string patients;
  const char* issue;  // null: none is asked for
};

const char* const lila = "ESSAI-DEMO LILA 1985-05-17";

const std::vector<alignment_case> cases = {
    {"usual", header + content + end, lila, nullptr},
    {"blank_thirteenth_line", header + lines{" "} + content + end, lila, nullptr},
    {"line_1_missing", without(header, 1) + content + end, lila, "hprim-header-shifted"},
    {"line_1_empty", with(header, 1, "") + content + end, lila, nullptr},
    {"one_address_line_too_many", inserted(header, 6, "BP 12") + content + end, lila, "hprim-header-address-lines"},
    {"three_address_lines_too_many",
     inserted(inserted(inserted(header, 6, "BP 12"), 6, "ESC B"), 6, "LIEU DIT LES ESSAIS") + content + end, lila,
     "hprim-header-address-lines"},
    {"address_without_digits", inserted(with(header, 4, "RESIDENCE LES LILAS"), 5, "ALLEE DES TESTS") + content + end,
     lila, "hprim-header-address-lines"},
    {"empty_address_line_left_out", without(header, 5) + content + end, lila, "hprim-header-address-lines"},
    {"no_address_at_all", without(without(without(header, 6), 5), 4) + content + end, lila,
     "hprim-header-address-lines"},
    {"banner_before", lines{"-----BEGIN MESSAGE-----"} + header + content + end, lila, "hprim-text-before-header"},
    {"mail_head_before", lines{"From: a@b.fr", "Subject: x", ""} + header + content + end, lila,
     "hprim-text-before-header"},
    {"tabs_and_wide_blanks",
     with(with(header, 8, "2850599999001\xC2\xA0\x33\x31"), 11, "LABO01\tlabo.fictif") + content + end, lila, nullptr},
    {"date_inside_a_sentence", with(header, 7, "Née le 17/05/1985 à VILLE") + content + end, lila, nullptr},
    {"cut_after_line_8", lines(header.begin(), header.begin() + 8) + lines{content[2], content[3]} + end, lila,
     "hprim-header-truncated"},
    {"prose_names_nobody",
     lines{"Cher confrère", "je vous remercie", "de m'avoir adressé", "votre patiente", "pour avis", "sur son état",
           "général", "qui me paraît", "satisfaisant", "à ce jour", "sans traitement", "à revoir dans un mois"} +
         end,
     "", "hprim-no-header"},
    {"end_mark_before_the_letter",
     header +
         lines{"****FIN****", "Cher confrère", "je vous remercie", "de m'avoir adressé", "votre patiente", "pour avis",
               "sur son état", "général", "qui me paraît", "satisfaisant", "à ce jour", "sans traitement", "à revoir",
               "Bien à vous"} +
         lines{content[2], content[3]} + end,
     lila, "hprim-misplaced-end"},
    {"no_end_mark_between_patients", header + content + with(with(header, 2, "AUTRE-DEMO"), 3, "PAUL") + content + end,
     "ESSAI-DEMO LILA 1985-05-17; AUTRE-DEMO PAUL 1985-05-17", "hprim-missing-end-tag"},
    {"no_end_mark_and_empty_line_1",
     header + content + with(with(with(header, 1, ""), 2, "AUTRE-DEMO"), 3, "PAUL") + content + end,
     "ESSAI-DEMO LILA 1985-05-17; AUTRE-DEMO PAUL 1985-05-17", "hprim-missing-end-tag"},
    {"own_header_quoted_in_the_letter", header + lines{"", "Rappel :"} + header + lines{"", "Suite"} + end, lila,
     nullptr}};

class medecin_alignment : public ::testing::TestWithParam<alignment_case> {};

TEST_P(medecin_alignment, names_the_right_patients) {
  const reply out = inspected(joined(GetParam().file));
  EXPECT_EQ(patients_of(out), GetParam().patients);
  if (GetParam().issue != nullptr) {
    EXPECT_TRUE(out.has_issue(GetParam().issue)) << GetParam().issue;
  }
}

INSTANTIATE_TEST_SUITE_P(headers, medecin_alignment, ::testing::ValuesIn(cases),
                         [](const auto& test) { return test.param.name; });

TEST(medecin_reading, gives_results_behind_a_lost_end_mark_to_their_own_patient) {
  const lines other = with(with(header, 2, "AUTRE-DEMO"), 3, "PAUL");
  const reply out =
      inspected(joined(header + content + other + lines{"", "****LAB****", "RES|Sodium|NA|N|140|mmol/L|||N|F"} + end));
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  ASSERT_EQ(facts["values"].Size(), 2U);
  EXPECT_STREQ(facts["values"][1]["code"].GetString(), "NA");
  EXPECT_STREQ(facts["values"][1]["patient"].GetString(), "1");
}

TEST(medecin_reading, keeps_address_lines_beyond_the_second) {
  const std::string file = joined(inserted(header, 6, "BP 12") + content + end);
  const reply pivot = run(translator_of("hprim-medecin").decode, file, now_and_account);
  EXPECT_NE(pivot.document().find("\"line\":[\"12 RUE IMAGINAIRE\",\"BP 12\"]"), std::string::npos) << pivot.document();
}

TEST(medecin_reading, undoes_doubled_line_ends) {
  const reply out = inspected(joined(header + content + end, "\r\r\n"));
  EXPECT_EQ(patients_of(out), lila);
  EXPECT_TRUE(out.has_issue("hprim-line-ends-doubled"));
  EXPECT_FALSE(out.has_issue("hprim-mixed-line-ends"));
}

TEST(medecin_reading, takes_control_characters_for_blanks) {
  const reply out = inspected(joined(header + lines{"", "page 1\fpage 2"} + end) + std::string("\x1A\0\0", 3));
  EXPECT_TRUE(out.has_issue("hprim-control-characters"));
  EXPECT_FALSE(out.has_issue("hprim-text-after-end"));
}

TEST(medecin_reading, says_why_it_takes_nothing) {
  for (const std::string& bytes : {std::string(1000, '\0'), std::string("\x1A"), std::string("\x01\x02\r\n \t\r\n")}) {
    const reply out = inspected(bytes);
    EXPECT_NE(out.status, LIAISON_OK);
    EXPECT_TRUE(out.has_issue("hprim-empty"));
  }
}

TEST(medecin_reading, undoes_windows_letters_shown_with_the_table_of_mac_os) {
  const std::string file = joined(header + lines{"", "GlycÈmie ÈlevÈe ‡ jeun, crÈatinine trËs basse"} + end);
  const reply out = run(translator_of("hprim-medecin").render, file, now_and_account);
  EXPECT_NE(out.bytes(LIAISON_PART_TEXT).find("Glycémie élevée à jeun, créatinine très basse"), std::string::npos);
  EXPECT_TRUE(out.has_issue("hprim-charset-repaired"));
  const std::string upper = joined(header + lines{"", "PROTÈINE, CARACTÈRE ET POÈME, ÉTAT"} + end);
  EXPECT_FALSE(inspected(upper).has_issue("hprim-charset-repaired"));
}

TEST(medecin_reading, takes_keywords_in_any_writing_behind_lab_only) {
  const reply out = inspected(joined(
      header + lines{"", "res|pas|UN|N|1", "****LAB****", " RES|A|A|N|1|g", "res|B|B|N|2|g", "RES |C|C|N|3|g"} + end));
  EXPECT_STREQ(parse(out.bytes(LIAISON_PART_FACTS))["results"].GetString(), "3");
}

TEST(medecin_reading, does_not_pair_a_number_with_a_unit_that_contradicts_its_own) {
  const reply out = inspected(
      joined(header + lines{"", "****LAB****", "RES|A|A|N|5 mmol/L|g/L|||N|F", "RES|B|B|N|5 g/l|g/L|||N|F"} + end));
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  EXPECT_STREQ(facts["values"][0]["value"].GetString(), "5 mmol/L");
  EXPECT_STREQ(facts["values"][1]["value"].GetString(), "5");
  EXPECT_TRUE(out.has_issue("hprim-unit-contradicted"));
}

}  // namespace
}  // namespace liaison::hprim
