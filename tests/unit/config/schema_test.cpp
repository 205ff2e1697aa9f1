// SPDX-License-Identifier: Apache-2.0
// The schema, the structures and RapidJSON's own validator must agree with each other.
#include "core/config/schema.hpp"
#include "core/config/load.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace config = liaison::config;
using config::json_kind;

namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Each part that the schema describes, once, with nothing in it that has a default.
constexpr const char* bare = R"({
  "listen": {"http": {}},
  "endpoints": {
    "mllp": {"source": {"mllp": {"port": 0}}, "destination": {"mllp": {"host": "127.0.0.1", "port": 1}}},
    "folder": {"source": {"folder": {"path": "a"}}, "destination": {"folder": {"path": "b"}}},
    "http": {"source": {"http": {}}, "destination": {"http": {"url": "http://127.0.0.1/"}}}
  },
  "routes": [{"name": "r", "to": ["mllp", "folder", "http"]}],
  "tests": [{"name": "t", "source": "mllp", "message": "schema_test.cpp", "deliveries": [{"to": "folder"}]}]
})";

config::node effective(const std::string& text) {
  auto loaded = config::load_text(text, LIAISON_SOURCE_DIRECTORY "/tests/unit/config/x.json");
  for (const auto& one : loaded.findings) ADD_FAILURE() << to_text(one);
  std::vector<config::finding> none;
  return loaded.configuration ? config::parse_json(effective_json(*loaded.configuration), "", none) : config::node{};
}

/// Walks the schema beside what is in force: whatever has a default in the one has it in the other, and nothing that
/// the structures know is unknown to the schema.
void compare(const config::node& given, const config::node& value, const std::string& path, std::size_t& compared) {
  const config::node& schema = config::resolved(given);
  const config::node* stated = given.find("default") != nullptr ? given.find("default") : schema.find("default");
  if (stated != nullptr) {
    ++compared;
    if (stated->kind == json_kind::integer || stated->kind == json_kind::number) {
      EXPECT_EQ(value.number, stated->number) << path;
    } else {
      EXPECT_EQ(config::to_json(value), config::to_json(*stated)) << path;
    }
  }
  for (const auto& one : value.members) {
    const config::node* of_member = config::schema_of_member(schema, one.key);
    ASSERT_NE(of_member, nullptr) << path << "." << one.key << " is not in the schema";
    compare(*of_member, one.value, path + "." + one.key, compared);
  }
  if (const config::node* properties = schema.find("properties"); properties && value.kind == json_kind::object) {
    for (const auto& one : properties->members) {
      const bool has_default = one.value.find("default") != nullptr;
      EXPECT_TRUE(!has_default || value.find(one.key) != nullptr) << path << "." << one.key << " is not read";
    }
  }
  for (const auto& one : value.items) compare(*schema.find("items"), one, path + "[]", compared);
}

void collect_keywords(const config::node& schema, std::vector<std::string>& into) {
  for (const auto& one : schema.members) {
    into.push_back(one.key);
    if (one.key == "properties" || one.key == "$defs") {
      for (const auto& property : one.value.members) collect_keywords(property.value, into);
    } else if (one.value.kind == json_kind::object && one.key != "default") {
      collect_keywords(one.value, into);
    }
  }
}

bool rapidjson_accepts(const std::string& text) {
  rapidjson::Document schema, value;
  // RapidJSON takes no unescaped `$` in a reference.
  schema.Parse(std::regex_replace(std::string(config::schema_text()), std::regex("\\$defs"), "definitions"));
  value.Parse(text);
  EXPECT_FALSE(schema.HasParseError());
  if (value.HasParseError()) return false;
  rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  return value.Accept(validator);
}

bool we_accept(const std::string& text) {
  std::vector<config::finding> findings;
  auto root = config::parse_json(text, "", findings);
  bool valid = findings.empty();
  if (valid) config::check_against_schema(root, [&](const auto&, const auto&, std::string) { valid = false; });
  return valid;
}

}  // namespace

TEST(schema, what_is_built_in_is_the_file) {
  EXPECT_EQ(config::schema_text(), read(LIAISON_SOURCE_DIRECTORY "/schemas/configuration.schema.json"));
}

TEST(schema, defaults_are_those_of_the_structures) {
  std::size_t compared = 0;
  compare(config::schema_root(), effective(bare), "", compared);
  EXPECT_GT(compared, 45U);
}

TEST(schema, defaults_that_differ_are_noticed) {
  const config::node value = config::integer_node(5);
  std::vector<config::finding> none;
  auto schema = config::parse_json(R"({"default": 6})", "", none);
  std::size_t compared = 0;
  EXPECT_NONFATAL_FAILURE(compare(schema, value, "x", compared), "x");
}

TEST(schema, uses_only_keywords_that_are_checked) {
  std::vector<std::string> used;
  collect_keywords(config::schema_root(), used);
  auto known = config::schema_keywords();
  for (const auto& one : used) EXPECT_NE(std::find(known.begin(), known.end(), one), known.end()) << one;
  EXPECT_GT(used.size(), 300U);
}

