// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/intake_record.hpp"
#include "core/store/sqlite/journal.hpp"
#include "tests/contract/store/sqlite_fixture.hpp"

#include <algorithm>

namespace liaison::store::sqlite {
namespace {

using testing::scratch_folder;
using numbers = std::vector<std::uint64_t>;

class journal_of_a_test : public ::testing::Test {
 protected:
  journal_settings settings() const {
    journal_settings s;
    s.directory = folder_.path() / "journal";
    s.seed = 7;
    s.segment_bytes = 4096;
    s.bytes_max = 4 * 4096;
    return s;
  }
  static std::string body_of(std::uint64_t number) { return "record " + std::to_string(number) + std::string(90, '.'); }
  static void write(journal& to, std::uint64_t first, std::uint64_t last) {
    for (auto number = first; number <= last; ++number) to.append(number, body_of(number));
    to.sync();
  }
  numbers read(journal& from, std::uint64_t last = 1'000'000) {
    numbers found;
    for (;;) {
      const auto before = found.size();
      const auto take = [&](std::uint64_t number, std::string_view body, const record_place&) {
        EXPECT_EQ(body, body_of(number));
        found.push_back(number);
        return true;
      };
      from.read(last, 500, take, damaged_);
      if (found.size() == before) return found;
    }
  }
  static numbers from_to(std::uint64_t first, std::uint64_t last) {
    numbers all;
    for (auto number = first; number <= last; ++number) all.push_back(number);
    return all;
  }
  std::filesystem::path segment(int slot = 0) const {
    return settings().directory / (std::to_string(slot) + ".log");
  }

  scratch_folder folder_;
  std::vector<journal_damage> damaged_;
};

TEST_F(journal_of_a_test, gives_back_what_was_synced_in_order) {
  {
    journal j(settings(), 0);
    write(j, 1, 3);
    write(j, 4, 60);  // into a second segment, and a third
    write(j, 61, 62);
    EXPECT_EQ(read(j), from_to(1, 62));
    EXPECT_EQ(j.last_synced(), 62U);
  }
  journal j(settings(), 40);
  EXPECT_EQ(j.last_synced(), 62U);
  EXPECT_EQ(read(j, 50), from_to(41, 50));
  EXPECT_EQ(read(j), from_to(51, 62));
  j.read_again(60);
  EXPECT_EQ(read(j), from_to(61, 62));
  write(j, 63, 64);
  EXPECT_EQ(read(j), from_to(63, 64));
  EXPECT_TRUE(damaged_.empty());
}

TEST_F(journal_of_a_test, removes_segments_whose_records_have_rows_and_nobody_needs) {
  journal j(settings(), 0);
  std::uint64_t number = 1;
  for (int round = 0; round < 50; ++round, number += 20) {
    write(j, number, number + 19);
    EXPECT_EQ(read(j), from_to(number, number + 19));
    j.filed(number + 19);
  }
  std::uintmax_t size = 0;
  for (const auto& each : std::filesystem::directory_iterator(settings().directory)) size += each.file_size();
  EXPECT_LE(size, 3 * 4096U);
}

TEST_F(journal_of_a_test, makes_segments_ahead_in_steps_so_that_no_sync_waits_for_a_whole_one) {
  constexpr std::uintmax_t mebibyte = 1024 * 1024;
  auto large = settings();
  large.segment_bytes = 3 * mebibyte;
  large.bytes_max = 4 * large.segment_bytes;
  journal j(large, 0);
  const auto sizes = [&] {
    std::vector<std::uintmax_t> found;
    for (int slot = 0; std::filesystem::exists(segment(slot)); ++slot) found.push_back(std::filesystem::file_size(segment(slot)));
    return found;
  };
  const auto after_step = [&] {
    j.prepare();
    return sizes();
  };
  using some = std::vector<std::uintmax_t>;
  EXPECT_EQ(after_step(), (some{3 * mebibyte})) << "the first is needed now";
  EXPECT_EQ(after_step(), (some{3 * mebibyte, 1 * mebibyte}));
  EXPECT_EQ(after_step(), (some{3 * mebibyte, 2 * mebibyte}));
  EXPECT_EQ(after_step(), (some{3 * mebibyte, 3 * mebibyte}));
  for (int again = 0; again < 5; ++again) EXPECT_EQ(after_step(), (some{3 * mebibyte, 3 * mebibyte})) << "two are enough";
  write(j, 1, 3);
  EXPECT_EQ(after_step(), (some{3 * mebibyte, 3 * mebibyte, 1 * mebibyte})) << "one of them is in use";
  EXPECT_EQ(read(j), from_to(1, 3));
}

TEST_F(journal_of_a_test, gives_back_the_records_of_a_segment_that_is_needed_until_it_is_removed) {
  auto kept = settings();
  kept.is_needed = [](std::uint64_t sequence) { return sequence == 2; };
  std::vector<record_place> places;
  const auto take = [&](std::uint64_t, std::string_view, const record_place& where) {
    places.push_back(where);
    return true;
  };
  const auto expect_readable = [&](const journal& j) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i].segment != 2) continue;
      EXPECT_EQ(j.body_at(places[i]), body_of(i + 1));
    }
  };
  {
    journal j(kept, 0);
    for (std::uint64_t number = 1; number <= 100; ++number) write(j, number, number);
    while (places.size() < 100) j.read(100, 500, take, damaged_);
    EXPECT_FALSE(j.is_closed(1));
    expect_readable(j);
    j.filed(100);
    EXPECT_TRUE(j.is_closed(2));
    expect_readable(j);
    EXPECT_THROW(j.body_at(places.front()), storage_error) << "nobody needed the first one";
  }
  journal j(kept, 100);
  EXPECT_EQ(read(j), numbers());
  expect_readable(j);
  write(j, 101, 110);
  EXPECT_EQ(read(j), from_to(101, 110));
  auto wrong = *std::ranges::find(places, 2U, &record_place::segment);
  ++wrong.at;
  EXPECT_THROW(j.body_at(wrong), storage_error);
  const auto size = j.size_bytes();
  j.remove(2);
  EXPECT_LT(j.size_bytes(), size);
  --wrong.at;
  EXPECT_THROW(j.body_at(wrong), storage_error);
}

