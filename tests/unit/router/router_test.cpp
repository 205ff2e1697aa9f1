// SPDX-License-Identifier: Apache-2.0
// Runs router_cases.json: routes as in a configuration, facts as a translator writes them, recipients expected.
#include "core/routing/router.hpp"

#include "core/config/load.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <fstream>
#include <sstream>

namespace routing = liaison::routing;
namespace config = liaison::config;

namespace {

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

config::loaded with_routes(const std::string& routes) {
  return config::load_text(R"({"endpoints": {
      "hospital": {"source": {"mllp": {"port": 0}}}, "laboratory": {"source": {"folder": {"path": "l"}}},
      "gp": {"destination": {"folder": {"path": "g"}}}, "pta": {"destination": {"folder": {"path": "p"}}},
      "registry": {"destination": {"folder": {"path": "r"}}}}, "routes": )" +
                               routes + "}",
                           "case");
}

liaison::model::message_facts facts_of(const std::string& json) {
  auto facts = liaison::model::facts_from_json(json);
  EXPECT_TRUE(facts) << json;
  return facts ? facts.value() : liaison::model::message_facts{};
}

std::vector<std::string> texts(const rapidjson::Value& list) {
  std::vector<std::string> all;
  for (const auto& one : list.GetArray()) all.emplace_back(one.GetString());
  return all;
}

}  // namespace

TEST(router, cases) {
  std::ostringstream text;
  text << std::ifstream(LIAISON_SOURCE_DIRECTORY "/tests/unit/router/router_cases.json").rdbuf();
  rapidjson::Document cases;
  cases.Parse(text.str());
  ASSERT_TRUE(cases.IsArray()) << cases.GetErrorOffset();
  ASSERT_GT(cases.Size(), 40U);
  for (const auto& one : cases.GetArray()) {
    SCOPED_TRACE(one["name"].GetString());
    const auto loaded = with_routes(text_of(one["routes"]));
    const bool valid = !one.HasMember("valid") || one["valid"].GetBool();
    ASSERT_EQ(loaded.configuration != nullptr, valid) << to_text(loaded.findings.front());
    if (!valid) continue;
    const std::string source = one.HasMember("source") ? one["source"].GetString() : "hospital";
    const auto facts = facts_of(text_of(one["facts"]));

    std::vector<std::string> found;
    for (const auto& r : routing::route(*loaded.configuration, source, facts))
      found.push_back(r.recipient + " by " + r.route);
    EXPECT_EQ(found, texts(one["expected"]));

    std::vector<std::string> explained;
    std::vector<std::string> taken;
    for (const auto& e : routing::explain(*loaded.configuration, source, facts)) {
      explained.push_back(to_text(e));
      if (e.outcome == routing::route_outcome::taken) taken.push_back(e.route);
    }
    EXPECT_EQ(explained.size(), loaded.configuration->routes.size());
    EXPECT_EQ(taken.empty(), found.empty());
    if (one.HasMember("explained")) {
      EXPECT_EQ(explained, texts(one["explained"]));
    }
  }
}

// Facts come out of what partners send: long texts and many recipients must not slow the broker's one thread down.
TEST(router, hostile_facts_cost_little) {
  const auto loaded = with_routes(R"([{"name": "r", "when": {"recipient": "*a*a*a*a*a*a*b"}, "to": ["gp"]}])");
  ASSERT_NE(loaded.configuration, nullptr);
  liaison::model::message_facts facts;
  for (int i = 0; i < 100; ++i) facts.recipients.emplace_back().name.assign(10'000, 'a');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(routing::route(*loaded.configuration, "hospital", facts).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}
