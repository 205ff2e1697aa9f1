// SPDX-License-Identifier: Apache-2.0
// `liaison bench --compare` with tiny bounds: every promise about speed has its line, every figure was measured. How fast it
// has to be is not asked here: other tests run at the same time. Floors only tell a server that works from one that hangs.
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace liaison::test;

struct expected {
  std::string name;
  double at_least;
};

const std::map<std::string, std::vector<expected>>& promised() {
  static const std::map<std::string, std::vector<expected>> lines{
      {"intake",
       {{"rate, 1 connection", 5}, {"p50, 1 connection", 1}, {"rate, 8 connections", 10}, {"rate, 64 connections", 20}, {"sustained rate, 64 connections", 20}}},
      {"end-to-end",
       {{"folder translated and MLLP", 1}, {"plain to one MLLP", 2}, {"plain to one MLLP, 200 kB", 1}, {"CPU, plain to one MLLP: all of the gateway", 1}, {"memory, plain to one MLLP: with plugin hosts", 1}}},
      {"documents",
       {{"200 kB, 8 connections", 0.1}, {"written for each byte, 200 kB", 0.9}, {"5 MB, 8 connections", 0.5}, {"written for each byte, 5 MB", 0.9}}},
      {"plugin", {{"inspect, 2 kB, one at a time", 1}, {"inspect, 1 MB, one at a time", 1}}},
      {"store",
       {{"intake, 64 under way, until kept", 10},
        {"intake, 64 under way, until filed", 10},
        {"delivery, 64 under way", 10},
        {"look up: patient, by mark", 0.0001},
        {"look up: document, its line", 0.0001},
        {"look up: sender", 0.0001},
        {"look up: control id", 0.0001},
        {"look up: time", 0.0001},
        {"first page: newest messages", 0.0001},
        {"start-up", 0.01},
        {"retention of a day", 0.00001}}},
      {"soak", {{"memory with plugin hosts", 1}, {"descriptors", 3}, {"threads", 3}}},
  };
  return lines;
}

class comparison : public testing::TestWithParam<std::string> {
 protected:
  std::string folder_ = testing::TempDir() + "liaison-compare-" + GetParam() + "-" + std::to_string(::getpid());
  ~comparison() override { std::filesystem::remove_all(folder_); }
};

TEST_P(comparison, has_a_line_for_each_promise_with_figures_that_were_measured) {
  const finished ended = run({program("liaison"), "bench", "--compare", "--only", GetParam(), "--seconds", "0.1", "--messages", "3000", "--directory", folder_, "--json"});
  ASSERT_EQ(ended.exit, 0) << ended.err;
  rapidjson::Document document;
  ASSERT_FALSE(document.Parse(ended.out.c_str()).HasParseError()) << ended.out;
  std::map<std::string, const rapidjson::Value*> lines;
  for (const auto& line : document["lines"].GetArray()) {
    EXPECT_EQ(line["measurement"].GetString(), GetParam());
    lines[line["name"].GetString()] = &line;
    if (!line["limit"].IsNull()) {
      EXPECT_GT(line["limit"]["median"].GetDouble(), 0) << line["name"].GetString();
    }
    EXPECT_EQ(line["aim"].IsNull(), line["met"].IsNull()) << line["name"].GetString();
  }
  for (const expected& one : promised().at(GetParam())) {
    ASSERT_TRUE(lines.contains(one.name)) << one.name;
    EXPECT_GE((*lines[one.name])["liaison"]["low"].GetDouble(), one.at_least) << one.name;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "something was left behind";
}

INSTANTIATE_TEST_SUITE_P(of, comparison, testing::Values("intake", "end-to-end", "documents", "plugin", "store", "soak"), [](const auto& of) {
  std::string text = of.param;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
});

TEST(comparing, what_is_not_known_is_said) {
  const finished ended = run({program("liaison"), "bench", "--compare", "--only", "everything"});
  EXPECT_EQ(ended.exit, 2);
  EXPECT_NE(ended.err.find("intake"), std::string::npos) << ended.err;
}

}  // namespace
