// SPDX-License-Identifier: Apache-2.0
// The watched folder on a real file system: completeness, where files go, and what a crash or a writer in between
// leaves.
#include "core/net/folder_source.hpp"

#include "core/net/folder_worker.hpp"
#include "support.hpp"

#include <sys/fsuid.h>

#include <algorithm>
#include <deque>

namespace liaison::net {
namespace {

using namespace testing_support;
using names = std::vector<std::string>;

config::folder_source quick_settings(const temporary_folder& folder) {
  config::folder_source settings;
  settings.path = folder.path();
  settings.quiet_ms = 20;
  settings.poll_ms = 20;
  return settings;
}

class folder_watching : public testing::Test {
 protected:
  void start(config::folder_source settings) {
    running.on([&] { source = std::make_unique<folder_source>(running.executor, intake, "laboratory", settings); });
  }
  void start() { start(quick_settings(folder)); }
  void TearDown() override {
    running.on([&] { source.reset(); });
  }
  void answer_with(model::verdict verdict) {
    intake.reply = [verdict](const model::arrival&, const scripted_intake::callback& then) {
      then(answer_of(verdict));
    };
  }

  temporary_folder folder;
  scripted_intake intake;
  running_executor running;
  std::unique_ptr<folder_source> source;
};

TEST_F(folder_watching, hands_in_what_is_there_and_moves_it_once_accepted) {
  std::deque<scripted_intake::callback> held;
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) { held.push_back(then); };
  folder.write("letter.hpr", "text");
  start();
  ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
  EXPECT_EQ(intake.arrivals()[0].source, "laboratory");
  EXPECT_EQ(intake.arrivals()[0].peer, "letter.hpr");
  EXPECT_EQ(*intake.arrivals()[0].bytes, "text");
  EXPECT_FALSE(intake.arrivals()[0].wants_acknowledgement);
  EXPECT_TRUE(folder.has("letter.hpr"));  // not on disk with us yet
  running.on([&] { held.front()(answer_of(model::verdict::accepted)); });
  ASSERT_TRUE(eventually([&] { return folder.has("done/letter.hpr"); }));
  EXPECT_FALSE(folder.has("letter.hpr"));
}

TEST_F(folder_watching, puts_what_is_rejected_aside_with_its_issues) {
  intake.reply = [](const model::arrival&, const scripted_intake::callback& then) {
    model::answer answer = answer_of(model::verdict::rejected);
    answer.message = 42;
    answer.issues.push_back({model::severity::error, "hprim-truncated", "line 3", "the text ends too early"});
    then(answer);
  };
  folder.write("bad.hpr", "");
  start();
  ASSERT_TRUE(eventually([&] { return folder.has("rejected/bad.hpr.issues.json"); }));
  EXPECT_TRUE(folder.has("rejected/bad.hpr"));
  EXPECT_FALSE(folder.has("bad.hpr"));
  const std::string report = folder.read("rejected/bad.hpr.issues.json");
  EXPECT_NE(report.find("\"message\": 42"), std::string::npos) << report;
  EXPECT_NE(report.find("hprim-truncated"), std::string::npos) << report;
}

TEST_F(folder_watching, leaves_what_cannot_be_taken_now_and_tries_again) {
  std::atomic<int> refusals = 3;
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) {
    then(answer_of(refusals-- > 0 ? model::verdict::not_now : model::verdict::accepted));
  };
  folder.write("letter.hpr", "text");
  start();
  ASSERT_TRUE(eventually([&] { return folder.has("done/letter.hpr"); }));
  EXPECT_EQ(running.on([&] { return intake.count(); }), 4u);
}