TEST(schema, every_property_is_explained) {
  const auto explain = [](const config::node& of, const std::string& path) {
    if (const config::node* properties = of.find("properties")) {
      for (const auto& one : properties->members) {
        const bool here = one.value.find("description") != nullptr;
        EXPECT_TRUE(here || config::resolved(one.value).find("description") != nullptr) << path << "." << one.key;
      }
    }
  };
  explain(config::schema_root(), "");
  for (const auto& one : config::schema_root().find("$defs")->members) explain(one.value, one.key);
}

TEST(schema, what_is_in_force_can_be_loaded_again) {
  for (const char* name : {"demo", "laboratory-to-gp", "hospital-group"}) {
    const std::string file = std::string(LIAISON_SOURCE_DIRECTORY "/configs/") + name + ".json";
    auto first = config::load(file);
    for (const auto& one : first.findings) ADD_FAILURE() << to_text(one);
    ASSERT_NE(first.configuration, nullptr) << name;
    auto second = config::load_text(effective_json(*first.configuration), file);
    ASSERT_NE(second.configuration, nullptr) << name << ": " << to_text(second.findings.front());
    EXPECT_EQ(effective_json(*second.configuration), effective_json(*first.configuration));
    EXPECT_TRUE(rapidjson_accepts(read(file))) << name;
  }
}

// Each is one change to a configuration that is valid; RapidJSON has an implementation of its own to compare with.
TEST(schema, agrees_with_another_validator) {
  struct change {
    const char *from, *to;
  };
  const change changes[] = {
      {"\"port\": 0", "\"port\": 65535"},
      {"\"port\": 0", "\"port\": 65536"},
      {"\"port\": 0", "\"port\": -1"},
      {"\"port\": 0", "\"port\": \"0\""},
      {"\"port\": 0", "\"port\": 1.5"},
      {"\"port\": 0", "\"port\": null"},
      {"\"port\": 0", "\"prt\": 0"},
      {"\"port\": 0", "\"port\": 0, \"tls\": {\"certificate\": \"a\"}"},
      {"\"port\": 0", "\"port\": 0, \"tls\": {\"certificate\": \"a\", \"key\": \"b\"}"},
      {"\"source\": {\"http\": {}}", "\"source\": {}"},
      {"\"source\": {\"http\": {}}", "\"source\": {\"http\": {}, \"mllp\": {\"port\": 1}}"},
      {"\"source\": {\"http\": {}}",
       "\"source\": {\"http\": {\"tokens\": [\"a\", {\"file\": \"b\"}, {\"env\": \"c\"}]}}"},
      {"\"source\": {\"http\": {}}", "\"source\": {\"http\": {\"tokens\": [{}]}}"},
      {"\"source\": {\"http\": {}}", "\"source\": {\"http\": {\"tokens\": [{\"file\": \"a\", \"env\": \"b\"}]}}"},
      {"\"source\": {\"http\": {}}", "\"source\": {\"http\": {\"tokens\": [\"\"]}}"},
      {"\"path\": \"a\"", "\"path\": \"\""},
      {"\"path\": \"a\"", "\"pattern\": \"a\""},
      {"\"to\": [\"mllp\"", "\"when\": {\"event\": \"x\"}, \"to\": [\"mllp\""},
      {"\"to\": [\"mllp\"", "\"when\": {\"event\": []}, \"to\": [\"mllp\""},
      {"\"to\": [\"mllp\"", "\"when\": {\"event\": [\"x\", 1]}, \"to\": [\"mllp\""},
      {"\"to\": [\"mllp\"", "\"last\": 1, \"to\": [\"mllp\""},
      {"\"listen\": {\"http\": {}}", "\"instance\": {\"environment\": \"production\", \"name\": \"a.b-c\"}"},
      {"\"listen\": {\"http\": {}}", "\"instance\": {\"environment\": \"Production\"}"},
      {"\"listen\": {\"http\": {}}", "\"instance\": {\"name\": \"-a\"}"},
      {"\"listen\": {\"http\": {}}", "\"listen\": []"},
      {"\"listen\": {\"http\": {}}", "\"plugins\": {\"configuration\": {\"fr.liaison.cda\": {\"any\": [1]}}}"},
      {"\"listen\": {\"http\": {}}", "\"plugins\": {\"configuration\": {\"fr.liaison.cda\": 1}}"},
      {"\"listen\": {\"http\": {}}", "\"store\": {\"retention\": {\"days\": 0.5}}"},
      {"\"name\": \"t\", ", ""},
  };
  ASSERT_TRUE(we_accept(bare));
  ASSERT_TRUE(rapidjson_accepts(bare));
  std::size_t refused = 0;
  for (const auto& one : changes) {
    std::string text = bare;
    const auto at = text.find(one.from);
    ASSERT_NE(at, std::string::npos) << one.from;
    text.replace(at, std::string(one.from).size(), one.to);
    EXPECT_EQ(we_accept(text), rapidjson_accepts(text)) << one.to;
    refused += we_accept(text) ? 0 : 1;
  }
  EXPECT_GE(refused, 18U);
}
