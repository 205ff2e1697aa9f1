// SPDX-License-Identifier: Apache-2.0
// plugin-check passes what keeps the interface and finds what does not.
#include "core/plugin/plugin_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace liaison::plugin {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool strict_sandbox = false;
#else
constexpr bool strict_sandbox = true;
#endif

check_settings settings() {
  check_settings how;
  how.host_program = std::string(LIAISON_BINARY_DIRECTORY) + "/bin/liaison-host";
  return how;
}

std::string fixture(const std::string& name) { return std::string(LIAISON_FIXTURES) + "/" + name + ".so"; }

std::vector<std::string> failed(const std::vector<check_outcome>& outcomes) {
  std::vector<std::string> names;
  for (const check_outcome& one : outcomes)
    if (!one.passed) names.push_back(one.check);
  return names;
}

std::string detail_of(const std::vector<check_outcome>& outcomes, const std::string& name) {
  for (const check_outcome& one : outcomes)
    if (one.check == name) return one.detail;
  return "(no such check)";
}

TEST(plugin_check, passes_the_template_on_its_example) {
  check_settings how = settings();
  std::ifstream example(std::string(LIAISON_SOURCE_DIRECTORY) + "/sdk/template/example.txt", std::ios::binary);
  how.samples.emplace_back(std::istreambuf_iterator<char>(example), std::istreambuf_iterator<char>());
  const auto outcomes = check_plugin(LIAISON_TEMPLATE, how);
  EXPECT_EQ(outcomes.size(), 15U);
  for (const check_outcome& one : outcomes) EXPECT_TRUE(one.passed) << one.check << ": " << one.detail;
}

TEST(plugin_check, passes_a_plugin_in_plain_c) {
  const auto outcomes = check_plugin(fixture("NONE"), settings());
  EXPECT_THAT(failed(outcomes), ::testing::ElementsAre())
      << detail_of(outcomes, failed(outcomes).empty() ? "" : failed(outcomes)[0]);
}

TEST(plugin_check, stops_at_what_cannot_be_loaded) {
  const auto outcomes = check_plugin(fixture("OTHER_ABI"), settings());
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_FALSE(outcomes[0].passed);
  EXPECT_THAT(outcomes[0].detail, ::testing::HasSubstr("another version of the plugin interface"));
}

TEST(plugin_check, finds_a_plugin_that_answers_to_any_interface) {
  EXPECT_THAT(failed(check_plugin(fixture("ANY_ABI"), settings())), ::testing::ElementsAre("unknown-abi"));
}

TEST(plugin_check, finds_a_second_exported_symbol) {
  if (!strict_sandbox) GTEST_SKIP() << "sanitizer build";
  const auto outcomes = check_plugin(fixture("EXTRA_SYMBOL"), settings());
  EXPECT_THAT(failed(outcomes), ::testing::ElementsAre("one-exported-symbol"));
  EXPECT_THAT(detail_of(outcomes, "one-exported-symbol"), ::testing::HasSubstr("something_else"));
}

TEST(plugin_check, finds_a_create_that_crashes) {
  const auto outcomes = check_plugin(fixture("CREATE_CRASHES"), settings());
  EXPECT_THAT(detail_of(outcomes, "empty-input"),
              ::testing::AllOf(::testing::HasSubstr("SIGABRT"), ::testing::HasSubstr("create")));
}

/// The rogue does what its sample says.
struct misdeed {
  const char* sample;
  const char* check;
  const char* said;
};
const misdeed misdeeds[] = {
    {"segv", "samples", "signal 11 (SIGSEGV), last seen at: inspect on sample 1"},
    {"open", "samples", "a system call that the sandbox forbids"},
    {"thread", "samples", "a system call that the sandbox forbids"},
    {"loop", "samples", "not done after 1000 ms"},
    {"eat", "samples", "its memory limit"},
    {"scribble", "samples", "wrote to the host's pipe itself"},
    {"status 99", "odd-options", "returned status 99"},
    {"latin", "odd-options", "is no UTF-8"},
    {"shout", "odd-options", "not lower-case-with-dashes: Rogue Noise"},
    {"nulls", "odd-options", "an issue is NULL"},
    {"overread", "samples", "signal 11 (SIGSEGV)"},
    {"overwrite", "samples", "signal 11 (SIGSEGV)"},
    {"count", "deterministic", "another output for the same bytes the second time"},
    {"address", "deterministic", "another process gave another output"},
    {"leak", "bounded-memory", "leaks"},
    {"stubborn", "refusing-sink", "although its sink had said RETRY"},
    {"reject", "says-why", "without an error issue that says why"},
    {"unknown to everyone", "samples", "no translator recognises sample 1"},
};

class plugin_check_misdeed : public ::testing::TestWithParam<misdeed> {};
void PrintTo(const misdeed& one, std::ostream* out) { *out << one.sample; }

TEST_P(plugin_check_misdeed, is_found) {
  const std::string_view said = GetParam().said;
  if (!strict_sandbox && (said.find("sandbox") != said.npos || said.find("memory") != said.npos || said == "leaks" ||
                          said.find("signal") != said.npos))
    GTEST_SKIP() << "sanitizer build";
  check_settings how = settings();
  how.samples = {GetParam().sample};
  how.only = {GetParam().check};
  how.deadline_ms = std::string_view(GetParam().sample) == "loop" ? 1000 : 20'000;
  const auto outcomes = check_plugin(LIAISON_ROGUE, how);
  EXPECT_THAT(failed(outcomes), ::testing::Contains(GetParam().check));
  EXPECT_THAT(detail_of(outcomes, GetParam().check), ::testing::HasSubstr(GetParam().said));
}

std::string name_of_misdeed(const ::testing::TestParamInfo<misdeed>& one) {
  std::string name = one.param.sample;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(each, plugin_check_misdeed, ::testing::ValuesIn(misdeeds), name_of_misdeed);

}  // namespace
}  // namespace liaison::plugin
