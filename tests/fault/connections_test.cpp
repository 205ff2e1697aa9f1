// SPDX-License-Identifier: Apache-2.0
// More connections than anyone has: a real gateway holds ten thousand, answers all that send, and is afterwards what it was.
#include "gateway_process.hpp"
#include "peak_memory.hpp"
#include "process_figures.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <thread>

namespace liaison::test {
namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

bool eventually(const std::function<bool()>& condition, int seconds_max = 30) {
  const auto begin = steady::now();
  while (!condition() && seconds_since(begin) < seconds_max) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

/// Soft limit of descriptors of this process, given back at the end. The gateway inherits what it was when it started.
class descriptor_limit {
 public:
  descriptor_limit() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;
  rlim_t hard() const { return before_.rlim_max; }
  void soft(rlim_t now) const {
    const rlimit changed{now, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &changed), 0);
  }

 private:
  rlimit before_{};
};

/// Many connections of one thread.
class crowd {
 public:
  explicit crowd(std::uint16_t port) : port_(port), poll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~crowd() {
    leave();
    ::close(poll_);
  }
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  bool connect_one() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      if (made >= 0) ::close(made);
      return false;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = handles_.size();
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, made, &event);
    handles_.push_back(made);
    received_.emplace_back();
    return true;
  }
  bool send(std::size_t which, const std::string& bytes) const {
    return ::send(handles_[which], bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// Takes what comes until `count` more answers are whole, or nothing comes for `quiet_ms`. Gives how many were AA.
  std::size_t take_answers(std::size_t count, int quiet_ms = 20'000) {
    std::size_t accepted = 0, whole = 0;
    std::array<epoll_event, 256> events{};
    std::array<char, 4096> chunk{};
    while (whole < count) {
      const int ready = ::epoll_wait(poll_, events.data(), events.size(), quiet_ms);
      if (ready <= 0) break;
      for (int i = 0; i < ready; ++i) {
        const std::size_t which = events[static_cast<std::size_t>(i)].data.u64;
        const ssize_t got = ::read(handles_[which], chunk.data(), chunk.size());
        if (got <= 0) {
          ::epoll_ctl(poll_, EPOLL_CTL_DEL, handles_[which], nullptr);
          ++closed_;
          continue;
        }
        std::string& text = received_[which];
        text.append(chunk.data(), static_cast<std::size_t>(got));
        if (text.find('\x1c') == std::string::npos) continue;
        ++whole;
        if (text.find("\rMSA|AA|") != std::string::npos) ++accepted;
        text.clear();
      }
    }
    return accepted;
  }
  void leave() {
    for (const int each : handles_) ::close(each);
    handles_.clear();
  }
  std::size_t size() const { return handles_.size(); }
  std::size_t closed_by_the_gateway() const { return closed_; }

 private:
  std::uint16_t port_;
  int poll_;
  std::vector<int> handles_;
  std::vector<std::string> received_;
  std::size_t closed_ = 0;
};

std::uint64_t metric(const gateway_process& gateway, const std::string& name) {
  const std::string page = gateway.ask("GET", "/metrics").body;
  const std::size_t at = page.find("\n" + name + " ");
  return at == std::string::npos ? 0 : static_cast<std::uint64_t>(std::stod(page.substr(at + name.size() + 2)));
}

std::string frame_of(const std::string& number) { return "\x0b" + plain_result(number) + "\x1c\r"; }

TEST(connections, ten_thousand_are_held_answered_and_gone_without_a_trace) {
  constexpr std::size_t all = 10'000, idle = 1'000, halves = 1'000, senders = all - idle - halves;
  constexpr double idle_bytes_max = 8'192;
  constexpr std::uint64_t resident_bytes_max = 256U << 20;
  const descriptor_limit limit;
  if (limit.hard() < all + 500) GTEST_SKIP() << "no more than " << limit.hard() << " descriptors allowed here";
  gateway_process gateway;
  std::string configuration = read_file(gateway.configuration_file());
  configuration.replace(configuration.find("[\"gp\",\"pta\"]"), 12, "[\"gp\"]");
  gateway.configure(configuration);
  gateway.set("endpoints.hospital.source.mllp.connections_max=10100");
  limit.soft(1'024);  // what most systems give; the gateway has to ask for more by itself
  gateway.start();
  limit.soft(limit.hard());
  if (::testing::Test::HasFatalFailure()) return;
  ASSERT_EQ(gateway.send(plain_result("first")).code, "AA");
  EXPECT_TRUE(gateway.wait_until_delivered());
  const process_figures before = figures_of(gateway.process());

  crowd peers(gateway.mllp_port());
  auto begin = steady::now();
  while (peers.size() < all) ASSERT_TRUE(peers.connect_one()) << peers.size();
  ASSERT_TRUE(eventually([&] { return metric(gateway, "liaison_connections{listener=\"hospital\"}") == all; }));
  const double seconds_to_connect = seconds_since(begin);
  const process_figures held = figures_of(gateway.process());
  const double idle_bytes = (static_cast<double>(held.resident_bytes) - static_cast<double>(before.resident_bytes)) / static_cast<double>(all);
  if (memory_is_measurable) { EXPECT_LT(idle_bytes, idle_bytes_max); }
  EXPECT_LE(held.descriptors, before.descriptors + all + 8);

  // A few drip, the rest of the halves stop in the middle; everyone else sends one message, all at once.
  begin = steady::now();
  for (std::size_t i = 0; i < halves; ++i) ASSERT_TRUE(peers.send(i, "\x0bMSH|^~\\&|"));
  for (std::size_t i = 0; i < senders; ++i) {
    ASSERT_TRUE(peers.send(halves + idle + i, frame_of("c" + std::to_string(i))));
    ASSERT_TRUE(peers.send(i % 100, "x"));
  }
  EXPECT_EQ(peers.take_answers(senders), senders);
  const double seconds_to_answer = seconds_since(begin);
  EXPECT_EQ(gateway.send(plain_result("between")).code, "AA") << "one more is served";
  // Some of the senders again: a connection is not spent with its first message.
  for (std::size_t i = 0; i < 500; ++i) ASSERT_TRUE(peers.send(halves + idle + i * (senders / 500), frame_of("d" + std::to_string(i))));
  EXPECT_EQ(peers.take_answers(500), 500U);
  EXPECT_EQ(peers.closed_by_the_gateway(), 0U);
  const process_figures loaded = figures_of(gateway.process());
  if (memory_is_measurable) { EXPECT_LT(loaded.resident_bytes, resident_bytes_max); }

  peers.leave();
  EXPECT_TRUE(eventually([&] { return metric(gateway, "liaison_connections{listener=\"hospital\"}") == 0; }));
  EXPECT_EQ(gateway.send(plain_result("last")).code, "AA");
  EXPECT_TRUE(eventually([&] { return gateway.count("gp") >= senders + 500 + 3; })) << gateway.count("gp");
  EXPECT_EQ(gateway.count("gp"), senders + 500 + 3);
  const process_figures after = figures_of(gateway.process());
  EXPECT_LE(after.descriptors, before.descriptors + 8);
  EXPECT_LE(after.threads, before.threads);
  std::printf("connected in %.1f s, %.0f bytes for each that is idle; %zu answered in %.1f s, resident %.1f MB before, %.1f MB held, %.1f MB under load, %.1f MB after\n",
              seconds_to_connect, idle_bytes, senders, seconds_to_answer, static_cast<double>(before.resident_bytes) / 1e6,
              static_cast<double>(held.resident_bytes) / 1e6, static_cast<double>(loaded.resident_bytes) / 1e6,
              static_cast<double>(after.resident_bytes) / 1e6);
}

TEST(connections, take_no_descriptor_that_the_gateway_needs_to_serve_them) {
  const descriptor_limit limit;
  gateway_process gateway;
  gateway.limit_descriptors(160);
  gateway.start();
  if (::testing::Test::HasFatalFailure()) return;
  crowd peers(gateway.mllp_port());
  while (peers.size() < 300) ASSERT_TRUE(peers.connect_one()) << "those who find no room wait in the kernel's queue";
  ASSERT_TRUE(eventually([&] { return read_file(gateway.log_file()).find("accept-failed") != std::string::npos; }));
  // A payload large enough for a file of its own, which takes a descriptor to write and one to deliver.
  std::string large = plain_result("large");
  large.insert(large.rfind("||F\r"), std::string(300'000, 'x'));
  ASSERT_TRUE(peers.send(0, "\x0b" + large + "\x1c\r"));
  EXPECT_EQ(peers.take_answers(1), 1U);
  peers.leave();
  EXPECT_TRUE(eventually([&] { return gateway.send(plain_result("after"), 1'000).code == "AA"; }));
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("gp", "delivered"), 2U);
}

}  // namespace
}  // namespace liaison::test
