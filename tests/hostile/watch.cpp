// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include "cases.hpp"
#include "peak_memory.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <set>

namespace liaison::test {

namespace {

/// Value of a metric without labels; 0 when it has not appeared.
double metric(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
}

std::string code_in(const rapidjson::Value& issue) {
  if (issue.HasMember("details")) return issue["details"]["coding"][0]["code"].GetString();
  return issue["code"].GetString();
}

}  // namespace

std::uint64_t resident_bytes(const gateway_process& gateway) {
  return static_cast<std::uint64_t>(metric(gateway.ask("GET", "/metrics").body, "process_resident_memory_bytes"));
}

void expect_sound(const gateway_process& gateway, std::uint64_t memory_bytes_max) {
  static int number = 0;
  ASSERT_TRUE(gateway.is_running()) << read_file(gateway.log_file());
  EXPECT_EQ(gateway.ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(gateway.send(plain_result("sound" + std::to_string(++number))).code, "AA") << "others go on";
  const std::string metrics = gateway.ask("GET", "/metrics").body;
  const double resident = metric(metrics, "process_resident_memory_bytes");
  EXPECT_GT(resident, 0);
  if (memory_is_measurable) { EXPECT_LT(resident, static_cast<double>(memory_bytes_max)); }
  EXPECT_EQ(metric(metrics, "liaison_plugin_restarts_total"), 0) << "a host died";
  EXPECT_EQ(metrics.find("\nliaison_plugin_mishaps_total"), std::string::npos) << metrics;
}

void expect_silent(const gateway_process& gateway) {
  EXPECT_EQ(read_file(gateway.log_file()).find(marker), std::string::npos);
  EXPECT_EQ(gateway.ask("GET", "/metrics").body.find(marker), std::string::npos);
}

std::string outcome_of(const gateway_process::http& answer) {
  std::string told = std::to_string(answer.status);
  rapidjson::Document read;
  read.Parse(answer.body.c_str());
  if (read.HasParseError() || !read.IsObject()) return told + " unreadable";
  const char* list = read.HasMember("issue") ? "issue" : "issues";
  if (!read.HasMember(list)) return told;
  std::set<std::string> seen;
  for (const auto& issue : read[list].GetArray()) {
    if (std::string_view(issue["severity"].GetString()) == "information") continue;
    const std::string code = code_in(issue);
    if (seen.insert(code).second) told += " " + code;
  }
  return told;
}

}  // namespace liaison::test
