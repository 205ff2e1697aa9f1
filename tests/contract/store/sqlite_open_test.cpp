// SPDX-License-Identifier: Apache-2.0
// Opening: what was there is there again, and what cannot be opened says why.
#include "tests/contract/store/sqlite_fixture.hpp"

#include <gmock/gmock.h>

#include <sqlite3.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class sqlite_open : public sqlite_case {
 protected:
  void execute(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
    sqlite3_close(raw);
  }
  failure failure_of(const sqlite_options& options) {
    const auto outcome = opening(options);
    EXPECT_FALSE(outcome);
    return outcome ? failure{} : outcome.error();
  }
};

TEST_F(sqlite_open, everything_is_there_after_closing) {
  std::string instance, large(300'000, 'L');
  model::message_id small_id = 0, large_id = 0;
  std::vector<model::delivery_id> line;
  {
    auto store = open();
    instance = store->instance();
    small_id = store.stored(document_of({"d1", "set", ""}));
    large_id = store.stored(message_of(large));
    line = store.deliveries_of(small_id);
    store.delayed(line[0], 5'000'000);
    store->close();
  }
  EXPECT_EQ(bytes_of_file(database().string() + "-wal"), "") << "the log is worked off";
  auto store = open();
  EXPECT_EQ(store->instance(), instance);
  EXPECT_EQ(*store.raw(large_id).value(), large);
  EXPECT_EQ(store.take_in(message_of(large)).verdict, intake_verdict::duplicate);
  const auto next = store.stored(document_of({"d2", "", "d1"}));
  EXPECT_GT(next, large_id);
  EXPECT_EQ(store.traced(next).value().blocked_by, line);
  EXPECT_EQ(store.next_due("gp"), 1'000'000) << "the large one is due";
  EXPECT_THAT(store.ready("gp", 5'000'000), ElementsAre(line[0], line[0] + 1));
}

TEST_F(sqlite_open, names_are_known_wherever_they_are_held) {
  std::vector<model::delivery_id> waiting;
  const auto numbered = [](int i) {
    auto what = document_of({"d" + std::to_string(i), "", i < 100 ? "" : "d" + std::to_string(i - 100)});
    what.sender_key = i % 10 == 0 ? "CONSTANT" : "SIH^" + std::to_string(i);
    return what;
  };
  {
    auto store = open();
    for (int i = 0; i < 250; ++i) {
      const auto outcome = store.take_in(numbered(i));
      ASSERT_EQ(outcome.verdict, intake_verdict::stored) << i;
      EXPECT_EQ(outcome.control_id_seen, i % 10 == 0 && i > 0) << i;
      ASSERT_EQ(store.take_in(numbered(i - i % 17)).verdict, intake_verdict::duplicate) << i;
    }
    waiting = store.ready("gp", 9'000'000);
  }
  EXPECT_EQ(waiting.size(), 100U) << "one of each chain";
  auto store = open();
  for (int i = 0; i < 250; ++i) ASSERT_EQ(store.take_in(numbered(i)).verdict, intake_verdict::duplicate) << i;
  EXPECT_EQ(store.ready("gp", 9'000'000), waiting);
}

TEST_F(sqlite_open, ids_are_not_used_again_after_retention_and_closing) {
  model::message_id last = 0;
  {
    auto store = open();
    last = store.stored(message_of("x", {}));
    retention policy;
    policy.unrouted_after_ms = 1;
    EXPECT_EQ(store.purge(policy, 9'000'000), 1U);
  }
  auto store = open();
  EXPECT_GT(store.stored(message_of("y", {})), last);
}

TEST_F(sqlite_open, a_store_of_a_later_version_is_refused_and_left_alone) {
  open();
  execute("PRAGMA user_version=9999");
  const auto before = bytes_of_file(database());
  const auto why = failure_of(quick_options(folder_.path()));
  EXPECT_EQ(why.code, "store-newer");
  EXPECT_THAT(why.text, HasSubstr("9999"));
  EXPECT_EQ(bytes_of_file(database()), before);
}

TEST_F(sqlite_open, another_program_s_database_is_refused) {
  execute("CREATE TABLE theirs(a); PRAGMA application_id=7");
  EXPECT_EQ(failure_of(quick_options(folder_.path())).code, "store-corrupt");
}

TEST_F(sqlite_open, what_is_no_database_is_refused) {
  write_file(database(), std::string(10'000, 'x'));
  EXPECT_EQ(failure_of(quick_options(folder_.path())).code, "store-corrupt");
}

TEST_F(sqlite_open, another_process_keeps_us_out_until_it_ends) {
  int go[2], done[2];
  ASSERT_EQ(::pipe(go), 0);
  ASSERT_EQ(::pipe(done), 0);
  char byte = 0;
  const auto child = ::fork();
  if (child == 0) {
    auto held = opening(quick_options(folder_.path()));
    byte = held ? 'y' : 'n';
    if (::write(go[1], &byte, 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(3);
    ::_exit(0);  // without closing: the lock must go with the process
  }
  ASSERT_EQ(::read(go[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  EXPECT_EQ(failure_of(quick_options(folder_.path())).code, "store-locked");
  ASSERT_EQ(::write(done[1], &byte, 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(opening(quick_options(folder_.path())));
  for (const int end : {go[0], go[1], done[0], done[1]}) ::close(end);
}

TEST_F(sqlite_open, a_child_of_ours_does_not_hold_the_lock_on) {
  std::optional<open_store> store(open());
  int done[2];
  ASSERT_EQ(::pipe(done), 0);
  char byte = 0;
  const auto child = ::fork();
  if (child == 0) {
    ::close(done[1]);
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  (*store)->close();
  EXPECT_EQ(in_a_child([&] { return opening(quick_options(folder_.path())) ? 0 : 1; }), 0);
  ::close(done[0]);
  ::close(done[1]);
  ::waitpid(child, nullptr, 0);
}

TEST_F(sqlite_open, a_directory_that_may_not_be_written_says_so) {
  auto options = quick_options(folder_.path() / "file" / "store");
  write_file(folder_.path() / "file", "in the way");
  EXPECT_EQ(failure_of(options).code, "store-permission");

  if (::geteuid() != 0) GTEST_SKIP() << "the rest needs to become somebody else";
  options.directory = folder_.path() / "of-root";
  std::filesystem::create_directory(options.directory);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all);
  EXPECT_EQ(in_a_child([&] {
              if (::seteuid(65534) != 0) return 2;
              const auto outcome = opening(options);
              return !outcome && outcome.error().code == "store-permission" ? 0 : 1;
            }),
            0);
}

TEST_F(sqlite_open, the_files_are_for_their_owner_only) {
  const auto made = folder_.path() / "a" / "b";
  auto options = quick_options(made);
  auto store = open(options);
  store.stored(message_of(std::string(300'000, 'L')));
  EXPECT_EQ(std::filesystem::status(made).permissions(), std::filesystem::perms::owner_all);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(made)) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
  }
}

TEST_F(sqlite_open, what_a_crash_left_of_payload_files_is_removed) {
  model::message_id id = 0;
  {
    auto store = open();
    id = store.stored(message_of(std::string(300'000, 'L')));
  }
  write_file(payloads() / "new" / "17", "half");
  write_file(payloads() / "0" / (std::to_string(id + 1) + ".raw"), "never committed");
  std::filesystem::create_directory(payloads() / "12");
  write_file(payloads() / "12" / "12001.raw", "never committed");
  execute("INSERT INTO doomed_file VALUES(999)");
  write_file(payloads() / "0" / "999.raw", "its message is gone");
  auto store = open();
  EXPECT_THAT(payload_files(), ElementsAre(payloads() / "0" / (std::to_string(id) + ".raw")));
  EXPECT_TRUE(store.raw(id));
}

}  // namespace
}  // namespace liaison::store::testing
