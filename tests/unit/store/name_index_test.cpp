// SPDX-License-Identifier: Apache-2.0
// The index of names beside a plain list of the same entries. LIAISON_SEED repeats.
#include "core/store/sqlite/name_index.hpp"
#include "core/store/sqlite/database.hpp"
#include "tests/contract/store/sqlite_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <random>

namespace liaison::store::sqlite {
namespace {

using testing::scratch_folder;
using entries = std::vector<name_entry>;

constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t all_of_it = 1'000'000;
constexpr model::message_id no_last = std::numeric_limits<model::message_id>::max();

class names : public ::testing::Test {
 protected:
  void open(model::message_id last = no_last) { index_.emplace(folder_.path() / "names", 7, last); }

  /// Names of a message: one of its own, one of few, and one that all have.
  entries names_of(model::message_id message) {
    const auto id = static_cast<std::uint64_t>(message);
    const auto spread = [](std::uint64_t value) { return value * 0x9E3779B97F4A7C15ULL; };
    return {{name_with(spread(id), message_is::third), spread(id + 1), id},
            {name_with(spread(1'000'000 + id % 50), message_is::second), id, id % 3},
            {name_with(spread(7), message_is::second), id, 0}};
  }
  void add_to(model::message_id last) {
    for (; last_ < last; ++last_)
      for (const auto& each : names_of(last_ + 1)) {
        index_->add(each);
        list_.push_back(each);
      }
  }
  void write_runs(int count, model::message_id messages_each) {
    for (int i = 0; i < count; ++i) {
      add_to(last_ + messages_each);
      index_->write();
    }
  }
  void merge_all(model::message_id oldest = 0) { index_->merge(all_of_it, oldest); }

  entries expected(std::uint64_t name, std::uint64_t from, std::uint64_t until, std::size_t limit) const {
    entries found;
    for (const auto& each : list_)
      if (each.name == name && each.second >= from && each.second <= until) found.push_back(each);
    std::ranges::sort(found, std::greater<>());
    if (found.size() > limit) found.resize(limit);
    return found;
  }
  void expect_all_found() {
    for (model::message_id id = 1; id <= last_; id += 1 + last_ / 300)
      for (const auto& each : names_of(id)) ASSERT_EQ(index_->find(each.name, each.second, each.second, 10), entries{each});
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path() / "names")) found.push_back(each.path());
    return found;
  }

  scratch_folder folder_;
  std::optional<name_index> index_;
  entries list_;
  model::message_id last_ = 0;
};

TEST_F(names, are_those_of_a_plain_list_whatever_happens_to_them) {
  const char* told = std::getenv("LIAISON_SEED");
  const unsigned seed = told != nullptr ? static_cast<unsigned>(std::strtoul(told, nullptr, 10)) : std::random_device()();
  SCOPED_TRACE("LIAISON_SEED=" + std::to_string(seed));
  std::mt19937 chance(seed);
  open();
  std::size_t written = 0;
  for (int step = 0; step < 400; ++step) {
    const auto what = chance() % 10;
    if (what < 5) {
      add_to(last_ + 1 + chance() % 40);
    } else if (what < 7 && index_->held() > 0) {
      index_->write();
      written = list_.size();
    } else if (what < 8) {
      index_->merge(chance() % 2000, 0);
    } else if (what == 8) {
      // An operation that is undone.
      const auto before = index_->held();
      for (int i = 0; i < 5; ++i) index_->add({chance() % 3 == 0 ? list_.empty() ? 1 : list_.back().name : chance(), chance(), chance()});
      index_->cut_back(before);
    } else {
      open();
      for (auto i = written; i < list_.size(); ++i) index_->add(list_[i]);
    }
    ASSERT_EQ(index_->written_up_to(), written == 0 ? 0 : message_of(list_[written - 1]));
    for (int question = 0; question < 10 && !list_.empty(); ++question) {
      const auto name = list_[chance() % list_.size()].name ^ (chance() % 4 == 0 ? 2 : 0);
      const auto from = chance() % 2 == 0 ? 0 : chance() % static_cast<std::uint64_t>(last_ + 1);
      const auto until = chance() % 2 == 0 ? everything : chance() % static_cast<std::uint64_t>(last_ + 1);
      const std::size_t limit = chance() % 3 == 0 ? 1 + chance() % 20 : all_of_it;
      ASSERT_EQ(index_->find(name, from, until, limit), expected(name, from, until, limit)) << "step " << step;
    }
  }
}

TEST_F(names, stand_in_few_runs_however_many_there_are) {
  open();
  for (int i = 0; i < 256; ++i) {
    write_runs(1, 10);
    index_->merge(8 * 30, 0);
  }
  EXPECT_LE(files().size(), 16U) << "three of each size, and what is being merged";
  merge_all();
  EXPECT_EQ(files().size(), 1U) << "256 is a power of four";
  expect_all_found();
  open();
  EXPECT_EQ(index_->written_up_to(), last_);
  expect_all_found();
}

