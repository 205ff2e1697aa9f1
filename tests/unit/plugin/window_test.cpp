// SPDX-License-Identifier: Apache-2.0
// Shared memory between broker and host: stretches never overlap while they are taken, and only the writer can write.
#include "core/plugin/window.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <string>

namespace liaison::plugin {
namespace {

TEST(plugin_room_ring, stretches_that_are_taken_never_overlap) {
  constexpr std::uint32_t size = 100'000;
  room_ring ring(size);
  std::deque<extent> taken;
  std::mt19937 random(1);
  int refused = 0, wrapped = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (!taken.empty() && random() % 2 == 0) {
      ring.give_back_oldest();
      taken.pop_front();
      continue;
    }
    const auto wanted = static_cast<std::uint32_t>(1 + random() % 30'000);
    const auto got = ring.take(wanted);
    if (!got) {
      ++refused;
      ASSERT_FALSE(taken.empty()) << "an empty window has room";
      continue;
    }
    ASSERT_GE(got->size_bytes, wanted);
    ASSERT_EQ(got->begin % shared_alignment_bytes, 0U);
    ASSERT_LE(std::uint64_t{got->begin} + got->size_bytes, size);
    for (const extent& other : taken)
      ASSERT_TRUE(got->begin + got->size_bytes <= other.begin || other.begin + other.size_bytes <= got->begin);
    if (!taken.empty() && got->begin < taken.back().begin) ++wrapped;
    taken.push_back(*got);
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(wrapped, 1000);
}

TEST(plugin_room_ring, one_at_a_time_stays_at_the_front) {
  room_ring ring(1'000'000);
  for (int i = 0; i < 100; ++i) {
    const auto got = ring.take(300'000);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->begin, 0U);
    ring.give_back_oldest();
  }
  const auto first = ring.take(200'000), second = ring.take(200'000);
  ASSERT_TRUE(first && second);
  for (int i = 0; i < 100; ++i) {
    ring.give_back_oldest();
    const auto next = ring.take(200'000);
    ASSERT_TRUE(next);
    EXPECT_LT(next->begin, 400'000U) << "two at a time need no more than two places";
  }
}

TEST(plugin_room_ring, refuses_what_never_fits_and_takes_back_the_newest) {
  room_ring ring(1000);
  EXPECT_FALSE(ring.take(0));
  EXPECT_FALSE(ring.take(1001));
  EXPECT_FALSE(ring.take(~std::uint64_t{0} - 10));
  ASSERT_TRUE(ring.take(600));
  ASSERT_TRUE(ring.take(300));
  EXPECT_FALSE(ring.take(300));
  ring.give_back_newest();
  EXPECT_TRUE(ring.take(300));
}

int open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> self(opendir("/proc/self/fd"), closedir);
  int count = 0;
  while (readdir(self.get()) != nullptr) ++count;
  return count;
}

/// As a host has it: mapped from the descriptor, as much as that allows.
void* map(const shared_window& what, int protection) {
  return ::mmap(nullptr, what.size_bytes(), protection, MAP_SHARED, what.fd(), 0);
}

TEST(plugin_window, of_calls_can_be_read_and_never_written_by_the_host) {
  shared_window window(shared_window::writer::broker);
  ASSERT_EQ(window.size_bytes(), window_size_bytes);
  ASSERT_TRUE(window.back_up_to(1000));
  window.memory()[10] = 'x';
  EXPECT_EQ(map(window, PROT_READ | PROT_WRITE), MAP_FAILED);
  void* seen = map(window, PROT_READ);
  ASSERT_NE(seen, MAP_FAILED);
  EXPECT_EQ(static_cast<const char*>(seen)[10], 'x');
  EXPECT_EQ(::mprotect(seen, 4096, PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(::madvise(seen, 4096, MADV_REMOVE), -1);
  EXPECT_EQ(::pwrite(window.fd(), "y", 1, 10), -1);
  EXPECT_EQ(::ftruncate(window.fd(), 0), -1);
  EXPECT_EQ(::fcntl(window.fd(), F_ADD_SEALS, F_SEAL_WRITE), -1);
  // Opened anew, as a process could that still may open files.
  const std::string path = "/proc/self/fd/" + std::to_string(window.fd());
  if (const int again = ::open(path.c_str(), O_RDWR | O_CLOEXEC); again >= 0) {
    EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
    EXPECT_EQ(::pwrite(again, "y", 1, 10), -1);
    ::close(again);
  }
  void* twice = ::mremap(seen, 0, window.size_bytes(), MREMAP_MAYMOVE);
  ASSERT_NE(twice, MAP_FAILED);
  EXPECT_EQ(::mprotect(twice, 4096, PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(window.memory()[10], 'x');
  ::munmap(seen, window.size_bytes());
  ::munmap(twice, window.size_bytes());
}

TEST(plugin_window, of_replies_is_written_by_the_host_and_keeps_its_size) {
  shared_window window(shared_window::writer::host);
  ASSERT_EQ(window.size_bytes(), window_size_bytes);
  auto* theirs = static_cast<char*>(map(window, PROT_READ | PROT_WRITE));
  ASSERT_NE(theirs, MAP_FAILED);
  ASSERT_TRUE(window.back_up_to(200'000));
  theirs[199'999] = 'z';
  EXPECT_EQ(window.look_at({199'999, 1}), "z");
  EXPECT_EQ(::ftruncate(window.fd(), 0), -1) << "a reader would die of it";
  ::munmap(theirs, window.size_bytes());
}

TEST(plugin_window, has_memory_only_as_far_as_it_was_asked_for) {
  const shared_window none;
  EXPECT_EQ(none.size_bytes(), 0U);
  shared_window window(shared_window::writer::host);
  EXPECT_TRUE(window.back_up_to(window_size_bytes));
  EXPECT_FALSE(window.back_up_to(std::uint64_t{window_size_bytes} + 1));
}

int mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);)
    if (line.find("liaison-window") != line.npos) ++count;
  return count;
}

TEST(plugin_window, leaves_no_descriptor_and_no_mapping) {
  const int before = open_descriptors();
  EXPECT_EQ(mappings(), 0);
  {
    shared_window one(shared_window::writer::broker), two(shared_window::writer::host);
    EXPECT_EQ(open_descriptors(), before + 2);
    EXPECT_EQ(mappings(), 2);
    one.close_fd();
    EXPECT_EQ(open_descriptors(), before + 1);
    EXPECT_EQ(one.size_bytes(), window_size_bytes) << "mapped memory needs no descriptor";
    two = std::move(one);
    one = shared_window();
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(mappings(), 0);
}

}  // namespace
}  // namespace liaison::plugin
