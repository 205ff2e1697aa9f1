// SPDX-License-Identifier: Apache-2.0
// Golden cases: tests/golden/hl7v2/<case>/ holds input.hl7 (or pivot.json to encode) and what is expected of it:
// facts.json, pivot.expected.json, account.txt, issues.txt, output.hl7. A new case needs no code. With
// LIAISON_GOLDEN_UPDATE=1 the expected files are written anew, to be read before they are committed.
#include "samples.hpp"

#include <gtest/gtest.h>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace liaison::hl7v2::testing {
namespace {

namespace fs = std::filesystem;

const std::string folder = std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/hl7v2";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Writes numbers with the digits that were read.
struct digits_writer : rapidjson::PrettyWriter<rapidjson::StringBuffer> {
  using rapidjson::PrettyWriter<rapidjson::StringBuffer>::PrettyWriter;
  bool RawNumber(const Ch* digits, rapidjson::SizeType size, bool) {
    return RawValue(digits, size, rapidjson::kNumberType);
  }
};

/// JSON of any layout in one: what is compared and what is written.
std::string pretty(const std::string& json) {
  rapidjson::StringBuffer buffer;
  digits_writer writer(buffer);
  writer.SetIndent(' ', 1);
  rapidjson::Reader reader;
  rapidjson::StringStream in(json.c_str());
  if (!reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(in, writer)) return "no JSON: " + json;
  return std::string(buffer.GetString()) + "\n";
}

/// One line for each leaf: where it was, and where it went or why it did not.
std::string account_lines(const std::string& json) {
  rapidjson::Document parsed;
  parsed.Parse(json.c_str(), json.size());
  std::string out;
  for (const auto& leaf : parsed["leaves"].GetArray()) {
    out += leaf["location"].GetString();
    if (leaf.HasMember("to")) {
      for (const auto& place : leaf["to"].GetArray()) out += std::string(" → ") + place.GetString();
    } else {
      out += leaf.HasMember("envelope") ? " envelope" : std::string(" not carried: ") + leaf["reason"].GetString();
    }
    out += '\n';
  }
  for (const auto& addition : parsed["added"].GetArray()) {
    out += std::string("added ") + addition["location"].GetString() + ": " + addition["reason"].GetString() + "\n";
  }
  return out;
}

std::string lines_of(std::string segments) {
  std::replace(segments.begin(), segments.end(), '\r', '\n');
  return segments;
}

void compare(const std::string& path, const std::string& found) {
  if (std::getenv("LIAISON_GOLDEN_UPDATE") != nullptr) {
    if (fs::exists(path)) std::ofstream(path, std::ios::binary) << found;
    return;
  }
  if (!fs::exists(path)) return;
  EXPECT_EQ(found, read_file(path)) << path;
}

class golden_cases : public ::testing::TestWithParam<std::string> {};

TEST_P(golden_cases, give_what_is_expected) {
  const std::string at_ = folder + "/" + GetParam() + "/";
  const std::string options = fs::exists(at_ + "options.json")
                                  ? read_file(at_ + "options.json")
                                  : R"({"now":"2026-03-02T12:00:00+01:00","account":true,"control_id":"G1"})";
  ASSERT_TRUE(fs::exists(at_ + "input.hl7") || fs::exists(at_ + "pivot.json"));
  if (fs::exists(at_ + "input.hl7")) {
    const std::string input = with_cr("\n" + read_file(at_ + "input.hl7"));
    const result seen = run(operation::inspect, input, options);
    compare(at_ + "facts.json", pretty(seen.bytes_of(LIAISON_PART_FACTS)));
    compare(at_ + "issues.txt", seen.list_issues());
    std::vector<part> given;
    if (fs::exists(at_ + "embedded.json"))
      given.push_back({LIAISON_PART_DOCUMENT, "OBX[1]-5.5", "", "fhir", read_file(at_ + "embedded.json")});
    const result read = run(operation::decode, input, options, given);
    if (read.status == LIAISON_OK) {
      compare(at_ + "pivot.expected.json", pretty(read.bytes_of(LIAISON_PART_DOCUMENT)));
      compare(at_ + "account.txt", account_lines(read.bytes_of(LIAISON_PART_ACCOUNT)));
    }
  }
  if (fs::exists(at_ + "pivot.json")) {
    const result written = run(operation::encode, read_file(at_ + "pivot.json"), options);
    EXPECT_EQ(written.status, LIAISON_OK) << written.list_issues();
    compare(at_ + "output.hl7", lines_of(written.bytes_of(LIAISON_PART_DOCUMENT)));
    compare(at_ + "account.txt", account_lines(written.bytes_of(LIAISON_PART_ACCOUNT)));
  }
}
INSTANTIATE_TEST_SUITE_P(folders, golden_cases, ::testing::ValuesIn(cases()),
                         [](const auto& given) { return given.param; });

}  // namespace
}  // namespace liaison::hl7v2::testing