TEST_F(folder_watching, notices_without_waiting_for_the_next_poll) {
  auto settings = quick_settings(folder);
  settings.poll_ms = 60'000;
  settings.witness = ".ok";
  start(settings);
  ASSERT_TRUE(eventually([&] { return running.on([&] { return source->statistics().scans; }) >= 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  folder.write("letter.hpr", "text");
  folder.write("letter.hpr.ok", "");
  EXPECT_TRUE(eventually([&] { return folder.has("done/letter.hpr"); }));
}

TEST_F(folder_watching, takes_a_file_only_with_its_witness_and_moves_both) {
  auto settings = quick_settings(folder);
  settings.witness = ".ok";
  folder.write("a.hpr", "a");
  folder.write("b.hpr", "b");
  folder.write("b.ok", "");
  folder.write("c.hpr", "c");
  start(settings);
  ASSERT_TRUE(eventually([&] { return folder.has("done/b.ok"); }));
  EXPECT_EQ(intake.count(), 1u);
  folder.write("a.hpr.ok", "");
  ASSERT_TRUE(eventually([&] { return folder.has("done/a.hpr.ok"); }));
  EXPECT_EQ(folder.names(), (names{"c.hpr", "done"}));
  EXPECT_EQ(folder.names("done"), (names{"a.hpr", "a.hpr.ok", "b.hpr", "b.ok"}));
}

TEST_F(folder_watching, a_witness_left_behind_does_not_speak_for_the_next_file_of_that_name) {
  auto settings = quick_settings(folder);
  settings.witness = ".ok";
  folder.write("a.ok", "");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  folder.write("a.hpr", "half");
  start(settings);
  ASSERT_TRUE(eventually([&] { return running.on([&] { return source->statistics().scans; }) >= 3; }));
  EXPECT_EQ(intake.count(), 0u);
  folder.write("a.ok", "");
  EXPECT_TRUE(eventually([&] { return folder.has("done/a.hpr"); }));
}

TEST_F(folder_watching, looks_at_nothing_that_is_not_meant_for_it) {
  auto settings = quick_settings(folder);
  settings.pattern = "*.hpr";
  temporary_folder elsewhere;
  elsewhere.write("secret.hpr", "secret");
  folder.write(".hidden.hpr", "x");
  folder.write("half.hpr.part", "x");
  folder.write("half.hpr.TMP", "x");
  folder.write("other.txt", "x");
  std::filesystem::create_directory(folder.path("sub.hpr"));
  std::filesystem::create_symlink(elsewhere.path("secret.hpr"), folder.path("link.hpr"));
  ASSERT_EQ(::mkfifo(folder.path("pipe.hpr").c_str(), 0600), 0);
  folder.write("GOOD.HPR", "good");
  start(settings);
  ASSERT_TRUE(eventually([&] { return folder.has("done/GOOD.HPR"); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_EQ(intake.count(), 1u);
  EXPECT_EQ(folder.names().size(), 8u);
}

TEST_F(folder_watching, keeps_an_earlier_file_of_the_same_name) {
  std::filesystem::create_directory(folder.path("done"));
  folder.write("done/a.hpr", "earlier");
  folder.write("a.hpr", "later");
  start();
  ASSERT_TRUE(eventually([&] { return folder.has("done/a.1.hpr"); }));
  EXPECT_EQ(folder.read("done/a.hpr"), "earlier");
  EXPECT_EQ(folder.read("done/a.1.hpr"), "later");
}

TEST_F(folder_watching, rejects_what_is_too_large_without_reading_it) {
  auto settings = quick_settings(folder);
  settings.file_size_bytes_max = 100;
  folder.write("big.hpr", std::string(101, 'x'));
  folder.write("fits.hpr", std::string(100, 'x'));
  start(settings);
  ASSERT_TRUE(eventually([&] { return folder.has("rejected/big.hpr.issues.json") && folder.has("done/fits.hpr"); }));
  EXPECT_NE(folder.read("rejected/big.hpr.issues.json").find("file-too-large"), std::string::npos);
  EXPECT_EQ(intake.count(), 1u);
}

TEST_F(folder_watching, takes_thousands_of_files_oldest_first_a_few_at_a_time) {
  constexpr int files = 4'200;  // more than are remembered at once
  const auto start_time = std::filesystem::file_time_type::clock::now() - std::chrono::hours(5);
  for (int number = 0; number < files; ++number) {
    const std::string name = "f" + std::to_string((number * 7'919) % files) + ".hpr";
    folder.write(name, std::to_string(number));
    std::filesystem::last_write_time(folder.path(name), start_time + std::chrono::seconds(number));
  }
  std::size_t open = 0, most_open = 0;
  std::vector<scripted_intake::callback> waiting;
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) {
    most_open = std::max(most_open, ++open);
    running.executor.post([&open, then] {
      --open;
      then(answer_of(model::verdict::accepted));
    });
  };
  start();
  ASSERT_TRUE(eventually([&] { return intake.count() == files; }));
  ASSERT_TRUE(eventually([&] { return folder.names("done").size() == files; }));
  EXPECT_LE(running.on([&] { return most_open; }), 64u);
  const auto arrivals = intake.arrivals();
  for (int number = 0; number < files; ++number)
    ASSERT_EQ(*arrivals[static_cast<std::size_t>(number)].bytes, std::to_string(number));
}

TEST_F(folder_watching, goes_on_when_a_missing_folder_appears) {
  auto settings = quick_settings(folder);
  settings.path = folder.path("later");
  start(settings);
  ASSERT_TRUE(eventually([&] { return running.on([&] { return source->statistics().scans_failed; }) >= 2; }));
  std::filesystem::create_directory(folder.path("later"));
  folder.write("later/a.hpr", "a");
  EXPECT_TRUE(eventually([&] { return folder.has("later/done/a.hpr"); }));
}

TEST_F(folder_watching, stops_after_what_is_in_flight_and_takes_nothing_new) {
  std::deque<scripted_intake::callback> held;
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) { held.push_back(then); };
  folder.write("a.hpr", "a");
  start();
  ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
  std::promise<void> stopped;
  auto over = stopped.get_future();
  running.on([&] { source->stop(20'000, [&] { stopped.set_value(); }); });
  folder.write("b.hpr", "b");
  EXPECT_EQ(over.wait_for(std::chrono::milliseconds(60)), std::future_status::timeout);
  running.on([&] { held.front()(answer_of(model::verdict::accepted)); });
  ASSERT_EQ(over.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(folder.has("done/a.hpr"));
  EXPECT_EQ(intake.count(), 1u);
}

TEST_F(folder_watching, hands_the_same_bytes_in_again_after_a_crash_before_the_move) {
  // The intake has committed, the process dies: a new one finds the file where it was.
  std::vector<scripted_intake::callback> never;
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) { never.push_back(then); };
  folder.write("a.hpr", "a");
  start();
  ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
  running.on([&] { source.reset(); });
  answer_with(model::verdict::accepted);
  start();
  ASSERT_TRUE(eventually([&] { return folder.has("done/a.hpr"); }));
  EXPECT_EQ(intake.count(), 2u);
  EXPECT_EQ(*intake.arrivals()[1].bytes, "a");
}

// The blocking half alone, where the moment matters.

TEST(folder_worker, waits_until_size_and_time_have_stood_still) {
  using state = folder_worker::scan_state;
  const temporary_folder folder;
  auto settings = quick_settings(folder);
  settings.quiet_ms = 150;
  folder_worker worker("laboratory", settings);
  EXPECT_EQ(worker.scan(0).value(), state::nothing);
  folder.write("a.hpr", "part");
  EXPECT_EQ(worker.scan(10).value(), state::waiting);
  EXPECT_EQ(worker.scan(159).value(), state::waiting);
  folder.write("a.hpr", "part and part");
  EXPECT_EQ(worker.scan(161).value(), state::waiting) << "grown meanwhile";
  EXPECT_EQ(worker.scan(310).value(), state::waiting);
  EXPECT_TRUE(worker.read_batch().empty());
  // Tools that preserve times: an old file is not a complete one.
  std::filesystem::last_write_time(folder.path("a.hpr"),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(worker.scan(312).value(), state::waiting);
  EXPECT_EQ(worker.scan(462).value(), state::ready);
  const auto batch = worker.read_batch();
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(*batch[0].bytes, "part and part");
}

TEST(folder_worker, does_not_move_a_file_that_replaced_the_one_it_read) {
  const temporary_folder folder;
  auto settings = quick_settings(folder);
  settings.quiet_ms = 0;
  folder_worker worker("laboratory", settings);
  folder.write("a.hpr", "first");
  ASSERT_TRUE(worker.scan(0));
  auto batch = worker.read_batch();
  ASSERT_EQ(batch.size(), 1u);
  folder.write(".new", "second, not read yet");
  std::filesystem::rename(folder.path(".new"), folder.path("a.hpr"));
  batch[0].answer.verdict = model::verdict::accepted;
  worker.settle(batch);
  EXPECT_EQ(folder.read("a.hpr"), "second, not read yet");
  EXPECT_TRUE(folder.names("done").empty());
}

TEST(folder_worker, does_not_hand_in_twice_what_it_could_not_move) {
  const temporary_folder folder;
  auto settings = quick_settings(folder);
  settings.quiet_ms = 0;
  folder.write("a.hpr", "first");
  folder.write("done", "a file stands where the folder should be");
  settings.pattern = "*.hpr";
  folder_worker watching("laboratory", settings);
  ASSERT_TRUE(watching.scan(0));
  auto batch = watching.read_batch();
  ASSERT_EQ(batch.size(), 1u);
  batch[0].answer.verdict = model::verdict::accepted;
  watching.settle(batch);
  ASSERT_TRUE(watching.scan(1));
  EXPECT_TRUE(watching.read_batch().empty());
  std::filesystem::remove(folder.path("done"));
  ASSERT_TRUE(watching.scan(2));
  EXPECT_EQ(folder.names("done"), names{"a.hpr"});
}

TEST(folder_worker, leaves_an_unreadable_file_and_takes_the_others) {
  const temporary_folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  auto settings = quick_settings(folder);
  settings.quiet_ms = 0;
  folder_worker worker("laboratory", settings);
  folder.write("a.hpr", "a");
  folder.write("b.hpr", "b");
  std::filesystem::permissions(folder.path("a.hpr"), std::filesystem::perms::none);
  // Permissions do not bind root: look as somebody else, on this thread only.
  constexpr uid_t nobody = 65'534;
  const bool root = ::geteuid() == 0;
  if (root) ::setfsuid(nobody);
  const bool scanned = static_cast<bool>(worker.scan(0));
  const auto batch = worker.read_batch();
  if (root) ::setfsuid(0);
  ASSERT_TRUE(scanned);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].name, "b.hpr");
}

TEST(folder_worker, says_that_a_folder_may_not_be_read) {
  const temporary_folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_write);
  folder_worker worker("laboratory", quick_settings(folder));
  const bool root = ::geteuid() == 0;
  if (root) ::setfsuid(65'534);
  const auto scanned = worker.scan(0);
  if (root) ::setfsuid(0);
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, "no-permission");
  EXPECT_NE(scanned.error().text.find(folder.path()), std::string::npos);
}

TEST(folder_worker, does_not_take_a_file_that_changed_since_it_was_seen) {
  const temporary_folder folder;
  auto settings = quick_settings(folder);
  settings.quiet_ms = 0;
  folder_worker worker("laboratory", settings);
  folder.write("a.hpr", "half");
  ASSERT_TRUE(worker.scan(0));
  folder.write("a.hpr", "half and more");
  EXPECT_TRUE(worker.read_batch().empty());
  ASSERT_TRUE(worker.scan(1));
  const auto batch = worker.read_batch();
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(*batch[0].bytes, "half and more");
}

}  // namespace
}  // namespace liaison::net
