// SPDX-License-Identifier: Apache-2.0
// tests/golden/fhir/<case>/: input.json or input.xml, and what is expected of it: facts.json (inspect with values),
// pivot.json (decode), text.txt (render), issues.txt (validate: severity, code and location of each issue). A file that
// is not there is not asked for. LIAISON_GOLDEN_UPDATE=1 writes the files that are there anew: look at the difference.
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

struct expectation {
  const char* file;
  std::string got;
};

TEST(golden, every_case_gives_what_is_written_down) {
  std::size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LIAISON_SOURCE_DIRECTORY "/tests/golden/fhir")) {
    const auto folder = entry.path();
    const std::string input =
        read_file(std::filesystem::exists(folder / "input.xml") ? folder / "input.xml" : folder / "input.json");
    ASSERT_FALSE(input.empty()) << folder;
    const auto& of = translator_table();
    const std::string values = R"({"values":true,"now":"2024-03-01T12:00:00+01:00"})";
    const expectation all[] = {{"facts.json", run(of.inspect, input, values).part(LIAISON_PART_FACTS) + "\n"},
                               {"pivot.json", run(of.decode, input).part(LIAISON_PART_DOCUMENT) + "\n"},
                               {"text.txt", run(of.render, input).part(LIAISON_PART_TEXT)},
                               {"issues.txt", run(of.validate, input).list()}};
    for (const expectation& one : all) {
      const auto path = folder / one.file;
      if (!std::filesystem::exists(path)) continue;
      if (std::getenv("LIAISON_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << one.got;
      EXPECT_EQ(read_file(path), one.got) << path;
      ++checked;
    }
  }
  EXPECT_GT(checked, 20U);
}

}  // namespace
}  // namespace liaison::fhir
