// SPDX-License-Identifier: Apache-2.0
// The plugins that come with the gateway keep the interface that strangers' plugins are held to. Samples are the
// inputs of the golden cases.
#include "core/plugin/plugin_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace liaison::plugin {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Up to four small inputs of the translators whose names begin with the plugin's.
std::vector<std::string> samples_for(const std::string& plugin) {
  std::vector<fs::path> inputs;
  const fs::path golden = fs::path(LIAISON_SOURCE_DIRECTORY) / "tests" / "golden";
  if (!fs::exists(golden)) return {};
  for (const auto& translator : fs::directory_iterator(golden)) {
    if (translator.path().filename().string().rfind(plugin, 0) != 0) continue;
    for (const auto& entry : fs::recursive_directory_iterator(translator))
      if (entry.is_regular_file() && entry.path().stem() == "input" && entry.file_size() < 50'000)
        inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  if (inputs.size() > 4) inputs.resize(4);
  std::vector<std::string> samples;
  for (const fs::path& input : inputs) samples.push_back(content_of(input));
  return samples;
}

class shipped_plugin : public ::testing::TestWithParam<const char*> {};

TEST_P(shipped_plugin, keeps_the_interface) {
  const std::string name = GetParam();
  const std::string file = std::string(LIAISON_PLUGIN_DIRECTORY) + "/liaison-" + name + ".so";
  ASSERT_TRUE(fs::exists(file)) << file;
  check_settings how;
  how.host_program = std::string(LIAISON_BINARY_DIRECTORY) + "/bin/liaison-host";
  how.samples = samples_for(name);
  // Golden cases hold bad messages and pivots too, so whether a sample is accepted is theirs to say, not ours.
  for (const check_outcome& one : check_plugin(file, how)) {
    EXPECT_TRUE(one.passed || one.check == "samples") << one.check << ": " << one.detail;
  }
}

INSTANTIATE_TEST_SUITE_P(each, shipped_plugin, ::testing::Values("cda", "fhir", "hl7v2", "hprim", "xdm"));

}  // namespace
}  // namespace liaison::plugin