TEST_F(journal_of_a_test, gives_back_the_records_of_a_segment_while_the_disk_does_not_let_it_be_closed) {
  auto kept = settings();
  kept.is_needed = [](std::uint64_t) { return true; };
  std::vector<record_place> places;
  const auto take = [&](std::uint64_t, std::string_view, const record_place& where) {
    places.push_back(where);
    return true;
  };
  journal j(kept, 0);
  for (std::uint64_t number = 1; number <= 100; ++number) write(j, number, number);
  while (places.size() < 100) j.read(100, 500, take, damaged_);
  const auto expect_readable = [&] {
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(j.body_at(places[i]), body_of(i + 1));
  };
  const auto in_its_way = settings().directory / "1.rec";
  std::filesystem::create_directory(in_its_way);
  j.filed(99);
  EXPECT_FALSE(j.is_closed(1));
  expect_readable();
  std::filesystem::remove(in_its_way);
  j.filed(100);
  EXPECT_TRUE(j.is_closed(1));
  expect_readable();
}

TEST_F(journal_of_a_test, says_of_a_segment_that_the_disk_does_not_let_go_that_it_is_there) {
  journal j(settings(), 0);
  EXPECT_TRUE(j.remove(77)) << "it never was";
  std::filesystem::create_directory(settings().directory / "77.rec");
  EXPECT_FALSE(j.remove(77));
  std::filesystem::remove(settings().directory / "77.rec");
  EXPECT_TRUE(j.remove(77));
}

TEST_F(journal_of_a_test, knows_its_records_from_those_of_an_earlier_use) {
  std::uint64_t number = 1;
  for (int round = 0; round < 40; ++round) {
    journal j(settings(), number > 15 ? number - 15 : 0);
    EXPECT_EQ(read(j), from_to(number > 15 ? number - 14 : 1, number - 1)) << round;
    write(j, number, number + 6);
    number += 7;
  }
  EXPECT_TRUE(damaged_.empty());
}

TEST_F(journal_of_a_test, waits_for_room_until_something_is_filed) {
  journal j(settings(), 0);
  std::uint64_t number = 1;
  for (int segments = 0; segments < 4; ++segments, number += 20) {
    for (auto each = number; each < number + 20; ++each) j.append(each, body_of(each));
    ASSERT_TRUE(j.wait_for_room());
    j.sync();
  }
  for (auto each = number; each < number + 20; ++each) j.append(each, body_of(each));
  std::atomic<bool> has_room = false;
  std::thread waiting([&] { has_room = j.wait_for_room(); });
  EXPECT_FALSE(has_room);
  EXPECT_EQ(read(j).size(), 80U);
  j.filed(20);
  waiting.join();
  EXPECT_TRUE(has_room);
  j.sync();
  j.give_up(true);
  EXPECT_FALSE(j.wait_for_room());
}

