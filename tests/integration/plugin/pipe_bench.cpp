// SPDX-License-Identifier: Apache-2.0
// What the way to a plugin and back costs: processor time of both sides per call, of 2 kB under load and of larger ones, time
// of one round trip without. Run by hand on a release build: plugin_pipe_bench.
#include "pool_fixture.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>

namespace liaison::plugin::testing {
namespace {

double cpu_us(int who) {
  rusage used{};
  getrusage(who, &used);
  const auto us = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return us(used.ru_utime) + us(used.ru_stime);
}

double wall_us() {
  return static_cast<double>(
             std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
                 .count()) /
         1e3;
}

/// Keeps `in_flight` calls going until `total` are answered; the time of each.
std::vector<double> drive(pool_fixture& hosts, int in_flight, int total, std::size_t size_bytes) {
  const shared_bytes input = share("echo " + std::string(size_bytes - 5, 'x'));
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(total));
  int started = 0;
  std::function<void()> next = [&] {
    if (started++ >= total) return;
    request one;
    one.format = "rogue";
    one.input = input;
    one.options_json = R"({"acknowledge":true,"now":"2026-11-21T22:06:47.123Z"})";
    hosts.pool->call(std::move(one), [&, begun = wall_us()](reply got) {
      if (got.mishap != mishap::none) std::abort();
      times.push_back(wall_us() - begun);
      next();
    });
  };
  for (int i = 0; i < in_flight; ++i) next();
  while (times.size() < static_cast<std::size_t>(total)) hosts.io.run_one();
  return times;
}

double peak_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// One large message there and back, whole.
void carry_large(std::size_t mib) {
  host_settings how = settings_for({fixture("rogue")});
  how.memory_bytes_max = 1ULL << 30U;
  how.deadline_ms = 60'000;
  pool_fixture hosts(std::move(how));
  request one;
  one.what = operation::decode;
  one.format = "rogue";
  one.input = share(std::string(mib << 20U, 'x'));
  const double before = peak_mib(), begun = wall_us();
  bool answered = false;
  hosts.pool->call(std::move(one), [&](reply got) {
    answered = true;
    if (got.find(LIAISON_PART_DOCUMENT) == nullptr || got.find(LIAISON_PART_DOCUMENT)->bytes.size() != mib << 20U)
      std::abort();
  });
  while (!answered) hosts.io.run_one();
  std::printf("%zu MiB in and out: %.0f ms, broker's peak %.0f MiB above the input\n", mib, (wall_us() - begun) / 1e3,
              peak_mib() - before);
}

/// One line of the table: `total` calls that give back as much as they bring.
void measure(int in_flight, int total, std::size_t size_bytes) {
  const double began = wall_us();
  auto how = settings_for({fixture("rogue")});
  auto hosts = std::make_unique<pool_fixture>(std::move(how));
  const double start_ms = (wall_us() - began) / 1e3;
  const int before = std::min(total, 2000);
  drive(*hosts, in_flight, before, size_bytes);
  const double own = cpu_us(RUSAGE_SELF), children_before = cpu_us(RUSAGE_CHILDREN), begun = wall_us();
  std::vector<double> times = drive(*hosts, in_flight, total, size_bytes);
  const double wall = wall_us() - begun, broker = cpu_us(RUSAGE_SELF) - own;
  hosts.reset();  // reaped: its time counts
  const double host = cpu_us(RUSAGE_CHILDREN) - children_before;
  std::sort(times.begin(), times.end());
  std::printf("%-10d %10zu %12.0f %12.1f %12.1f %14.2f %14.2f %10.1f\n", in_flight, size_bytes, total / wall * 1e6, times[times.size() / 2],
              times[times.size() * 99 / 100], broker / total, host / (total + before), start_ms);
}

}  // namespace
}  // namespace liaison::plugin::testing

int main() {
  using namespace liaison::plugin::testing;
  for (const std::size_t mib : {20U, 100U}) carry_large(mib);
  std::printf("%-10s %10s %12s %12s %12s %14s %14s %10s\n", "in flight", "bytes", "calls/s", "p50 us", "p99 us", "broker us/call",
              "host us/call", "start ms");
  for (const int in_flight : {1, 4, 16, 64, 256}) measure(in_flight, in_flight == 1 ? 50'000 : 200'000, 2048);
  for (const std::size_t kib : {4U, 8U, 16U, 32U, 64U, 200U, 1000U, 5000U})
    for (const int in_flight : {1, 16}) measure(in_flight, static_cast<int>(std::clamp<std::size_t>(1'000'000 / kib, 400, 20'000)), kib << 10U);
}
