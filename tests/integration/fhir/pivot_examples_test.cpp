// SPDX-License-Identifier: Apache-2.0
// docs/reference/pivot/*.json, the examples of docs/reference/pivot.md: each is valid R4 and a pivot, and each plugin
// writes the kinds of content that the page says it writes, and reads its own writing back to the same values.
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace liaison::test {
namespace {

const std::filesystem::path examples = LIAISON_SOURCE_DIRECTORY "/docs/reference/pivot";

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct written_as {
  const char *example, *format;
  double carried_share_min;
  std::vector<const char*> survives;  ///< texts that are there again after the way back
};
const written_as table[] = {
    {"laboratory-report", "cda", 0.9, {"EXEMPLE-NAISSANCE", "4.10", "1.30", "\"H\"", "279035121518989"}},
    {"laboratory-report", "hl7v2", 0.7, {"EXEMPLE-NAISSANCE", "4.10", "1.30", "279035121518989"}},
    {"laboratory-report", "hprim-sante", 0.4, {"4.10"}},
    {"laboratory-report", "hprim-medecin", 0.4, {"4.10"}},
    {"discharge-letter", "cda", 0.9, {"EXEMPLE-NAISSANCE", "Évolution favorable.", "LDL-2024-0002"}},
    {"discharge-letter", "hl7v2", 0.7, {"EXEMPLE-NAISSANCE", "SEJ-77"}},
    {"discharge-letter", "hprim-medecin", 0.4, {"Évolution favorable."}},
    {"admission", "hl7v2", 0.8, {"EXEMPLE-NAISSANCE", "SEJ-77", "\"A01\""}},
    {"admission", "hprim-xml", 0.4, {"SEJ-77"}},
    {"order", "hprim-sante", 0.4, {"CMD-15"}},
};

class pivot_examples : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("liaison-pivot-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(pivot_examples, are_valid_and_pass_as_they_are) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(examples)) {
    SCOPED_TRACE(entry.path());
    const finished judged = run({program("liaison"), "validate", entry.path().string()});
    EXPECT_EQ(judged.exit, 0) << judged.out << judged.err;
    const finished passed = run({program("liaison"), "convert", "--to", "fhir", entry.path().string()});
    EXPECT_EQ(passed.exit, 0) << passed.err;
    EXPECT_EQ(passed.out, content(entry.path()));
    ++seen;
  }
  EXPECT_EQ(seen, 5U);
}

TEST_F(pivot_examples, are_written_by_the_plugins_and_read_back) {
  for (const written_as& one : table) {
    SCOPED_TRACE(std::string(one.example) + " as " + one.format);
    const auto source = examples / (std::string(one.example) + ".json");
    const auto out = folder_ / (std::string(one.example) + "." + one.format), loss = folder_ / "loss.json";
    const finished made = run({program("liaison"), "convert", "--to", one.format, "--loss", loss.string(), "-o",
                               out.string(), source.string()});
    ASSERT_EQ(made.exit, 0) << made.err;
    rapidjson::Document account;
    account.Parse(content(loss).c_str());
    const double carried = account["carried"].GetDouble(), leaves = account["source_leaves"].GetDouble();
    EXPECT_GE(carried / leaves, one.carried_share_min);
    EXPECT_EQ(carried + account["not_carried"].Size(), leaves);
    const finished back =
        run({program("liaison"), "convert", "--to", "fhir", "--options", R"({"trusted":true})", out.string()});
    ASSERT_EQ(back.exit, 0) << back.err;
    for (const char* text : one.survives) EXPECT_NE(back.out.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace liaison::test
