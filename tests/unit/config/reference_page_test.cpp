// SPDX-License-Identifier: Apache-2.0
// docs/reference/configuration.md is written from the schema; this test fails when the page is stale.
#include "core/config/schema.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace config = liaison::config;
using config::json_kind;

namespace {

std::string described(const config::node& given) {
  const config::node* text = given.find("description");
  if (text == nullptr) text = config::resolved(given).find("description");
  return text == nullptr ? "" : text->text;
}

std::string type_of(const config::node& given) {
  const config::node& schema = config::resolved(given);
  std::string text;
  if (const config::node* allowed = schema.find("enum")) {
    for (const auto& one : allowed->items) text += (text.empty() ? "`" : ", `") + one.text + "`";
    return text;
  }
  const config::node* type = schema.find("type");
  if (type == nullptr) return "";
  if (type->kind == json_kind::text) text = type->text;
  for (const auto& one : type->items) text += (text.empty() ? "" : " or ") + one.text;
  const config::node *least = schema.find("minimum"), *most = schema.find("maximum");
  if (least != nullptr && most != nullptr) text += ", " + to_json(*least) + " to " + to_json(*most);
  return text;
}

bool is_required(const config::node& schema, const std::string& key) {
  const config::node* required = schema.find("required");
  if (required == nullptr) return false;
  for (const auto& one : required->items) {
    if (one.text == key) return true;
  }
  return false;
}

void write_rows(std::ostringstream& out, const config::node& given, const std::string& prefix) {
  const config::node& schema = config::resolved(given);
  const config::node* properties = schema.find("properties");
  if (properties == nullptr) return;
  for (const auto& one : properties->members) {
    const config::node& its = config::resolved(one.value);
    const config::node* fixed = one.value.find("default") != nullptr ? one.value.find("default") : its.find("default");
    out << "| `" << prefix << one.key << "` | " << type_of(one.value) << " | ";
    if (fixed != nullptr) out << '`' << to_json(*fixed) << '`';
    if (is_required(schema, one.key)) out << "required";
    out << " | " << described(one.value) << " |\n";
    const config::node* type = its.find("type");
    if (type != nullptr && type->text == "object") write_rows(out, one.value, prefix + one.key + ".");
  }
}

void write_table(std::ostringstream& out, const std::string& title, const config::node& schema,
                 const std::string& prefix) {
  out << "\n## " << title << "\n\n";
  if (auto text = described(schema); !text.empty()) out << text << "\n\n";
  out << "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  write_rows(out, schema, prefix);
}

std::string page() {
  std::ostringstream out;
  const config::node& root = config::schema_root();
  out << "# Configuration\n\n"
         "One JSON file. "
      << described(root)
      << "\n\n"
         "`liaison check --config FILE` tells everything that is wrong, each with line, column and key. Any key can be "
         "given on\n"
         "the command line as well: `--set KEY=VALUE` with the dotted key as in the tables below, where VALUE is JSON "
         "or else\n"
         "text: `--set endpoints.gp.destination.folder.path=/tmp/gp`, `--set routes.letters.to.0=gp` (a list's entry "
         "by its number\n"
         "or its name). An endpoint or entry that does not exist is an error.\n\n"
         "This page is written from `schemas/configuration.schema.json`: run `config_test` with "
         "`LIAISON_WRITE_PAGES=1`.\n";
  for (const auto& one : root.find("properties")->members) {
    if (one.key == "$schema") continue;
    const config::node& its = config::resolved(one.value);
    if (one.key == "endpoints") {
      write_table(out, "endpoints.NAME", *its.find("additionalProperties"), "endpoints.NAME.");
    } else if (its.find("items") != nullptr) {
      write_table(out, one.key, *its.find("items"), one.key + ".N.");
      if (one.key == "tests") {
        const config::node* deliveries = config::resolved(*its.find("items")).find("properties")->find("deliveries");
        write_rows(out, *deliveries->find("items"), "tests.N.deliveries.N.");
      }
    } else if (its.find("properties") != nullptr) {
      write_table(out, one.key, one.value, one.key + ".");
    } else {
      out << "\n## " << one.key << "\n\n"
          << type_of(one.value) << "; default `" << to_json(*its.find("default")) << "`. " << described(one.value)
          << '\n';
    }
  }
  out << "\n## Secrets\n\nTokens and the values of headers: "
      << config::resolved(*root.find("$defs")).find("secret")->find("description")->text << '\n';
  return out.str();
}

}  // namespace

TEST(configuration_page, is_what_the_schema_says) {
  const std::string path = LIAISON_SOURCE_DIRECTORY "/docs/reference/configuration.md";
  if (std::getenv("LIAISON_WRITE_PAGES") != nullptr) std::ofstream(path) << page();
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), page()) << "stale: run this test with LIAISON_WRITE_PAGES=1";
}
