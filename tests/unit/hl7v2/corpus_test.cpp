// SPDX-License-Identifier: Apache-2.0
// Real messages, when a corpus is at hand: what the reference expects of the official examples, and no crash on any.
#include "samples.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace liaison::hl7v2::testing {
namespace {

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

struct expectation {
  const char* folder;
  const char* name_part;
  liaison_status tolerant;
};
class official_examples : public ::testing::TestWithParam<expectation> {};

TEST_P(official_examples, get_the_answer_that_the_reference_names) {
  const std::string corpus = corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "no corpus";
  const std::string folder = corpus + "/pfi/" + GetParam().folder;
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "not in this corpus";
  std::size_t seen = 0;
  for (const auto& path : files_below(folder)) {
    const std::string name = std::filesystem::path(path).filename().string();
    if (!name.starts_with("message_") || name.find(GetParam().name_part) == std::string::npos) continue;
    ++seen;
    const std::string bytes = read_file(path);
    EXPECT_EQ(run(operation::inspect, bytes).status, GetParam().tolerant)
        << path << "\n"
        << run(operation::inspect, bytes).list_issues();
    EXPECT_EQ(run(operation::inspect, bytes, R"({"strictness":"strict"})").status, LIAISON_REJECT) << path;
  }
  EXPECT_GT(seen, 0U);
}
// The patient mismatch of the deleting ORU is between PID and CDA: the broker finds it, with both facts at hand.
INSTANTIATE_TEST_SUITE_P(volet_2_1, official_examples,
                         ::testing::Values(expectation{"vague2-cda-hl7v2-2.1/oru-initiale", "INIT", LIAISON_OK},
                                           expectation{"vague2-cda-hl7v2-2.1/oru-remplacement", "RPLC", LIAISON_OK},
                                           expectation{"vague2-cda-hl7v2-2.1/oru-suppression", "DEL", LIAISON_OK},
                                           expectation{"vague2-cda-hl7v2-2.1/mdm-initiale", "INIT_N1.", LIAISON_REJECT},
                                           expectation{"vague2-cda-hl7v2-2.1/mdm-initiale", "Base64", LIAISON_OK},
                                           expectation{"vague2-cda-hl7v2-2.1/mdm-remplacement", "RPLC", LIAISON_OK},
                                           expectation{"vague2-cda-hl7v2-2.1/mdm-suppression", "DEL", LIAISON_OK}));

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
