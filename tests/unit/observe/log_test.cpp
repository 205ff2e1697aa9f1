// SPDX-License-Identifier: Apache-2.0
#include "core/observe/log.hpp"

#include "core/observe/json_text.hpp"

#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

namespace observe = liaison::observe;
using observe::level;
using observe::log_line;

namespace {

/// Opens a log of its own and reads it back as JSON lines.
class log_file {
 public:
  explicit log_file(level lowest)
      : path_(std::filesystem::temp_directory_path() / ("liaison-log-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
    observe::open_log(lowest, path_);
  }
  ~log_file() { std::filesystem::remove(path_); }

  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }
  rapidjson::Document only_line() const {
    rapidjson::Document parsed;
    auto all = lines();
    EXPECT_EQ(all.size(), 1U);
    if (all.size() == 1) parsed.Parse<rapidjson::kParseValidateEncodingFlag>(all[0]);
    EXPECT_TRUE(parsed.IsObject()) << (all.empty() ? "" : all[0]);
    if (!parsed.IsObject()) parsed.SetObject();
    return parsed;
  }

 private:
  std::string path_;
};

}  // namespace

TEST(log, a_line_is_one_json_object_with_time_level_event_first) {
  log_file file(level::information);
  log_line(level::warning, "delivery-failed").with("recipient", "gp").with("attempts", 3).with("seconds", 0.25);
  auto lines = file.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(
      lines[0],
      testing::MatchesRegex(
          "\\{\"time\":\"20[0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9][0-9][0-9]Z\","
          "\"level\":\"warning\",\"event\":\"delivery-failed\",\"recipient\":\"gp\",\"attempts\":3,"
          "\"seconds\":0\\.25\\}"));
}

TEST(log, levels_below_the_lowest_are_not_written) {
  log_file file(level::warning);
  log_line(level::debug, "a");
  log_line(level::information, "b");
  log_line(level::warning, "c");
  log_line(level::error, "d");
  EXPECT_EQ(file.lines().size(), 2U);
  observe::set_log_level(level::debug);
  log_line(level::debug, "e");
  EXPECT_EQ(file.lines().size(), 3U);
}

TEST(log, hostile_text_cannot_break_out_of_its_string) {
  log_file file(level::information);
  const std::string hostile("a\"b\\c\nd\r\t\0\x1B\x7F}", 13);
  log_line(level::information, "x").with("peer", hostile).with("k\"ey\n", "v");
  auto line = file.only_line();
  EXPECT_EQ(std::string(line["peer"].GetString(), line["peer"].GetStringLength()), hostile);
  EXPECT_STREQ(line["k\"ey\n"].GetString(), "v");
}

TEST(log, numbers_keep_their_value) {
  log_file file(level::information);
  log_line(level::information, "x")
      .with("least", std::numeric_limits<std::int64_t>::min())
      .with("most", std::numeric_limits<std::uint64_t>::max())
      .with("none", std::numeric_limits<double>::quiet_NaN());
  auto line = file.only_line();
  EXPECT_EQ(line["least"].GetInt64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(line["most"].GetUint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(line["none"].IsNull());
}

TEST(log, long_values_are_cut_between_characters) {
  log_file file(level::information);
  std::string accents;
  for (int i = 0; i < 400; ++i) accents += "é";
  log_line(level::information, "x").with("text", "a" + accents);
  std::string text = file.only_line()["text"].GetString();
  EXPECT_EQ(text.size(), 511U + 3U);  // "a", 255 times two bytes, and the ellipsis
  EXPECT_TRUE(text.ends_with("é…"));
}

TEST(log, lines_of_several_threads_do_not_mix) {
  log_file file(level::information);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) log_line(level::information, "x").with("text", std::string(300, 'y'));
    });
  }
  for (auto& one : threads) one.join();
  auto lines = file.lines();
  EXPECT_EQ(lines.size(), 800U);
  for (const auto& line : lines) EXPECT_TRUE(line.starts_with("{\"time\"") && line.ends_with("y\"}")) << line;
}

TEST(log, a_file_that_cannot_be_opened_is_an_exception_that_names_it) {
  try {
    observe::open_log(level::information, "/proc/no/such/folder/liaison.log");
    FAIL() << "opened";
  } catch (const std::runtime_error& why) {
    EXPECT_THAT(why.what(), testing::HasSubstr("/proc/no/such/folder/liaison.log"));
  }
}

TEST(log, level_names_are_those_of_the_configuration) {
  EXPECT_EQ(observe::level_named("debug"), level::debug);
  EXPECT_EQ(observe::level_named("info"), level::information);
  EXPECT_EQ(observe::level_named("warning"), level::warning);
  EXPECT_EQ(observe::level_named("error"), level::error);
  EXPECT_EQ(observe::level_named("verbose"), std::nullopt);
}

TEST(append_utf8, repairs_what_is_no_utf8) {
  struct sample {
    std::string in, out;
  };
  const std::string r = "\xEF\xBF\xBD";
  const sample samples[] = {
      {"é€😀", "é€😀"},
      {"caf\xE9", "caf" + r},               // windows-1252
      {"\xC0\xAF", r + r},                  // overlong
      {"\xED\xA0\x80", r + r + r},          // surrogate
      {"\xF4\x90\x80\x80", r + r + r + r},  // beyond U+10FFFF
      {"\xE2\x82", r + r},                  // cut
      {"\xE2\x82z", r + r + "z"},           // cut, then text
      {"\x80z\xFF", r + "z" + r},           // lone bytes
      {std::string("\0z", 2), std::string("\0z", 2)},
  };
  for (const auto& one : samples) {
    std::string out;
    observe::append_utf8(out, one.in, 100);
    EXPECT_EQ(out, one.out);
  }
}
