// SPDX-License-Identifier: Apache-2.0
// A plugin that cannot be used is refused with the file and the reason, or left out when that is wanted.
#include "tests/integration/plugin/pool_fixture.hpp"

#include <filesystem>
#include <string_view>

namespace liaison::plugin::testing {
namespace {

struct bad_file {
  const char* name;
  const char* said;
};
void PrintTo(const bad_file& one, std::ostream* out) { *out << one.name; }

const bad_file bad_files[] = {
    {"NO_ENTRY", "it has no symbol liaison_plugin_entry"},
    {"OTHER_ABI", "was built for another version of the plugin interface; this gateway speaks liaison.translator/1"},
    {"SMALL_PLUGIN", "its table is smaller than version 1"},
    {"SMALL_TRANSLATOR", "a translator's table is smaller than version 1"},
    {"NO_ID", "has no id or no version"},
    {"NO_FORMAT", "a translator has no format"},
    {"NO_PROFILES", "has no list of profiles"},
    {"NO_RECOGNISE", "has no recognise"},
    {"NO_TRANSLATOR", "offers no translator"},
    {"NULL_TRANSLATOR", "a translator is NULL"},
    {"FORMAT_TWICE", "offers the format plain twice"},
    {"CREATE_FAILS", "did not start (status 1): its table of codes is missing"},
    {"CREATE_CRASHES", "signal 6 (SIGABRT)"},
    {"CREATE_HANGS", "was not ready after 300 ms"},
};

class plugin_load : public ::testing::TestWithParam<bad_file> {};

TEST_P(plugin_load, says_which_file_and_why) {
  host_settings how = settings_for({fixture("NONE"), fixture(GetParam().name)});
  // Only who never starts is waited for to the end; the others are given what a machine with other work needs.
  if (std::string_view(GetParam().name) == "CREATE_HANGS") how.start_ms_max = 300;
  pool_fixture hosts(std::move(how));
  ASSERT_FALSE(hosts.pool);
  EXPECT_EQ(hosts.why_not.code, "plugin-load-failed");
  EXPECT_THAT(hosts.why_not.text, ::testing::HasSubstr(fixture(GetParam().name)));
  EXPECT_THAT(hosts.why_not.text, ::testing::HasSubstr(GetParam().said));
  EXPECT_EQ(children(), std::vector<std::string>{});
}

std::string name_of_file(const ::testing::TestParamInfo<bad_file>& one) { return one.param.name; }

INSTANTIATE_TEST_SUITE_P(each, plugin_load, ::testing::ValuesIn(bad_files), name_of_file);

TEST(plugin_loading, leaves_out_a_bad_file_when_told_so) {
  host_settings how = settings_for({fixture("OTHER_ABI"), fixture("NONE")});
  how.on_bad_plugin = bad_plugin::leave_out;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  ASSERT_EQ(hosts.pool->list().size(), 1U);
  EXPECT_EQ(hosts.pool->list()[0].format, "plain");
  EXPECT_EQ(hosts.load_failures, std::vector<std::string>{fixture("OTHER_ABI")});
}

TEST(plugin_loading, refuses_one_format_from_two_plugins) {
  pool_fixture hosts(settings_for({fixture("NONE"), fixture("ANY_ABI")}));
  ASSERT_FALSE(hosts.pool);
  EXPECT_EQ(hosts.why_not.code, "plugin-format-twice");
}

TEST(plugin_loading, says_when_there_is_no_plugin_or_no_host_program) {
  host_settings nowhere;
  nowhere.directory = "/nonexistent";
  EXPECT_EQ(pool_fixture(nowhere).why_not.code, "plugin-none");
  host_settings no_program = settings_for({fixture("NONE")});
  no_program.host_program = "/nonexistent/liaison-host";
  EXPECT_THAT(pool_fixture(no_program).why_not.text, ::testing::HasSubstr("/nonexistent/liaison-host"));
  host_settings no_object = settings_for({std::string(LIAISON_SOURCE_DIRECTORY) + "/CMakeLists.txt"});
  EXPECT_THAT(pool_fixture(no_object).why_not.text, ::testing::HasSubstr("cannot be loaded"));
}

TEST(plugin_loading, asks_all_plugins_whose_a_message_is) {
  pool_fixture hosts(settings_for({fixture("NONE"), LIAISON_ROGUE, LIAISON_TEMPLATE}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  ASSERT_EQ(hosts.pool->list().size(), 3U);
  const auto format_of = [&](std::string input) {
    return hosts.call(pool_fixture::request_for(std::move(input), operation::recognise)).format;
  };
  // Twice each: the plugin that was sure the last time is asked first, which must not change an answer.
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(format_of("plain text"), "plain");
    EXPECT_EQ(format_of("template/1\nid: 1\n"), "template");
    EXPECT_EQ(format_of("echo"), "rogue");
    EXPECT_EQ(format_of("whatever"), "");
  }
  EXPECT_EQ(hosts.call(pool_fixture::request_for("crashing ask", operation::recognise)).mishap, mishap::crashed);
  EXPECT_EQ(format_of("template/1"), "template");
}

TEST(plugin_loading, without_any_usable_plugin_there_is_no_start) {
  host_settings how = settings_for({fixture("OTHER_ABI")});
  how.on_bad_plugin = bad_plugin::leave_out;
  EXPECT_EQ(pool_fixture(std::move(how)).why_not.code, "plugin-none");
}

TEST(plugin_loading, finds_the_plugins_of_a_directory) {
  const auto folder = std::filesystem::temp_directory_path() / ("liaison-abi-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  std::filesystem::copy_file(fixture("NONE"), folder / "plain.so");
  std::ofstream(folder / "README") << "not a plugin";
  host_settings how = settings_for({});
  how.directory = folder.string();
  pool_fixture hosts(std::move(how));
  EXPECT_TRUE(hosts.pool) << hosts.why_not.text;
  hosts.pool.reset();
  std::filesystem::remove_all(folder);
}

TEST(plugin_loading, asks_for_operations_only_that_are_offered) {
  pool_fixture hosts(settings_for({fixture("NONE")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  request one;
  one.format = "plain";
  one.input = share("plain");
  one.what = operation::validate;
  EXPECT_EQ(hosts.call(one).status, LIAISON_OK);
  one.what = operation::decode;
  EXPECT_EQ(hosts.call(one).status, LIAISON_UNSUPPORTED);
  EXPECT_EQ(hosts.call(one).mishap, mishap::none);
  one.format = "unheard-of";
  EXPECT_EQ(hosts.call(one).mishap, mishap::unavailable);
  EXPECT_EQ(code_of(hosts.call(one)), "plugin-none-for-format");
}

}  // namespace
}  // namespace liaison::plugin::testing
