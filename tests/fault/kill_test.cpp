// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments under load: everything acknowledged is there afterwards and is delivered, once. The seed is
// printed; LIAISON_SEED replays it, LIAISON_ROUNDS makes it longer.
#include "gateway_process.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace liaison::test {
namespace {

unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

/// How often each order number (F…) stands in the recipient's files: one file is one delivery.
std::map<std::string, int> deliveries_in(const std::filesystem::path& inbox) {
  std::map<std::string, int> found;
  for (const auto& file : files_in(inbox, ".hl7")) {
    const std::string text = read_file(file);
    const std::size_t at = text.find("|ORU^R01^ORU_R01|R");
    EXPECT_NE(at, std::string::npos) << file << " is no whole message";
    if (at == std::string::npos) continue;
    const std::size_t start = at + 18;
    ++found[text.substr(start, text.find('|', start) - start)];
  }
  return found;
}

TEST(kill, everything_acknowledged_is_delivered_once) {
  const unsigned long seed = number_from("LIAISON_SEED", std::random_device{}());
  const unsigned long rounds = number_from("LIAISON_ROUNDS", 6);
  std::printf("LIAISON_SEED=%lu\n", seed);
  std::mt19937_64 random(seed);

  gateway_process gateway;
  std::string configuration = read_file(gateway.configuration_file());
  const std::size_t gp = configuration.find("\"format\":\"hprim-medecin\"");
  configuration.replace(gp, 24, "\"format\":\"hl7v2\",\"delivery\":{\"in_flight_max\":4}");
  configuration.replace(configuration.find("[\"gp\",\"pta\"]"), 12, "[\"gp\"]");
  gateway.configure(configuration);

  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::atomic<int> next{0};
  for (unsigned long round = 0; round < rounds; ++round) {
    gateway.start();
    if (::testing::Test::HasFatalFailure()) return;
    std::atomic<bool> go_on{true};
    std::vector<std::thread> senders;
    for (int i = 0; i < 4; ++i)
      senders.emplace_back([&] {
        while (go_on) {
          const std::string number = std::to_string(++next);
          if (gateway.send(plain_result(number), 2'000).code != "AA") continue;
          std::lock_guard<std::mutex> lock(mutex);
          acknowledged.insert(number);
        }
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 700));
    gateway.kill_now();
    go_on = false;
    for (auto& s : senders) s.join();
  }
  ASSERT_GT(acknowledged.size(), 50U) << "too little load to say anything";
  gateway.start();
  EXPECT_TRUE(gateway.wait_until_delivered(60'000 + static_cast<int>(acknowledged.size()) * 5));
  const auto delivered = deliveries_in(gateway.folder() / "gp/in");
  for (const auto& number : acknowledged) EXPECT_EQ(delivered.count(number), 1U) << "acknowledged and lost: " << number << ", seed " << seed;
  for (const auto& [number, times] : delivered) EXPECT_EQ(times, 1) << "delivered " << times << " times: " << number << ", seed " << seed;
  EXPECT_EQ(gateway.stop(), 0);
  std::printf("%zu acknowledged, %zu delivered, %lu kills\n", acknowledged.size(), delivered.size(), rounds);
}

TEST(stop, what_is_in_flight_ends_and_the_process_within_its_time) {
  gateway_process gateway;
  gateway.set("stop_ms_max=3000");
  gateway.start();
  std::atomic<int> acknowledged{0};
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i)
      if (gateway.send(plain_result("s" + std::to_string(i)), 2'000).code == "AA") ++acknowledged;
      else break;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const auto begin = std::chrono::steady_clock::now();
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait_for_exit(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  sender.join();
  gateway.start();
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in", ".hpr").size(), static_cast<std::size_t>(acknowledged));
}

}  // namespace
}  // namespace liaison::test
