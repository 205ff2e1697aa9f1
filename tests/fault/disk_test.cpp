// SPDX-License-Identifier: Apache-2.0
// The store on a disk that loses power, or refuses. One load is recorded call by call; then the power fails after every
// so many of its calls, and each time what the store had acknowledged by then must be there. And the load again with
// each of its writes, syncs and changes of names refused in turn. LIAISON_SEED repeats, LIAISON_ROUNDS makes it longer.
#include "recorded_disk.hpp"
#include "tests/contract/store/sqlite_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

namespace liaison::store::testing {
namespace {

namespace disk = test::recorded_disk;

constexpr int messages = 60;

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

/// One in twelve is large enough for a file of its own.
std::string body_of(int number) {
  return "MSH|^~\\&|" + std::to_string(number) + '|' +
         std::string(number % 12 == 5 ? 140'000 : 300 + static_cast<std::size_t>(number) * 40, 'x');
}

sqlite_options small_options(const std::filesystem::path& folder) {
  auto options = quick_options(folder);
  options.wal_bytes_max = 150'000;  // so that working off the log is among the moments
  return options;
}

/// What the store promised, in order: "S 7 12": message number 7 is stored as 12; "K 8": number 8 is kept; "D 12": the
/// delivery of 12 is on record.
class disk_faults : public sqlite_case {
 protected:
  /// Takes in and delivers; what the disk refuses is refused, and goes on.
  void load(const std::filesystem::path& folder) {
    auto opened = opening(small_options(folder));
    if (!opened) return;
    open_store store(runs_, std::move(opened).value());
    std::vector<model::message_id> undelivered;
    for (int number = 0; number < messages; ++number) {
      auto what = message_of(body_of(number), {"gp"}, "SIH^" + std::to_string(number));
      if (number % 2 == 1) {
        const auto kept =
            wait_for<result<done>>(runs_, [&](auto then) { store->keep(std::move(what), std::move(then)); });
        if (kept) disk::mark("K " + std::to_string(number));
        continue;
      }
      const auto outcome = store.take_in(std::move(what));
      if (outcome.verdict != intake_verdict::stored) continue;
      disk::mark("S " + std::to_string(number) + ' ' + std::to_string(outcome.id));
      undelivered.push_back(outcome.id);
      if (number % 3 != 0) continue;
      for (const auto id : undelivered)
        for (const auto& found : store.deliveries({"", {}, id, 0, 10}))
          if (store.finish(found.id, model::delivery_state::delivered)) disk::mark("D " + std::to_string(id));
      undelivered.clear();
    }
  }

  void expect_kept(const std::filesystem::path& folder, const std::vector<disk::operation>& all, std::size_t made) {
    bool anything = false;
    for (std::size_t i = 0; i < made; ++i) anything = anything || all[i].what == disk::call::mark;
    auto opened = opening(small_options(folder));
    if (!opened && !anything) return;  // Nothing was promised yet.
    ASSERT_TRUE(opened) << opened.error().text;
    open_store store(runs_, std::move(opened).value());
    // Whatever was kept has its rows before this is answered.
    EXPECT_TRUE(wait_for<result<done>>(
        runs_, [&](auto then) { store->change_patients([](identity::patient_table&) {}, std::move(then)); }));
    message_filter everything;
    everything.limit = 1000;
    std::map<std::string, model::message_id> by_control_id;
    for (const auto& found : store.messages(everything)) {
      EXPECT_FALSE(by_control_id.contains(found.control_id)) << "twice: " << found.control_id;
      by_control_id[found.control_id] = found.id;
    }
    for (std::size_t i = 0; i < made && !HasFailure(); ++i) {
      if (all[i].what != disk::call::mark) continue;
      std::istringstream words(all[i].name);
      char kind = 0;
      words >> kind;
      if (kind == 'S') {
        int number = 0;
        model::message_id id = 0;
        words >> number >> id;
        const auto raw = store.raw(id);
        ASSERT_TRUE(raw) << "message " << number << " was acknowledged: " << raw.error().text;
        EXPECT_TRUE(*raw.value() == body_of(number)) << number;
      } else if (kind == 'K') {
        int number = 0;
        words >> number;
        const auto found = by_control_id.find("SIH^" + std::to_string(number));
        ASSERT_NE(found, by_control_id.end()) << "message " << number << " was kept";
        const auto raw = store.raw(found->second);
        ASSERT_TRUE(raw) << raw.error().text;
        EXPECT_TRUE(*raw.value() == body_of(number)) << number;
      } else {
        model::message_id id = 0;
        words >> id;
        for (const auto& found : store.deliveries({"", {}, id, 0, 10}))
          EXPECT_EQ(found.state, model::delivery_state::delivered) << id;
      }
    }
    EXPECT_EQ(store.take_in(message_of("one more", {"gp"}, "SIH^more")).verdict, intake_verdict::stored)
        << "and it goes on";
  }
};

TEST_F(disk_faults, what_was_acknowledged_survives_a_power_failure_at_any_call) {
  disk::record(folder_.path());
  load(folder_.path());
  const auto all = disk::recording();
  ASSERT_GT(all.size(), 300U);
  const unsigned seed = number_from("LIAISON_SEED", number_from("LIAISON_FIRST_SEED", 1)),
                 rounds = number_from("LIAISON_ROUNDS", 120);
  for (unsigned round = seed; round < seed + rounds && !HasFailure(); ++round) {
    SCOPED_TRACE("LIAISON_SEED=" + std::to_string(round) + " LIAISON_ROUNDS=1");
    std::mt19937 chance(round);
    const scratch_folder after;
    const std::size_t made = chance() % (all.size() + 1);
    disk::survive(all, made, chance, after.path());
    expect_kept(after.path(), all, made);
  }
}

// What is not delivered stays, whole, whenever the power fails while the rest is removed.
TEST_F(disk_faults, retention_takes_nothing_that_is_needed_when_the_power_fails) {
  const auto is_needed = [](int number) { return number % 20 == 5; };  // some are large
  const auto purge = [&](open_store& store) {
    retention policy;
    policy.finished_after_ms = 1;
    return store.purge(policy, 99'000'000);
  };
  const scratch_folder folder;
  {
    open_store store(runs_, opening(small_options(folder.path())).value());
    for (int number = 0; number < 2 * messages; ++number) {
      auto what = message_of(body_of(number), {"gp"}, "SIH^" + std::to_string(number));
      EXPECT_TRUE(wait_for<result<done>>(runs_, [&](auto then) { store->keep(std::move(what), std::move(then)); }));
    }
    EXPECT_TRUE(wait_for<result<done>>(
        runs_, [&](auto then) { store->change_patients([](identity::patient_table&) {}, std::move(then)); }));
    for (const auto& one : store.ready_work("gp", due_by{9'000'000}))
      if (!is_needed(static_cast<int>(one.delivery.message) - 1))
        store.ended(one.delivery.id, model::delivery_state::delivered);
  }
  const scratch_folder worked;
  disk::record(worked.path());
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder.path())) {
    // Through calls that are recorded.
    const auto to = worked.path() / std::filesystem::relative(each.path(), folder.path());
    if (each.is_directory()) {
      ::mkdir(to.c_str(), 0700);
      continue;
    }
    const auto bytes = bytes_of_file(each.path());
    const int file = ::open(to.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::fsync(file);
    ::close(file);
    const int above = ::open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY);
    ::fsync(above);
    ::close(above);
  }
  disk::mark("begin");
  {
    open_store store(runs_, opening(small_options(worked.path())).value());
    EXPECT_EQ(purge(store), 2U * messages - 6);
  }
  const auto all = disk::recording();
  const auto begin = std::ranges::find(all, disk::call::mark, &disk::operation::what) - all.begin();
  const unsigned seed = number_from("LIAISON_SEED", number_from("LIAISON_FIRST_SEED", 1)),
                 rounds = number_from("LIAISON_ROUNDS", 120) / 2;
  for (unsigned round = seed; round < seed + rounds && !HasFailure(); ++round) {
    SCOPED_TRACE("LIAISON_SEED=" + std::to_string(round) + " LIAISON_ROUNDS=2");
    std::mt19937 chance(round);
    const scratch_folder after;
    const auto made = static_cast<std::size_t>(begin) + chance() % (all.size() - static_cast<std::size_t>(begin) + 1);
    disk::survive(all, made, chance, after.path());
    open_store store(runs_, opening(small_options(after.path())).value());
    const auto expect_whole = [&] {
      message_filter everything;
      everything.limit = 1000;
      int needed = 0;
      for (const auto& found : store.messages(everything)) {
        const int number = std::stoi(found.control_id.substr(4));
        needed += is_needed(number) ? 1 : 0;
        const auto raw = store.raw(found.id);
        ASSERT_TRUE(raw) << number << ": " << raw.error().text;
        EXPECT_TRUE(*raw.value() == body_of(number)) << number;
      }
      EXPECT_EQ(needed, 6);
    };
    expect_whole();
    purge(store);
    expect_whole();
  }
}

TEST_F(disk_faults, what_was_acknowledged_is_there_whichever_call_the_disk_refused) {
  disk::record(folder_.path());
  load(folder_.path());
  const std::uint64_t calls = disk::calls();
  disk::recording();
  const unsigned rounds = number_from("LIAISON_ROUNDS", 60);
  for (unsigned round = 0; round < rounds && !HasFailure(); ++round) {
    const scratch_folder folder;
    const std::uint64_t nth = round * calls / rounds;
    const int error = round % 2 == 0 ? EIO : ENOSPC;
    SCOPED_TRACE("call " + std::to_string(nth) + " of " + std::to_string(calls) +
                 (error == EIO ? ": EIO" : ": ENOSPC"));
    disk::record(folder.path());
    disk::fail(nth, 1 + round % 3, error);
    load(folder.path());
    const auto all = disk::recording();
    expect_kept(folder.path(), all, all.size());
  }
}

}  // namespace
}  // namespace liaison::store::testing
