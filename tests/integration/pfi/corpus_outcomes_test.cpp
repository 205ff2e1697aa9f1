// SPDX-License-Identifier: Apache-2.0
// Every message of the public PFI samples through a running gateway, on a tolerant and on a strict listener: the
// answers that corpus_outcomes.txt names. Samples of others are not part of the project: without them the test says so
// and is skipped.
#include "corpus.hpp"
#include "gateway_process.hpp"

#include "core/net/load.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

namespace liaison::test {
namespace {

std::filesystem::path samples() { return corpus_folder() / "pfi"; }

struct expected_answer {
  std::string file, tolerant, strict;
};

/// Lines "file | tolerant | strict"; # begins a remark.
std::vector<expected_answer> table() {
  std::ifstream in(std::filesystem::path(LIAISON_SOURCE_DIRECTORY) / "tests/integration/pfi/corpus_outcomes.txt");
  std::vector<expected_answer> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream text(line);
    std::vector<std::string> columns;
    for (std::string column; std::getline(text, column, '|');) {
      const auto begin = column.find_first_not_of(' ');
      columns.push_back(begin == std::string::npos ? ""
                                                   : column.substr(begin, column.find_last_not_of(' ') - begin + 1));
    }
    EXPECT_EQ(columns.size(), 3U) << line;
    if (columns.size() == 3) rows.push_back({columns[0], columns[1], columns[2]});
  }
  return rows;
}

/// MSA-1, and the conditions (ERR-3) of its errors.
struct told {
  std::string code;
  std::set<std::string> conditions;
};

told read_answer(const std::string& answer) {
  told read;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, '|');) fields.push_back(field);
    if (fields.size() > 1 && fields[0] == "MSA") read.code = fields[1];
    if (fields.size() > 4 && fields[0] == "ERR" && fields[4] == "E")
      read.conditions.insert(fields[3].substr(0, fields[3].find('^')));
  }
  return read;
}

void expect_answer(std::uint16_t port, const std::string& name, const std::string& expected) {
  const finished done = run({program("liaison"), "send", "--json", "--to", "mllp://127.0.0.1:" + std::to_string(port),
                             (samples() / name).string()});
  rapidjson::Document read;
  read.Parse(done.out.c_str());
  ASSERT_TRUE(!read.HasParseError() && read.IsObject() && read.HasMember("answer")) << name << ": " << done.err;
  const std::string answer = read["answer"].GetString();
  const told got = read_answer(answer);
  std::istringstream wanted(expected);
  std::string code;
  wanted >> code;
  EXPECT_EQ(got.code, code) << name << "\n" << answer;
  EXPECT_EQ(got.conditions.empty(), code == "AA") << name << "\n" << answer;
  for (std::string condition; wanted >> condition;)
    EXPECT_TRUE(got.conditions.contains(condition)) << name << ": no " << condition << "\n" << answer;
}

TEST(pfi_corpus, every_sample_is_answered_as_the_reference_says) {
  if (!std::filesystem::exists(samples())) GTEST_SKIP() << "no samples at " << samples();
  gateway_process gateway;
  const std::uint16_t strict = net::free_loopback_port().value();
  gateway.configure(R"({"instance":{"name":"test","data":")" + gateway.folder().string() +
                    R"(/data"},"listen":{"http":{"port":)" + std::to_string(gateway.http_port()) +
                    R"(}},"endpoints":{"tolerant":{"format":"hl7v2","source":{"mllp":{"port":)" +
                    std::to_string(gateway.mllp_port()) +
                    R"(}}},"strict":{"format":"hl7v2","strictness":"strict","source":{"mllp":{"port":)" +
                    std::to_string(strict) + R"(}}}}})");
  gateway.start();
  const auto rows = table();
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    SCOPED_TRACE(row.file);
    expect_answer(gateway.mllp_port(), row.file, row.tolerant);
    expect_answer(strict, row.file, row.strict);
  }
}

/// A sample that the table forgot is no sample that passed.
TEST(pfi_corpus, the_table_names_every_sample) {
  if (!std::filesystem::exists(samples())) GTEST_SKIP() << "no samples at " << samples();
  std::set<std::string> named;
  for (const auto& row : table()) named.insert(row.file);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(samples())) {
    std::string name = entry.path().filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool is_message = entry.is_regular_file() && !name.ends_with(".xml") && !name.starts_with("ack.");
    const auto relative = std::filesystem::relative(entry.path(), samples()).string();
    EXPECT_TRUE(!is_message || named.contains(relative)) << relative;
  }
}

}  // namespace
}  // namespace liaison::test