// A group that was not synced when the power failed may be there in any part.
TEST_F(journal_of_a_test, ends_before_the_first_record_of_a_torn_group) {
  {
    journal j(settings(), 0);
    write(j, 1, 5);
  }
  std::string group, before(segment_head_bytes, ' ');
  for (std::uint64_t number = 1; number <= 5; ++number) append_record(before, {number, 0, 0}, body_of(number), 0);
  before = testing::bytes_of_file(segment()).substr(0, before.size());
  std::uint64_t after = 5;
  for (std::uint64_t number = 6; number <= 8; ++number) {
    append_record(group, {number, after, 5}, body_of(number), 7);
    after = number;
  }
  for (std::size_t lost = 0; lost < group.size(); lost += 3) {
    auto torn = before + group;
    torn[before.size() + lost] = static_cast<char>(torn[before.size() + lost] ^ 1);
    testing::write_file(segment(), torn);
    journal j(settings(), 0);
    const auto found = read(j);
    EXPECT_GE(found.size(), 5U);
    EXPECT_EQ(found, from_to(1, found.size()));
    EXPECT_LT(found.size(), 8U);
    EXPECT_TRUE(damaged_.empty()) << "nothing was promised there";
  }
}

TEST_F(journal_of_a_test, names_what_a_flipped_bit_took_and_gives_the_rest) {
  std::vector<std::size_t> ends;
  {
    journal j(settings(), 0);
    std::string bytes(segment_head_bytes, ' ');
    for (std::uint64_t number = 1; number <= 10; ++number) {
      write(j, number, number);
      append_record(bytes, {number, 0, 0}, body_of(number), 0);
      ends.push_back(bytes.size());
    }
    write(j, 11, 60);
  }
  const auto whole = testing::bytes_of_file(segment());
  for (std::size_t at = segment_head_bytes; at < ends[8]; at += 5) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 64);
    testing::write_file(segment(), damaged);
    const std::uint64_t hit = 1 + static_cast<std::uint64_t>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin());
    damaged_.clear();
    {
      journal j(settings(), 0);
      auto expected = from_to(1, 60);
      std::erase(expected, hit);
      EXPECT_EQ(read(j), expected) << "byte " << at;
      ASSERT_EQ(damaged_.size(), 1U);
      EXPECT_EQ(damaged_[0].first, hit);
      EXPECT_EQ(damaged_[0].last, hit);
    }
  }
}

TEST_F(journal_of_a_test, keeps_a_damaged_segment_aside) {
  {
    journal j(settings(), 0);
    for (std::uint64_t number = 1; number <= 60; ++number) write(j, number, number);
  }
  auto bytes = testing::bytes_of_file(segment());
  bytes[200] = static_cast<char>(bytes[200] ^ 2);
  testing::write_file(segment(), bytes);
  journal j(settings(), 0);
  read(j);
  j.filed(60);
  EXPECT_FALSE(std::filesystem::exists(segment()));
  EXPECT_EQ(testing::bytes_of_file(settings().directory / "damaged-1"), bytes);
}

TEST_F(journal_of_a_test, takes_no_records_of_another_store) {
  {
    journal j(settings(), 0);
    write(j, 1, 5);
  }
  auto other = settings();
  other.seed = 8;
  journal j(other, 0);
  EXPECT_TRUE(read(j).empty());
}

TEST(intake_record, is_none_when_a_byte_is_missing_or_too_many) {
  const auto what = testing::message_of("MSH|^~\\&|", {"gp"}, "SIH^1");
  std::string bytes;
  append_intake(bytes, what);
  const auto back = intake_from(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back->what->raw, *what.raw);
  EXPECT_EQ(back->what->message.sha256, what.message.sha256);
  EXPECT_FALSE(back->payload);
  EXPECT_FALSE(intake_from(bytes + 'x'));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(intake_from(bytes.substr(0, size))) << size;
}

}  // namespace
}  // namespace liaison::store::sqlite
