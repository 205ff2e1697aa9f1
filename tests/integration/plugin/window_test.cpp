// SPDX-License-Identifier: Apache-2.0
// Large messages by way of memory that gateway and host share: they arrive whole, and no plugin gains anything by it.
#include "core/plugin/window.hpp"
#include "pool_fixture.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <random>

namespace liaison::plugin::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool strict_sandbox = false;
#else
constexpr bool strict_sandbox = true;
#endif

/// A command for the fixture in a message that is too large for the pipe's way.
std::string large(const std::string& command, std::size_t size_bytes = 100'000) {
  return command + std::string(size_bytes - command.size(), ' ');
}

std::string random_bytes(std::size_t size_bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size_bytes, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string document_of(const reply& got) {
  const part* found = got.find(LIAISON_PART_DOCUMENT);
  return found == nullptr ? "(none)" : found->bytes;
}

/// For large messages.
host_settings roomy_settings() {
  host_settings how = settings_for({fixture("rogue")});
  how.memory_bytes_max = 512U << 20U;
  return how;
}

/// Windows mapped by this process: two for each host that lives.
int mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);)
    if (line.find("liaison-window") != line.npos) ++count;
  return count;
}

int open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> self(opendir("/proc/self/fd"), closedir);
  int count = 0;
  while (readdir(self.get()) != nullptr) ++count;
  return count;
}

TEST(plugin_windows, carry_messages_of_all_sizes_at_once) {
  host_settings how = roomy_settings();
  how.in_flight_bytes_max = 16U << 20U;  // more than a window holds: some go through the pipe
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<std::string> sent;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const std::size_t sizes[] = {1, 100, 1023, 1024, 1025, 70'000, 200'000, 1'000'000, window_size_bytes - 1, window_size_bytes, window_size_bytes + 1};
    // The largest only now and then.
    const std::size_t size = sizes[i % (i % 5 == 0 ? std::size(sizes) : 8)];
    sent.push_back(random_bytes(size, i));
  }
  for (int round = 0; round < 2; ++round) {
    std::vector<request> requests;
    for (const std::string& bytes : sent) requests.push_back(pool_fixture::request_for(bytes, operation::decode));
    const std::vector<reply> replies = hosts.call_all(std::move(requests));
    for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_TRUE(document_of(replies[i]) == sent[i]) << sent[i].size();
  }
  EXPECT_TRUE(hosts.deaths.empty());
}

TEST(plugin_windows, carry_large_parts_of_calls) {
  pool_fixture hosts(roomy_settings());
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  for (const std::size_t size : {100U, 50'000U, 3U << 20U, 9U << 20U}) {
    request one = pool_fixture::request_for(large("parts"));
    const std::string bytes(size, 'p');
    one.parts = {{LIAISON_PART_EMBEDDED, "a", "", "", bytes}, {LIAISON_PART_EMBEDDED, "b", "", "", "small"}};
    EXPECT_TRUE(facts_of(hosts.call(std::move(one))) == "a=" + bytes + ";b=small;") << size;
  }
}

TEST(plugin_windows, are_there_and_are_as_large_as_they_say) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const std::string size = std::to_string(window_size_bytes);
  EXPECT_EQ(facts_of(hosts.inspect("windows")), size + " " + size);
  EXPECT_EQ(mappings(), 2);
}

TEST(plugin_windows, cannot_be_written_to_by_whoever_is_to_read_them) {
  pool_fixture hosts(roomy_settings());
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(facts_of(hosts.inspect(large("unprotect"))), "refused");
  const shared_bytes original = share(large("overwrite"));
  const std::string before = *original;
  request writes = pool_fixture::request_for("");
  writes.input = original;
  EXPECT_EQ(hosts.call(std::move(writes)).mishap, mishap::crashed);
  EXPECT_EQ(*original, before);
  EXPECT_EQ(hosts.inspect(large("scrawl")).mishap, mishap::crashed);
  EXPECT_EQ(facts_of(hosts.inspect("echo next")), "next");
}