TEST_F(names, of_a_large_run_are_looked_up_where_they_stand) {
  open();
  write_runs(1, 30'000);
  expect_all_found();
  const auto shared = names_of(1)[2].name;
  EXPECT_EQ(index_->find(shared, 0, everything, all_of_it).size(), 30'000U);
  EXPECT_EQ(index_->find(shared, 100, 104, 3), (entries{{shared, 104, 0}, {shared, 103, 0}, {shared, 102, 0}}));
  for (std::uint64_t nobody = 1; nobody < 3000; nobody += 2) ASSERT_TRUE(index_->find(nobody << 40U, 0, everything, 1).empty());
}

TEST_F(names, of_messages_that_are_gone_give_their_room_back) {
  open();
  write_runs(8, 100);
  merge_all();
  ASSERT_EQ(files().size(), 2U);
  index_->forget_before(401);
  EXPECT_EQ(files().size(), 1U) << "a run goes as a whole with its last message";
  const auto before = index_->size_bytes();
  EXPECT_EQ(before, std::filesystem::file_size(files().front()));
  write_runs(12, 100);
  merge_all(1901);
  ASSERT_EQ(files().size(), 1U);
  EXPECT_LT(index_->size_bytes(), before) << "a hundred are left of sixteen hundred";
  const auto shared = names_of(1)[2].name;
  EXPECT_EQ(index_->find(shared, 0, everything, all_of_it).size(), 100U);
}

TEST_F(names, of_which_the_disk_changed_a_bit_are_given_right_or_not_at_all) {
  open();
  write_runs(1, 200);
  const auto path = files().front();
  const auto bytes = testing::bytes_of_file(path);
  const auto shared = names_of(1)[2].name;
  const auto whole = expected(shared, 0, everything, all_of_it);
  int refused = 0, gone = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 97) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    testing::write_file(path, changed);
    open();
    if (files().empty()) {
      EXPECT_EQ(index_->written_up_to(), 0) << "it is missing";
      ++gone;
      continue;
    }
    try {
      EXPECT_EQ(index_->find(shared, 0, everything, all_of_it), whole) << "byte " << at;
      expect_all_found();
    } catch (const storage_error& error) {
      EXPECT_EQ(error.why, storage_error::cause::corrupt);
      const auto range = index_->drop_damaged();
      ASSERT_TRUE(range);
      EXPECT_EQ(range->first, 1);
      EXPECT_EQ(range->last, 200);
      EXPECT_TRUE(files().empty());
      index_->fill({1, 200, 0}, list_);
      EXPECT_EQ(index_->find(shared, 0, everything, all_of_it), whole);
      std::filesystem::remove(files().front());
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(gone, 0);
}

TEST_F(names, of_a_file_that_is_cut_are_none) {
  open();
  write_runs(1, 200);
  const auto path = files().front();
  for (const std::uintmax_t size : {0, 1, 4095, 4096, 8191}) {
    std::filesystem::resize_file(path, size);
    open();
    EXPECT_TRUE(files().empty()) << size;
    EXPECT_EQ(index_->written_up_to(), 0);
    testing::write_file(path, std::string(size, '\0'));
  }
}

TEST_F(names, a_crash_leaves_either_what_was_merged_or_what_came_of_it) {
  open();
  write_runs(4, 50);
  std::vector<std::pair<std::filesystem::path, std::string>> merged;
  for (const auto& each : files()) merged.emplace_back(each, testing::bytes_of_file(each));
  merge_all();
  ASSERT_EQ(files().size(), 1U);
  // Before the old ones were removed; and one that was begun and not finished.
  for (const auto& [path, bytes] : merged) testing::write_file(path, bytes);
  testing::write_file(folder_.path() / "names" / "99.new", "begun");
  open();
  EXPECT_EQ(files().size(), 1U);
  expect_all_found();
  EXPECT_TRUE(index_->missing(1).empty());
}

TEST_F(names, that_are_missing_are_told) {
  open();
  write_runs(3, 10);
  auto middle = files();
  std::ranges::sort(middle);
  std::filesystem::remove(middle[1]);
  open();
  const auto missing = index_->missing(1);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing.front().first, 11);
  EXPECT_EQ(missing.front().last, 20);
}

TEST_F(names, of_another_database_are_not_taken) {
  open();
  write_runs(1, 10);
  open(9);
  EXPECT_TRUE(files().empty()) << "it knows of no message 10";
  write_runs(1, 10);
  index_.emplace(folder_.path() / "names", 8, no_last);
  EXPECT_TRUE(files().empty()) << "another store's hashes";
}

}  // namespace
}  // namespace liaison::store::sqlite
