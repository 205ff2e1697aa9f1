// SPDX-License-Identifier: Apache-2.0
// Disks that are full, or refuse: nothing is half written, callers hear of it, and it goes on by itself.
#include "tests/contract/store/sqlite_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <sys/statvfs.h>

namespace liaison::store::testing {
namespace {

class sqlite_full : public sqlite_case {
 protected:
  /// Takes in until the store says no; gives what was stored.
  std::vector<model::message_id> fill(open_store& store, std::size_t size_bytes, intake_outcome& last) {
    std::vector<model::message_id> ids;
    for (int i = 0; i < 2000; ++i) {
      last = store.take_in(message_of(std::to_string(filled_++) + std::string(size_bytes, 'f')));
      if (last.verdict != intake_verdict::stored) break;
      ids.push_back(last.id);
    }
    return ids;
  }
  void expect_readable(open_store& store, const std::vector<model::message_id>& ids) {
    for (const auto id : ids) EXPECT_TRUE(store.raw(id)) << id;
    message_filter everything;
    everything.limit = 1000;
    EXPECT_EQ(store.messages(everything).size(), std::min<std::size_t>(ids.size(), 1000));
  }
  std::uint32_t purge_all(open_store& store) {
    retention policy;
    policy.finished_after_ms = 1;
    policy.messages_max = 10'000;
    return store.purge(policy, 99'000'000);
  }
  int filled_ = 0;
};

TEST_F(sqlite_full, a_database_at_its_limit_refuses_intake_and_goes_on_after_retention) {
  auto options = quick_options(folder_.path());
  options.database_bytes_max = 3'000'000;
  auto store = open(options);
  intake_outcome last;
  const auto ids = fill(store, 20'000, last);
  ASSERT_EQ(last.verdict, intake_verdict::full);
  EXPECT_NE(last.text, "");
  EXPECT_GT(ids.size(), 50U);
  expect_readable(store, ids);

  for (const auto id : ids) EXPECT_TRUE(store.finish(store.deliveries_of(id).at(0), model::delivery_state::delivered));
  EXPECT_EQ(purge_all(store), ids.size());
  const auto again = fill(store, 20'000, last);
  EXPECT_GT(again.size(), ids.size() - 20);
  expect_readable(store, again);
}

TEST_F(sqlite_full, a_refused_intake_leaves_no_trace_in_what_is_known) {
  auto options = quick_options(folder_.path());
  options.database_bytes_max = 3'000'000;
  auto store = open(options);
  intake_outcome last;
  const auto ids = fill(store, 20'000, last);
  ASSERT_EQ(last.verdict, intake_verdict::full);
  auto refused = document_of({"d1", "set", ""});
  refused.raw = share(std::string(90'000, 'r'));
  refused.message.sha256 = sha256_hex_of(*refused.raw);
  ASSERT_EQ(store.take_in(refused).verdict, intake_verdict::full);
  for (const auto id : ids) EXPECT_TRUE(store.cancel(store.deliveries_of(id).at(0), 1));
  EXPECT_EQ(purge_all(store), ids.size());
  const auto outcome = store.take_in(refused);
  EXPECT_EQ(outcome.verdict, intake_verdict::stored) << "the refused one is no duplicate";
  EXPECT_EQ(store.ready("gp", 9'000'000).size(), 1U) << "and nothing waits in front of it";
  const auto counts = store.counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].pending, 1U);
}

TEST_F(sqlite_full, the_reserve_is_for_updates) {
  auto options = quick_options(folder_.path());
  model::message_id id = 0;
  {
    auto store = open(options);
    id = store.stored(message_of("early"));
  }
  options.free_bytes_min = std::uint64_t{1} << 60;
  auto store = open(options);
  const auto outcome = store.take_in(message_of("late"));
  EXPECT_EQ(outcome.verdict, intake_verdict::full);
  EXPECT_TRUE(store.finish(store.deliveries_of(id).at(0), model::delivery_state::delivered));
  EXPECT_EQ(store.messages({}).size(), 1U);
}

TEST_F(sqlite_full, a_real_disk_that_is_full_and_then_has_room_again) {
  const small_disk disk("size=4m");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting is not allowed here";
  auto store = open(quick_options(disk.path()));
  intake_outcome last;
  const auto early = store.stored(message_of("early"));
  write_file(disk.path() / "ballast", std::string(1'500'000, 'b'));
  auto ids = fill(store, 20'000, last);
  ids.insert(ids.begin(), early);
  ASSERT_EQ(last.verdict, intake_verdict::full) << last.text;
  expect_readable(store, ids);
  const auto large = store.take_in(message_of(std::string(3'000'000, 'L')));
  EXPECT_EQ(large.verdict, intake_verdict::full) << large.text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(disk.path() / "payload")) {
    EXPECT_FALSE(entry.is_regular_file()) << "half a payload was left: " << entry.path();
  }
  std::filesystem::remove(disk.path() / "ballast");
  EXPECT_EQ(store.take_in(message_of("late")).verdict, intake_verdict::stored);
  EXPECT_TRUE(store.finish(store.deliveries_of(early).at(0), model::delivery_state::delivered));
  store->close();
  auto again = open(quick_options(disk.path()));
  for (const auto id : ids) EXPECT_TRUE(again.raw(id));
}

TEST_F(sqlite_full, one_payload_too_large_for_the_disk_does_not_refuse_its_group) {
  const small_disk disk("size=8m");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting is not allowed here";
  auto store = open(quick_options(disk.path()));
  std::vector<intake_outcome> outcomes;
  const auto keep = [&](intake_outcome outcome) { outcomes.push_back(std::move(outcome)); };
  store->take_in(message_of(std::string(200'000, 'f')), keep);  // keeps the writer busy, so that the rest is one group
  store->take_in(message_of("before"), keep);
  store->take_in(message_of(std::string(20'000'000, 'L')), keep);
  store->take_in(message_of("after"), keep);
  ASSERT_TRUE(runs_.run_until([&] { return outcomes.size() == 4; }));
  EXPECT_EQ(outcomes[1].verdict, intake_verdict::stored);
  EXPECT_EQ(outcomes[2].verdict, intake_verdict::full);
  EXPECT_EQ(outcomes[3].verdict, intake_verdict::stored);
  EXPECT_TRUE(store.raw(outcomes[3].id));
}

TEST_F(sqlite_full, a_disk_without_room_for_another_file_refuses_what_needs_one) {
  small_disk disk("size=8m,nr_inodes=100");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting is not allowed here";
  auto store = open(quick_options(disk.path()));
  const auto id = store.stored(message_of("early"));
  struct statvfs room {};
  ASSERT_EQ(::statvfs(disk.path().c_str(), &room), 0);
  disk.remount("nr_inodes=" + std::to_string(room.f_files - room.f_ffree));
  EXPECT_EQ(store.take_in(message_of(std::string(300'000, 'L'))).verdict, intake_verdict::full);
  EXPECT_EQ(store.take_in(message_of("small")).verdict, intake_verdict::stored);
  EXPECT_TRUE(store.raw(id));
  disk.remount("nr_inodes=100");
  EXPECT_EQ(store.take_in(message_of(std::string(300'000, 'L'))).verdict, intake_verdict::stored);
}

TEST_F(sqlite_full, a_limit_on_file_sizes_is_an_error_and_not_the_end) {
  EXPECT_EQ(in_a_child([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              auto store = open();
              const auto early = store.stored(message_of("early"));
              const struct rlimit limit { 1'000'000, RLIM_INFINITY };
              if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
              intake_outcome last;
              const auto ids = fill(store, 20'000, last);
              if (ids.size() < 5 || last.verdict != intake_verdict::failed) return 3;
              for (const auto id : ids) {
                if (!store.raw(id)) return 4;
              }
              const struct rlimit unlimited { RLIM_INFINITY, RLIM_INFINITY };
              if (::setrlimit(RLIMIT_FSIZE, &unlimited) != 0) return 2;
              if (!store.finish(store.deliveries_of(early).at(0), model::delivery_state::delivered)) return 5;
              return store.take_in(message_of("late")).verdict == intake_verdict::stored ? 0 : 6;
            }),
            0);
  auto store = open();
  EXPECT_EQ(store.take_in(message_of("late")).verdict, intake_verdict::duplicate);
}

TEST_F(sqlite_full, retention_gives_the_room_back) {
  auto store = open();
  std::vector<model::message_id> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(store.stored(message_of(std::to_string(i) + std::string(40'000, 's'))));
  for (int i = 0; i < 5; ++i) ids.push_back(store.stored(message_of(std::to_string(i) + std::string(1'000'000, 'L'))));
  const auto kept = store.stored(message_of("kept"));
  const auto before = store->take_statistics().size_bytes;
  EXPECT_GT(before, 17'000'000U);
  for (const auto id : ids) EXPECT_TRUE(store.finish(store.deliveries_of(id).at(0), model::delivery_state::delivered));
  retention policy;
  policy.finished_after_ms = 1;
  EXPECT_EQ(store.purge(policy, 99'000'000), ids.size());
  EXPECT_TRUE(payload_files().empty());
  EXPECT_LT(std::filesystem::file_size(database()), 2'000'000U);
  store->close();
  auto again = open();
  EXPECT_LT(again->take_statistics().size_bytes, 2'000'000U);
  EXPECT_TRUE(again.raw(kept));
}

TEST_F(sqlite_full, the_log_does_not_grow_without_end) {
  auto options = quick_options(folder_.path());
  options.wal_bytes_max = 1'000'000;
  auto store = open(options);
  intake_outcome last;
  for (int i = 0; i < 400; ++i) store.stored(message_of(std::to_string(i) + std::string(30'000, 'w')));
  EXPECT_LT(std::filesystem::file_size(database().string() + "-wal"), 3'000'000U);
}

}  // namespace
}  // namespace liaison::store::testing
