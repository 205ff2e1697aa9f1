// SPDX-License-Identifier: Apache-2.0
// Durable intake over MLLP of 2 kB results at 1, 8 and 64 connections, beside a bare server that appends to a log in groups
// and parses nothing. In each turn one follows the other, and each begins with nothing left to do.
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/bench/servers.hpp"
#include "core/net/load.hpp"

namespace liaison::app::bench {

namespace {

constexpr const char* name = "intake";
constexpr std::uint64_t numbers_of_a_turn = 10'000'000;

struct side {
  figure rate, p50_us, p99_us;
  void add(const net::load_outcome& of) {
    rate.add(static_cast<double>(of.accepted) / of.seconds);
    p50_us.add(of.latency_p50_us);
    p99_us.add(of.latency_p99_us);
  }
};

/// What a RabbitMQ quorum queue confirmed of the same bytes on a machine like this one (issue 7); bench/rabbitmq measures it.
constexpr double rabbitmq_with_64_in_flight = 30'000, rabbitmq_with_1_in_flight = 3'000;
constexpr const char* rabbitmq_is = "RabbitMQ quorum queue, confirmed; known figure, not of this run";

}  // namespace

result<std::vector<line>> measure_intake(const settings& how) {
  auto bare = start_bare_server(how.directory);
  if (!bare) return bare.error();
  auto ours = gateway_server::start(how.directory, how.plugins, intake_configuration());
  if (!ours) return ours.error();
  const gateway_server& gateway = ours.value();
  std::vector<line> lines;
  const double resident_at_start = resident_megabytes(gateway.id());
  const sample message = result_sample();
  std::uint64_t base = 0;
  for (const unsigned connections : how.connections) {
    side limit, figure_of_ours;
    figure sustained;
    for (int turn = 0; turn < turns; ++turn) {
      net::load_settings load;
      load.connections = connections;
      load.seconds = how.seconds;
      load.message = [&](std::uint64_t number) { return message.head(base + number); };
      load.tail = message.tail;
      const auto one_turn = [&](std::uint16_t port) {
        const on_one_core pinned;
        load.port = port;
        auto outcome = net::run_load(load);
        base += numbers_of_a_turn;
        if (outcome && outcome.value().refused > 0)
          return result<net::load_outcome>(failure{"refused", std::to_string(outcome.value().refused) + " messages were not acknowledged with AA"});
        return outcome;
      };
      auto of_bare = one_turn(bare.value().port);
      if (!of_bare) return of_bare.error();
      limit.add(of_bare.value());
      auto of_ours = one_turn(gateway.mllp_port());
      if (!of_ours) return of_ours.error();
      figure_of_ours.add(of_ours.value());
      auto filing = gateway.wait_until_filed();
      if (!filing) return filing.error();
      sustained.add(static_cast<double>(of_ours.value().accepted) / (of_ours.value().seconds + filing.value()));
    }
    const std::string at = std::to_string(connections) + (connections == 1 ? " connection" : " connections");
    const auto is = [](aim::bound bound, double value) { return aim{aim::of::ratio, bound, value}; };
    line rate{name, "rate, " + at, "messages/s", figure_of_ours.rate, limit.rate, "bare server", std::nullopt, {}};
    if (connections == 64) rate.aim = is(aim::bound::at_least, 0.7);
    line p50{name, "p50, " + at, "us", figure_of_ours.p50_us, limit.p50_us, "bare server", std::nullopt, {}};
    if (connections == 1) p50.aim = is(aim::bound::at_most, 1.5);
    lines.push_back(rate);
    lines.push_back(p50);
    lines.push_back({name, "p99, " + at, "us", figure_of_ours.p99_us, limit.p99_us, "bare server", std::nullopt, {}});
    lines.push_back({name, "sustained rate, " + at, "messages/s", sustained, limit.rate, "bare server", std::nullopt, "until all that was acknowledged is filed in its tables too"});
    if (connections == 64)
      lines.push_back({name, "rate beside a broker, " + at, "messages/s", figure_of_ours.rate, rabbitmq_with_64_in_flight, rabbitmq_is, is(aim::bound::at_least, 1), {}});
    if (connections == 1)
      lines.push_back({name, "rate beside a broker, " + at, "messages/s", figure_of_ours.rate, rabbitmq_with_1_in_flight, rabbitmq_is, std::nullopt, {}});
  }
  lines.push_back({name, "start until ready", "ms", gateway.start_ms(), {}, {}, std::nullopt, {}});
  lines.push_back({name, "broker resident", "MB", resident_megabytes(gateway.id()), resident_at_start, "at its start", std::nullopt, {}});
  return lines;
}

}  // namespace liaison::app::bench
