// SPDX-License-Identifier: Apache-2.0
// tests/golden/cda/<case>/: input.xml with what is expected of it: facts.json (inspect with values), pivot.json
// (decode), text.txt (render), issues.txt (validate), cda.xml (the pivot encoded again); or input.json (a pivot) with
// cda.xml. A file that is not there is not asked for. LIAISON_GOLDEN_UPDATE=1 writes the files that are there anew.
#include "account_check.hpp"

namespace liaison::cda {
namespace {

constexpr std::string_view trusted =
    R"({"values":true,"account":true,"now":"2025-03-11T12:00:00+01:00","id_seed":"golden","endpoint":{"trusted":true}})";

struct expectation {
  const char* file;
  std::string got;
};

TEST(golden, every_case_gives_what_is_written_down) {
  std::size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda")) {
    const auto folder = entry.path();
    SCOPED_TRACE(folder.filename().string());
    const auto& of = translator_table();
    std::vector<expectation> all;
    std::string pivot = read_file(folder / "input.json");
    if (pivot.empty()) {
      const std::string input = read_file(folder / "input.xml");
      ASSERT_FALSE(input.empty()) << folder;
      const outcome decoded = run(of.decode, input, trusted);
      EXPECT_EQ(decoded.status, LIAISON_OK);
      EXPECT_GT(check_account(decoded), 50U);
      pivot = decoded.part(LIAISON_PART_DOCUMENT);
      all = {{"facts.json", run(of.inspect, input, trusted).part(LIAISON_PART_FACTS) + "\n"},
             {"pivot.json", pivot + "\n"},
             {"text.txt", run(of.render, input, trusted).part(LIAISON_PART_TEXT)},
             {"issues.txt", run(of.validate, input, trusted).list()}};
    }
    all.push_back({"cda.xml", run(of.encode, pivot, trusted).part(LIAISON_PART_DOCUMENT)});
    for (const expectation& one : all) {
      const auto path = folder / one.file;
      if (!std::filesystem::exists(path)) continue;
      if (std::getenv("LIAISON_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << one.got;
      EXPECT_EQ(read_file(path), one.got) << path;
      ++checked;
    }
  }
  EXPECT_GT(checked, 12U);
}

}  // namespace
}  // namespace liaison::cda
