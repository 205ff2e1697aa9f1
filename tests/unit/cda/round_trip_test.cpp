// SPDX-License-Identifier: Apache-2.0
// CDA → pivot → CDA of the models that are written with entries keeps every code, unit, value, date and identifier of
// the entries; and what a sample holds by template is there by resource.
#include "run.hpp"

#include <gtest/gtest.h>
#include <liaison/common/xml.hpp>

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace liaison::cda {
namespace {

constexpr std::string_view options =
    R"({"account":true,"now":"2025-03-11T12:00:00+01:00","id_seed":"test","endpoint":{"trusted":true}})";

using element_visitor = std::function<void(const xmlNode*)>;
void each_element(const xmlNode* node, const element_visitor& visit) {
  for (const xmlNode* one = node == nullptr ? nullptr : node->children; one != nullptr; one = one->next) {
    if (one->type != XML_ELEMENT_NODE) continue;
    visit(one);
    each_element(one, visit);
  }
}

bool is_below(const xmlNode* node, std::string_view name) {
  for (const xmlNode* at = node; at != nullptr && at->type == XML_ELEMENT_NODE; at = at->parent)
    if (local_name(at) == name) return true;
  return false;
}

/// Codes with their system, values with their unit, times and ids of all entries.
std::set<std::string> facts_of_entries(std::string_view document) {
  std::set<std::string> found;
  const xml_parsed parsed = parse_xml(document);
  if (!parsed.document) return found;
  each_element(xmlDocGetRootElement(parsed.document.get()), [&](const xmlNode* node) {
    const std::string_view name = local_name(node);
    if (!is_below(node, "entry") || name == "templateId" || name == "statusCode") return;
    const std::string code = attribute_text(node, "code");
    const std::string value = attribute_text(node, "value");
    if (!code.empty() && !attribute_text(node, "codeSystem").empty())
      found.insert("code " + code + " " + attribute_text(node, "codeSystem"));
    if (!value.empty() && !attribute_text(node, "unit").empty())
      found.insert("quantity " + value + " " + attribute_text(node, "unit"));
    // To the minute: a second or a zone that the source leaves out is completed.
    const bool moment = name == "effectiveTime" || name == "low" || name == "high" || name == "time";
    if (moment && attribute_text(node, "unit").empty() && value.size() >= 8 && value.substr(4, 2) <= "12")
      found.insert("moment " + value.substr(0, 12));
    if (name == "id" && !attribute_text(node, "root").empty() && !is_below(node, "assignedEntity") &&
        !is_below(node, "assignedAuthor")) {
      std::string root = attribute_text(node, "root");
      std::ranges::transform(root, root.begin(), [](unsigned char c) { return std::toupper(c); });
      found.insert("id " + root + " " + attribute_text(node, "extension"));
    }
  });
  return found;
}

/// What of `before` is not in the document that is written again.
std::vector<std::string> lost(const std::string& input) {
  const outcome decoded = run(translator_table().decode, input, options);
  const outcome encoded = run(translator_table().encode, decoded.part(LIAISON_PART_DOCUMENT), options);
  const std::set<std::string> before = facts_of_entries(input);
  const std::set<std::string> after = facts_of_entries(encoded.part(LIAISON_PART_DOCUMENT));
  std::vector<std::string> missing;
  std::ranges::set_difference(before, after, std::back_inserter(missing));
  return missing;
}

TEST(round_trip_of_entries, a_discharge_letter_loses_nothing) {
  const std::string input = read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/letter-entries/input.xml");
  ASSERT_GT(facts_of_entries(input).size(), 50U);
  EXPECT_EQ(lost(input), std::vector<std::string>());
}

TEST(round_trip_of_entries, laboratory_reports_of_the_corpus_lose_nothing) {
  std::size_t reports = 0;
  for (const auto& path : corpus_files()) {
    if (path.filename().string().find("CR-BIO") == std::string::npos) continue;
    SCOPED_TRACE(path.string());
    const std::string input = read_file(path);
    if (input.find("nonXMLBody") != std::string::npos) continue;
    for (const std::string& one : lost(input)) ADD_FAILURE() << one;
    ++reports;
  }
  if (reports == 0) GTEST_SKIP() << "no corpus";
}

/// How many acts of a template a document has, and how many resources of a type its pivot.
struct counted {
  const char* template_root;
  std::vector<std::string> types;
};

TEST(counts, what_a_sample_holds_by_template_is_there_by_resource) {
  const std::vector<counted> rows{
      {"1.3.6.1.4.1.19376.1.5.3.1.4.6", {"AllergyIntolerance"}},
      {"1.3.6.1.4.1.19376.1.5.3.1.4.7", {"MedicationStatement", "MedicationRequest"}},
      {"1.3.6.1.4.1.19376.1.5.3.1.4.12", {"Immunization"}},
      {"1.3.6.1.4.1.19376.1.3.1.6", {"Observation"}},
  };
  std::map<std::string, std::size_t> totals;
  std::size_t files = 0;
  for (const auto& path : corpus_files()) {
    if (path.parent_path().filename() != "cda") continue;
    SCOPED_TRACE(path.string());
    const std::string input = read_file(path);
    const xml_parsed parsed = parse_xml(input);
    ASSERT_TRUE(parsed.document);
    std::map<std::string, std::size_t> acts;
    each_element(xmlDocGetRootElement(parsed.document.get()), [&](const xmlNode* node) {
      if (local_name(node) != "templateId" || !is_below(node, "entry")) return;
      ++acts[attribute_text(node, "root")];
    });
    rapidjson::Document pivot;
    pivot.Parse(run(translator_table().decode, input, options).part(LIAISON_PART_DOCUMENT));
    ASSERT_TRUE(pivot.IsObject());
    std::map<std::string, std::size_t> resources;
    for (const auto& entry : pivot["entry"].GetArray()) ++resources[entry["resource"]["resourceType"].GetString()];
    for (const counted& row : rows) {
      std::size_t made = 0;
      for (const std::string& type : row.types) made += resources[type];
      EXPECT_GE(made, acts[row.template_root]) << row.template_root;
      totals[row.template_root] += acts[row.template_root];
    }
    ++files;
  }
  if (files == 0) GTEST_SKIP() << "no corpus";
  for (const counted& row : rows) EXPECT_GT(totals[row.template_root], 10U) << row.template_root;
}

}  // namespace
}  // namespace liaison::cda