TEST(plugin_windows, what_the_gateway_took_from_a_reply_stays_as_it_was) {
  pool_fixture hosts(roomy_settings());
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const std::string bytes = random_bytes(500'000, 1);
  const auto decode = [&] { return hosts.call(pool_fixture::request_for(bytes, operation::decode)); };
  const reply first = decode();   // through the pipe: nobody knew how large replies are
  const reply second = decode();  // through the window
  EXPECT_EQ(facts_of(hosts.inspect("flood")), "flooded");
  EXPECT_TRUE(document_of(first) == bytes);
  EXPECT_TRUE(document_of(second) == bytes);
  EXPECT_TRUE(document_of(decode()) == bytes) << "and the window is as good as before";
}

TEST(plugin_windows, a_reply_that_points_out_of_its_room_is_no_reply) {
  for (const bool room_was_given : {false, true}) {
    for (const char* place : {"0 1", "0 100000", "8388607 2", "8388609 0", "4294967295 4294967295", "100000 4294967295"}) {
      pool_fixture hosts(settings_for({fixture("rogue")}));
      ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
      // After this replies to the like of it are expected to take some 60,000 bytes.
      if (room_was_given) {
        ASSERT_EQ(facts_of(hosts.inspect("echo " + std::string(50'000, 'x'))).size(), 50'000U);
      }
      const std::string command = std::string("forge ") + (room_was_given ? "2 " : "1 ") + place + " ";
      const reply got = hosts.inspect(large(command, 50'005));
      if (room_was_given && std::string_view(place) == "0 1") {
        EXPECT_EQ(got.mishap, mishap::none) << "its own room: a lie like any other";
      } else {
        EXPECT_EQ(got.mishap, mishap::bad_reply) << place;
      }
    }
  }
}

TEST(plugin_windows, memory_cannot_be_taken_out_of_them_by_a_host) {
  if (!strict_sandbox) GTEST_SKIP() << "sanitizer build";
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const reply got = hosts.inspect("drain");
  EXPECT_EQ(got.mishap, mishap::crashed);
  EXPECT_THAT(got.issues.back().diagnostics, ::testing::HasSubstr("the sandbox forbids"));
}

TEST(plugin_windows, go_with_their_hosts) {
  pool_fixture hosts(hurried_settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const int descriptors = open_descriptors();
  const std::string bytes = random_bytes(1'000'000, 1);
  for (const char* end : {"segv", "loop", "exit"}) {
    std::vector<request> requests;
    for (int i = 0; i < (end == std::string_view("loop") ? 1 : 3); ++i) {
      requests.push_back(pool_fixture::request_for(bytes, operation::decode));
      requests.push_back(pool_fixture::request_for(large(end, 1'000'000)));
    }
    const std::vector<reply> replies = hosts.call_all(std::move(requests));
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (i % 2 == 0) {
        EXPECT_TRUE(document_of(replies[i]) == bytes);
      } else {
        EXPECT_NE(replies[i].mishap, mishap::none);
      }
  }
  EXPECT_GE(hosts.deaths.size(), 7U);
  for (int i = 0; i < 200 && children().size() > 1; ++i) hosts.run_for(10);
  EXPECT_TRUE(document_of(hosts.call(pool_fixture::request_for(bytes, operation::decode))) == bytes);
  EXPECT_EQ(mappings(), 2) << "those of the host that lives";
  EXPECT_EQ(open_descriptors(), descriptors);
  hosts.pool.reset();
  EXPECT_EQ(mappings(), 0);
}

TEST(plugin_windows, where_none_can_be_had_the_pipes_do) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit little = before;
  little.rlim_cur = 4096;
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  pool_fixture hosts(roomy_settings());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)signal(SIGXFSZ, handler);
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(facts_of(hosts.inspect("windows")), "0 0");
  EXPECT_EQ(mappings(), 0);
  const std::string bytes = random_bytes(1'000'000, 1);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(document_of(hosts.call(pool_fixture::request_for(bytes, operation::decode))) == bytes);
}

}  // namespace
}  // namespace liaison::plugin::testing
