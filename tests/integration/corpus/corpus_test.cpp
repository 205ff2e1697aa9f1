// SPDX-License-Identifier: Apache-2.0
// The command line on public samples, when they are there: every file is read and translated, or refused with a reason;
// nothing crashes; every account adds up.
#include "corpus.hpp"
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <unistd.h>

#include <filesystem>
#include <map>

namespace liaison::test {
namespace {

std::vector<std::filesystem::path> samples() {
  std::vector<std::filesystem::path> found;
  for (const char* part : {"pfi", "cda", "hprim"}) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus_folder() / part, missing)) {
      const std::string name = entry.path().filename().string();
      const bool is_sample = entry.is_regular_file() && name != "README.md" && name.find(".expected.json") == std::string::npos;
      if (is_sample) found.push_back(entry.path());
    }
  }
  return found;
}

class corpus_test : public ::testing::Test {
 protected:
  void SetUp() override {
    files = samples();
    if (files.empty()) GTEST_SKIP() << "no samples at " << corpus_folder();
  }
  std::vector<std::filesystem::path> files;
};

TEST_F(corpus_test, inspect_names_the_format_of_every_file) {
  std::map<std::string, int> formats;
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const finished result = run({program("liaison"), "inspect", "--json", file.string()});
    EXPECT_EQ(result.exit, 0) << result.err;
    rapidjson::Document facts;
    facts.Parse(result.out.c_str());
    ASSERT_FALSE(facts.HasParseError()) << result.out.substr(0, 200);
    ASSERT_TRUE(facts.HasMember("format"));
    ++formats[facts["format"].GetString()];
    EXPECT_EQ(std::string(facts["sha256"].GetString()).size(), 64U);
  }
  for (const char* format : {"hl7v2", "cda", "hprim-medecin", "hprim-sante", "hprim-xml"}) EXPECT_GT(formats[format], 0) << format;
}

class corpus_conversion : public corpus_test, public ::testing::WithParamInterface<const char*> {};

TEST_P(corpus_conversion, works_or_says_why_and_its_account_adds_up) {
  int made = 0;
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    char name[] = "/tmp/liaison-loss-XXXXXX";
    ::close(::mkstemp(name));
    const finished result = run({program("liaison"), "convert", "--to", GetParam(), "--loss", name, file.string()});
    const std::string loss = read_file(name);
    std::filesystem::remove(name);
    ASSERT_TRUE(result.exit == 0 || result.exit == 1) << result.exit << result.err;
    if (result.exit == 1) {
      EXPECT_NE(result.err.find("error "), std::string::npos) << "refused without a reason: " << result.err;
      continue;
    }
    ++made;
    EXPECT_FALSE(result.out.empty());
    rapidjson::Document account;
    account.Parse(loss.c_str());
    ASSERT_FALSE(account.HasParseError());
    EXPECT_GT(account["source_leaves"].GetUint64(), 0U);
    EXPECT_EQ(account["source_leaves"].GetUint64(), account["carried"].GetUint64() + account["not_carried"].Size());
    for (const auto& lost : account["not_carried"].GetArray()) EXPECT_GT(lost["reason"].GetStringLength(), 0U);
  }
  EXPECT_GT(made * 10, static_cast<int>(files.size()) * 5) << "most samples are good documents";
}

INSTANTIATE_TEST_SUITE_P(to, corpus_conversion, ::testing::Values("fhir", "hprim-medecin"),
                         [](const auto& named) { return std::string(named.param) == "fhir" ? "fhir" : "hprim_medecin"; });

}  // namespace
}  // namespace liaison::test
