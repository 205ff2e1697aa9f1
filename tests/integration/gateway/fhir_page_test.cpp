// SPDX-License-Identifier: Apache-2.0
// docs/fhir.md tells a developer what to type; what it says is tried here, command by command, with the status it promises.
#include "gateway_process.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace liaison::test {
namespace {

struct example {
  std::string command;
  std::string status;
};

/// Commands of the page's `sh` blocks; each ends at the line whose last word is "# NNN".
std::vector<example> examples_of(const std::string& page) {
  std::vector<example> found;
  std::istringstream lines(page);
  std::string line, command;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.rfind("```", 0) == 0) {
      inside = line == "```sh";
      EXPECT_TRUE(command.empty()) << "says no status: " << command;
      continue;
    }
    if (!inside) continue;
    const std::size_t mark = line.rfind("# ");
    const bool last = mark != std::string::npos && line.size() == mark + 5 && line.find_first_not_of("0123456789", mark + 2) == std::string::npos;
    command += (command.empty() ? "" : "\n") + line.substr(0, last ? mark : line.size());
    if (!last) continue;
    found.push_back({std::exchange(command, {}), line.substr(mark + 2)});
  }
  return found;
}

TEST(fhir_page, every_command_does_what_the_page_says) {
  gateway_process gateway;
  gateway.set("listen.http.tokens=[\"operator-secret-0001\"]");
  gateway.set("endpoints.api.source.http.tokens=[\"page-secret-0001\"]");
  gateway.start();
  const auto folder = gateway.folder();
  const std::string source = LIAISON_SOURCE_DIRECTORY;
  write_file(folder / "submission.json", read_file(source + "/tests/golden/fhir/iti65-submission/input.json"));
  write_file(folder / "result.hl7", plain_result("1"));
  const auto examples = examples_of(read_file(source + "/docs/fhir.md"));
  ASSERT_GE(examples.size(), 20U);
  for (const example& one : examples) {
    const std::string options = "curl -sS -o \"$OUT\" -w '%{http_code}' ";
    std::string command = one.command;
    ASSERT_EQ(command.rfind("curl ", 0), 0U) << command;
    command.replace(0, 5, options);
    const std::string script = "cd '" + folder.string() + "'; OUT='" + (folder / "answer").string() + "'; BASE=http://127.0.0.1:" +
                               std::to_string(gateway.http_port()) + "/fhir; TOKEN=page-secret-0001\n" + command;
    const finished told = run({"/bin/bash", "-c", script});
    EXPECT_EQ(told.out, one.status) << one.command << "\n" << read_file(folder / "answer") << told.err;
  }
}

}  // namespace
}  // namespace liaison::test
