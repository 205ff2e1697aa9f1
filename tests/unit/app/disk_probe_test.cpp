// SPDX-License-Identifier: Apache-2.0
// What the probe of a disk says. A disk that became read-only: tests/fault/read_only_test.cpp.
#include "core/app/disk_probe.hpp"

#include "core/net/asio_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

namespace liaison::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class probe_of_a_disk : public ::testing::Test {
 protected:
  /// Removed after the executor has ended: what was asked of the disk may still be written until then.
  struct made_folder {
    made_folder() {
      char name[] = "/tmp/liaison-probe-XXXXXX";
      path = ::mkdtemp(name);
    }
    ~made_folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
  };

  /// What `asked` probes hear, in the order in which they hear it.
  std::vector<std::string> hear(disk_probe& probe, int asked) {
    std::vector<std::string> heard;
    for (int i = 0; i < asked; ++i)
      probe.ask([&](const std::string& why_not) {
        heard.push_back(why_not);
        if (static_cast<int>(heard.size()) == asked) executor.stop();
      });
    executor.run();
    return heard;
  }

  made_folder made;
  const std::filesystem::path& folder = made.path;
  net::asio_executor executor;
};

TEST_F(probe_of_a_disk, says_nothing_of_one_that_can_be_written_and_leaves_nothing_there) {
  disk_probe probe(executor, folder.string());
  EXPECT_THAT(hear(probe, 2), ElementsAre("", ""));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(probe_of_a_disk, names_no_folder_when_it_is_gone) {
  disk_probe probe(executor, (folder / "gone").string());
  EXPECT_THAT(hear(probe, 1), ElementsAre("its folder cannot be opened"));
}

TEST_F(probe_of_a_disk, says_that_one_does_not_answer_and_asks_it_no_second_time_meanwhile) {
  std::promise<void> answers;
  const std::shared_future<void> answered = answers.get_future().share();
  // Both threads that wait for disks do so.
  for (int i = 0; i < 2; ++i) executor.run_blocking([answered] { answered.wait(); }, [] {});
  disk_probe probe(executor, folder.string());
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(hear(probe, 2), ElementsAre(HasSubstr("has not answered"), HasSubstr("has not answered")));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2'900));
  std::string later;
  probe.ask([&](const std::string& why_not) { later = why_not; });
  EXPECT_THAT(later, HasSubstr("has not answered")) << "at once";
  answers.set_value();
}

}  // namespace
}  // namespace liaison::app
