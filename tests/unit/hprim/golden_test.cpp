// SPDX-License-Identifier: Apache-2.0
// Golden cases in tests/golden/hprim-*/<case>/: `pivot.json` is encoded and compared with `expected.txt` (UTF-8,
// attachments by name and size at its end), `input.*` is inspected and compared with `facts.json`; issues stand in
// `issues.txt`. A new case needs no code; LIAISON_UPDATE_GOLDEN=1 writes what is expected, for a person to read before
// it is committed.
#include "corpus.hpp"
#include "host.hpp"

#include <liaison/common/charset.hpp>

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;
namespace fs = std::filesystem;

std::vector<std::string> cases() {
  std::vector<std::string> out;
  const fs::path root = fs::path(LIAISON_SOURCE_DIRECTORY) / "tests/golden";
  for (const char* format : {"hprim-medecin", "hprim-sante", "hprim-xml"}) {
    for (const auto& entry : fs::directory_iterator(root / format))
      out.push_back(std::string(format) + "/" + entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class golden : public ::testing::TestWithParam<std::string> {};

void compare(const fs::path& file, const std::string& actual) {
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(read_file(file), actual) << file;
}

std::string issues_of(const reply& out) {
  std::string text;
  for (std::size_t i = 0; i < out.issues.size(); ++i) text += out.issues[i] + " " + out.diagnostics[i] + "\n";
  return text;
}

TEST_P(golden, gives_what_is_expected) {
  const fs::path folder = fs::path(LIAISON_SOURCE_DIRECTORY) / "tests/golden" / GetParam();
  const auto& translator = translator_of(GetParam().substr(0, GetParam().find('/')));
  const std::string options = fs::exists(folder / "options.json")
                                  ? read_file(folder / "options.json")
                                  : R"({"now":"2025-03-12T10:00:00+01:00","control_id":"","values":true})";
  if (fs::exists(folder / "pivot.json")) {
    const reply out = run(translator.encode, read_file(folder / "pivot.json"), options);
    ASSERT_EQ(out.status, LIAISON_OK) << issues_of(out);
    std::string text = detect_and_decode(out.document()).text;
    for (const part& one : out.parts) {
      if (one.role == LIAISON_PART_ATTACHMENT)
        text += "attachment " + one.name + " " + one.content_type + " " + std::to_string(one.bytes.size()) + "\n";
    }
    std::erase(text, '\r');
    compare(folder / "expected.txt", text);
    compare(folder / "issues.txt", issues_of(out));
    return;
  }
  bool any = false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().stem() != "input") continue;
    any = true;
    const reply out = run(translator.inspect, read_file(entry.path()), options);
    ASSERT_EQ(out.status, LIAISON_OK) << issues_of(out);
    compare(folder / "facts.json", out.bytes(LIAISON_PART_FACTS) + "\n");
    compare(folder / "issues.txt", issues_of(out));
  }
  EXPECT_TRUE(any) << "a case needs pivot.json or input.*";
}

INSTANTIATE_TEST_SUITE_P(cases, golden, ::testing::ValuesIn(cases()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace liaison::hprim
