// SPDX-License-Identifier: Apache-2.0
// Memory, descriptors and threads of a gateway that does its whole work at a steady pace: after a third of the time, when its
// caches are warm, and in the end. Connections come and go; what is delivered is removed, by the recipient and by retention.
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/bench/servers.hpp"
#include "core/net/load.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

namespace liaison::app::bench {

namespace {

using steady = std::chrono::steady_clock;
constexpr const char* name = "soak";
constexpr unsigned connections = 8;
constexpr std::uint64_t messages_of_a_round = 25;
constexpr std::chrono::milliseconds round_time{125};
constexpr double deliver_seconds_max = 120;

struct state {
  double megabytes = 0, descriptors = 0, threads = 0;
};

/// When nothing is under way: what is open then stays open.
result<state> look(const gateway_server& gateway) {
  if (auto filed = gateway.wait_until_filed(); !filed) return filed.error();
  if (auto idle = gateway.wait_until_idle(deliver_seconds_max); !idle) return idle.error();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  state found{with_children_megabytes(gateway.id()), static_cast<double>(descriptors_of(gateway.id())), static_cast<double>(threads_of(gateway.id()))};
  for (const pid_t one : children_of(gateway.id())) {
    found.descriptors += descriptors_of(one);
    found.threads += threads_of(one);
  }
  return found;
}

}  // namespace

result<std::vector<line>> measure_soak(const settings& how) {
  auto peer = start_peer();
  if (!peer) return peer.error();
  const std::string folder = how.directory + "/gp-in";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  auto started = gateway_server::start(how.directory, how.plugins,
                                       R"("store":{"retention":{"days":0.0005}},"endpoints":{"lab":{"format":"hl7v2","source":{"mllp":{"port":@mllp@}}},)"
                                       R"("gp":{"format":"hprim-medecin","destination":{"folder":{"path":")" + folder +
                                           R"("}}},"practice":{"format":"hl7v2","destination":{"mllp":{"host":"127.0.0.1","port":)" + std::to_string(peer.value().port) +
                                           R"(}}}},"routes":[{"name":"all","to":["gp","practice"]}])");
  if (!started) return started.error();
  const gateway_server& gateway = started.value();
  const sample message = result_sample();
  std::uint64_t sent = 0;
  const auto run_until = [&](steady::time_point end) -> result<done> {
    while (steady::now() < end) {
      const auto next = steady::now() + round_time;
      const std::uint64_t base = sent;
      net::load_settings load;
      load.port = gateway.mllp_port();
      load.connections = connections;
      load.messages_max = messages_of_a_round;
      load.seconds = deliver_seconds_max;
      load.message = [&](std::uint64_t number) { return message.head(base + number); };
      load.tail = message.tail;
      auto outcome = net::run_load(load);
      if (!outcome) return outcome.error();
      if (outcome.value().refused > 0) return failure{"refused", "a message was not acknowledged with AA"};
      sent += outcome.value().accepted;
      // The recipient takes its files away; a name that is still being written begins with a dot.
      for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (!entry.path().filename().string().starts_with(".")) std::filesystem::remove(entry.path(), error);
      std::this_thread::sleep_until(next);
    }
    return done{};
  };
  const auto begin = steady::now();
  const auto at = [&](double part) { return begin + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(how.seconds * part)); };
  if (auto ran = run_until(at(1.0 / 3)); !ran) return ran.error();
  auto warm = look(gateway);
  if (!warm) return warm.error();
  if (auto ran = run_until(at(1)); !ran) return ran.error();
  auto end = look(gateway);
  if (!end) return end.error();
  const std::string note = std::to_string(sent) + " messages to two recipients in " + std::to_string(static_cast<int>(how.seconds)) + " s";
  const char* is = "after a third of the time";
  return std::vector<line>{
      {name, "memory with plugin hosts", "MB", end.value().megabytes, warm.value().megabytes, is, aim{aim::of::ratio, aim::bound::at_most, 1.1}, note},
      {name, "descriptors", "open", end.value().descriptors, warm.value().descriptors, is, aim{aim::of::difference, aim::bound::at_most, 0}, note},
      {name, "threads", "threads", end.value().threads, warm.value().threads, is, aim{aim::of::difference, aim::bound::at_most, 0}, note}};
}

}  // namespace liaison::app::bench
