// SPDX-License-Identifier: Apache-2.0
// Real messages, when a corpus is at hand: what the reference expects of the official examples, and no crash on any.
#include "samples.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace liaison::hl7v2::testing {
namespace {

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

/// What the plugin says of each official message: codes that a tolerant link notes (or refuses by), and codes that a
/// strict one refuses by. Patients of message and document are compared by the broker, which has both.
struct expectation {
  const char* path;
  const char* options;  // members of the options, or nothing
  liaison_status tolerant;
  const char* tolerant_codes;
  const char* strict_codes;  // empty: taken
};
class official_messages : public ::testing::TestWithParam<expectation> {};

std::string codes_of(const result& read, bool errors_only) {
  std::set<std::string> codes;
  for (const auto& each : read.issues) {
    if (!errors_only || each.severity == LIAISON_ERROR) codes.insert(each.code.substr(6));
  }
  std::string out;
  for (const auto& code : codes) out += (out.empty() ? "" : " ") + code;
  return out;
}

TEST_P(official_messages, get_the_answer_that_the_reference_names) {
  const std::string corpus = corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "no corpus";
  const expectation& row = GetParam();
  const std::string bytes = read_file(corpus + "/pfi/" + row.path);
  ASSERT_FALSE(bytes.empty()) << row.path;
  const std::string more = *row.options == '\0' ? "" : std::string(",") + row.options;
  const result tolerant = run(operation::inspect, bytes, R"({"strictness":"tolerant")" + more + "}");
  EXPECT_EQ(tolerant.status, row.tolerant) << row.path << "\n" << tolerant.list_issues();
  EXPECT_EQ(codes_of(tolerant, false), row.tolerant_codes) << row.path;
  const result strict = run(operation::inspect, bytes, R"({"strictness":"strict")" + more + "}");
  EXPECT_EQ(strict.status, *row.strict_codes == '\0' ? LIAISON_OK : LIAISON_REJECT) << row.path;
  EXPECT_EQ(codes_of(strict, true), row.strict_codes) << row.path;
}
INSTANTIATE_TEST_SUITE_P(
    corpus, official_messages,
    ::testing::Values(
        expectation{"sgl/admission.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"sgl/sortie.er7", "", LIAISON_OK, "discharge-times-differ pfi-t02", "pfi-t02"},
        expectation{"vague2-cda-hl7v2-2.1/mdm-initiale/message_MDM_CR_Radio_INIT_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t24 pfi-t33", "document-not-xml pfi-t02 pfi-t24 pfi-t33"},
        expectation{"vague2-cda-hl7v2-2.1/mdm-initiale/message_MDM_CR_Radio_INIT_N1_Base64.er7", "", LIAISON_OK,
                    "pfi-t02 pfi-t11 pfi-t24 pfi-t33", "pfi-t02 pfi-t11 pfi-t24 pfi-t33"},
        expectation{"vague2-cda-hl7v2-2.1/mdm-remplacement/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"vague2-cda-hl7v2-2.1/mdm-remplacement/message_MDM_CR_Radio_RPLC_N1.er7", "", LIAISON_OK,
                    "pfi-t02 pfi-t11 pfi-t24 pfi-t33", "pfi-t02 pfi-t11 pfi-t24 pfi-t33"},
        expectation{"vague2-cda-hl7v2-2.1/oru-initiale/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7", "", LIAISON_OK,
                    "pfi-t02 pfi-t05 pfi-t07 pfi-t13 pfi-t16 pfi-t17 pfi-t33",
                    "pfi-t02 pfi-t05 pfi-t07 pfi-t13 pfi-t16 pfi-t17 pfi-t33"},
        expectation{"vague2-cda-hl7v2-2.1/oru-remplacement/message_ORU_CR_Bio_RPLC_N3_SEGUR.hl7", "", LIAISON_OK,
                    "pfi-t02 pfi-t04 pfi-t05 pfi-t07 pfi-t13 pfi-t17 pfi-t33",
                    "pfi-t02 pfi-t05 pfi-t07 pfi-t13 pfi-t17 pfi-t33"},
        expectation{"vague2-cda-hl7v2-2.1/oru-suppression/message_ORU_CR_Bio_DEL_N3_SEGUR.hl7", "", LIAISON_OK,
                    "pfi-t02 pfi-t05 pfi-t07 pfi-t13 pfi-t17 pfi-t33",
                    "pfi-t02 pfi-t05 pfi-t07 pfi-t13 pfi-t17 pfi-t33"},
        expectation{"vague2-lps-1.1/mdm-initiale/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"vague2-lps-1.1/mdm-initiale/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t33", "document-not-xml pfi-t02 pfi-t11 pfi-t33"},
        expectation{"vague2-lps-1.1/mdm-initiale/message_MDM__LPS_MSS_CR_Radio_INIT_N1_Base64.er7", "", LIAISON_OK,
                    "pfi-t02 pfi-t04 pfi-t11 pfi-t33", "pfi-t02 pfi-t11 pfi-t33"},
        expectation{"vague2-lps-1.1/mdm-suppression/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"vague2-lps-1.1/mdm-suppression/message_MDM__LPS_MSS_CR_Radio_DEL_N1.er7", "", LIAISON_OK,
                    "pfi-t02 pfi-t04 pfi-t11 pfi-t33", "pfi-t02 pfi-t11 pfi-t33"},
        expectation{"vague2-pam-consentement/ConsentementConsultation_NonOppositionAlimentation.er7", "", LIAISON_OK,
                    "pfi-t02", "pfi-t02"},
        expectation{"vague2-pam-consentement/NonConsentementConsultation_OppositionAlimentation.er7", "", LIAISON_OK,
                    "pfi-t02", "pfi-t02"},
        expectation{"vague2-pam-consentement/NonRecueillieConsentementConsultation_NonOppositionAlimentation.er7", "",
                    LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-1.2/mdm/ack.hl7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-1.2/mdm/message.hl7", "", LIAISON_REJECT,
                    "document-not-xml ins-key pfi-destinations pfi-metadata-missing pfi-t02 pfi-t04 pfi-t20 pfi-t24 "
                    "pfi-t25 pfi-type-differs segment-missing",
                    "document-not-xml ins-key pfi-destinations pfi-metadata-missing pfi-t02 pfi-t20 pfi-t24 pfi-t25 "
                    "pfi-type-differs segment-missing"},
        expectation{"volet-cda-hl7v2-1.2/oru/ack.hl7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-1.2/oru/message.hl7", "", LIAISON_REJECT,
                    "document-not-xml ins-key pfi-destinations pfi-metadata-missing pfi-t02 pfi-t04 pfi-t20 pfi-t25 "
                    "pfi-type-differs segment-missing",
                    "document-not-xml ins-key pfi-destinations pfi-metadata-missing pfi-t02 pfi-t20 pfi-t25 "
                    "pfi-type-differs segment-missing"},
        expectation{"volet-cda-hl7v2-2.0/mdm-initiale/message_MDM_CR_Radio_INIT_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing"},
        expectation{"volet-cda-hl7v2-2.0/mdm-initiale/message_MDM_CR_Radio_INIT_N1_Base64.er7", "", LIAISON_OK,
                    "pfi-id-differs pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing",
                    "pfi-id-differs pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing"},
        expectation{"volet-cda-hl7v2-2.0/mdm-remplacement/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/mdm-remplacement/message_MDM_CR_Radio_RPLC_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing"},
        expectation{"volet-cda-hl7v2-2.0/mdm-suppression/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/mdm-suppression/message_MDM_CR_Radio_DEL_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 pfi-t21 pfi-t24 segment-missing"},
        expectation{"volet-cda-hl7v2-2.0/oru-initiale/Message_metier_lecture_MSS", "", LIAISON_OK, "pfi-t02",
                    "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-initiale/Message_metier_reception_DMP", "", LIAISON_OK, "pfi-t02",
                    "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-initiale/Message_metier_reception_MSS", "", LIAISON_OK, "pfi-t02",
                    "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-initiale/ack.hl7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-initiale/message_ORU_CR_Bio_INIT_N1_N3.hl7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t03 pfi-t05 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25",
                    "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-remplacement/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-remplacement/message_ORU_CR_Bio_RPLC_N1_Base64_N3_Base64.er7", "",
                    LIAISON_REJECT, "pfi-t02 pfi-t03 pfi-t05 pfi-t07 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25",
                    "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-remplacement/message_ORU_CR_Bio_RPLC_N1_Base64_N3_Base64.er7",
                    R"("endpoint":{"volet":"2.0"})", LIAISON_OK,
                    "pfi-t02 pfi-t03 pfi-t05 pfi-t07 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25", "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-remplacement/message_ORU_CR_Bio_RPLC_N1_N3.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t03 pfi-t05 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25",
                    "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-suppression/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-cda-hl7v2-2.0/oru-suppression/message_ORU_CR_Bio_DEL_N1_Base64_N3_Base64.er7", "",
                    LIAISON_REJECT, "pfi-t02 pfi-t03 pfi-t05 pfi-t07 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25",
                    "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-suppression/message_ORU_CR_Bio_DEL_N1_Base64_N3_Base64.er7",
                    R"("endpoint":{"volet":"2.0"})", LIAISON_OK,
                    "pfi-t02 pfi-t03 pfi-t05 pfi-t07 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25", "pfi-t03"},
        expectation{"volet-cda-hl7v2-2.0/oru-suppression/message_ORU_CR_Bio_DEL_N1_N3.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t03 pfi-t05 pfi-t14 pfi-t16 pfi-t17 pfi-t20 pfi-t21 pfi-t25",
                    "pfi-t03"},
        expectation{"volet-lps-1.0/mdm-initiale/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-lps-1.0/mdm-initiale/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing"},
        expectation{"volet-lps-1.0/mdm-initiale/message_MDM__LPS_MSS_CR_Radio_INIT_N1_Base64.er7", "", LIAISON_OK,
                    "pfi-id-differs pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing",
                    "pfi-id-differs pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing"},
        expectation{"volet-lps-1.0/mdm-remplacement/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-lps-1.0/mdm-remplacement/message_MDM__LPS_MSS_CR_Radio_RPLC_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing"},
        expectation{"volet-lps-1.0/mdm-suppression/ack.er7", "", LIAISON_OK, "pfi-t02", "pfi-t02"},
        expectation{"volet-lps-1.0/mdm-suppression/message_MDM__LPS_MSS_CR_Radio_DEL_N1.er7", "", LIAISON_REJECT,
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing",
                    "document-not-xml pfi-t02 pfi-t11 pfi-t14 pfi-t20 segment-missing"}));

TEST(corpus, deleting_message_shows_both_identities) {
  const std::string corpus = corpus_folder();
  const std::string path = corpus + "/pfi/vague2-cda-hl7v2-2.1/oru-suppression";
  if (corpus.empty() || !std::filesystem::is_directory(path)) GTEST_SKIP() << "no corpus";
  for (const auto& file : files_below(path)) {
    if (file.ends_with(".xml")) continue;
    const result read = run(operation::inspect, read_file(file));
    const std::string ins = at(read.json_of(LIAISON_PART_FACTS), "/patients/0/identifiers/0/value");
    EXPECT_EQ(ins.size(), 15U);
    const std::string cda = read.bytes_of(LIAISON_PART_EMBEDDED);
    EXPECT_FALSE(cda.empty());
    EXPECT_EQ(cda.find("extension=\"" + ins + "\""), std::string::npos);
  }
}

TEST(corpus, every_message_can_be_read_or_says_why_not) {
  const std::string corpus = corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "no corpus";
  std::size_t seen = 0, large = 0;  // of the large ones, which differ in their base64 only, three will do
  for (const char* folder : {"/pfi", "/fhir/v2-cda-pairs"}) {
    if (!std::filesystem::is_directory(corpus + folder)) continue;
    for (const auto& path : files_below(corpus + folder)) {
      const std::string bytes = read_file(path);
      if (recognise(bytes) == 0 || (bytes.size() > 65536 && ++large > 3)) continue;
      ++seen;
      const result read = run(operation::inspect, bytes);
      EXPECT_NE(read.first(LIAISON_PART_FACTS), nullptr) << path;
      if (read.status != LIAISON_OK) {
        EXPECT_EQ(read.status, LIAISON_REJECT) << path;
        EXPECT_NE(read.list_issues().find("error "), std::string::npos) << path;
      }
    }
  }
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace liaison::hl7v2::testing
