// SPDX-License-Identifier: Apache-2.0
// `liaison bench`: our figure and the machine's own limit in one run, in turns, so that a machine that slows down slows
// both. The limit is a bare server (net/load.hpp); ours is `liaison run` in a process of its own. `--compare` is in
// app/bench/compare.cpp.
#include "core/app/arguments.hpp"
#include "core/app/bench/line.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/bench/scratch.hpp"
#include "core/app/bench/servers.hpp"
#include "core/app/workbench.hpp"
#include "core/net/load.hpp"
#include "core/routing/converter.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace liaison::app {

namespace {

using steady = std::chrono::steady_clock;
constexpr int turns = 3;

struct figures {
  bench::figure rate, p50, p99;
  void add(const net::load_outcome& o) {
    rate.add(static_cast<double>(o.accepted) / o.seconds);
    p50.add(o.latency_p50_us);
    p99.add(o.latency_p99_us);
  }
  std::string json() const {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), R"({"messages_per_second":%.0f,"p50_us":%.0f,"p99_us":%.0f})", rate.median(), p50.median(), p99.median());
    return text.data();
  }
};

/// Milliseconds of one translation, median of `rounds`.
double translation_ms(workbench& bench, const std::string& from, const std::string& to, const std::string& message) {
  constexpr int rounds = 50;
  routing::converter converter(bench.translators());
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = steady::now();
    bool fine = false;
    bench.wait([&](const std::function<void()>& done) {
      routing::conversion_request question;
      question.bytes = share(message);
      question.from.format = from;
      question.to.format = to;
      question.now = bench.now();
      question.purpose = routing::purpose::deliver;
      converter.convert(std::move(question), [&fine, done](routing::conversion made) {
        fine = made.status == LIAISON_OK;
        done();
      });
    });
    if (!fine) return -1;
    times.push_back(std::chrono::duration<double, std::milli>(steady::now() - begin).count());
  }
  return bench::median_of(std::move(times));
}

}  // namespace

int run_bench(const arguments& what) {
  if (what.compare) return run_comparison(what);
  auto directory = bench::scratch_directory::open(what.directory);
  if (!directory) return complain(directory.error().text, exit_unreachable);
  auto bare = bench::start_bare_server(directory.value().path());
  if (!bare) return complain(bare.error().text, exit_unreachable);
  auto ours = bench::gateway_server::start(directory.value().path(), what.plugins, bench::intake_configuration());
  if (!ours) return complain(ours.error().text, exit_unreachable);
  const double resident_at_start = bench::resident_megabytes(ours.value().id());
  const bench::sample message = bench::result_sample();
  std::string json = "{\"intake\":[";
  std::uint64_t base = 0;
  const std::vector<unsigned> connections = what.connections.empty() ? std::vector<unsigned>{1, 8, 64} : what.connections;
  if (!what.json) std::printf("durable intake over MLLP, %zu bytes, median of %d turns of %.1f s\n%11s  %12s %8s %8s  %12s %8s %8s  %6s\n", bench::result_size_bytes, turns, what.seconds, "connections", "bare msg/s", "p50 us", "p99 us", "liaison", "p50 us", "p99 us", "ratio");
  for (const unsigned n : connections) {
    figures limit, figure;
    for (int turn = 0; turn < turns; ++turn) {
      net::load_settings load;
      load.connections = n;
      load.seconds = what.seconds;
      load.message = [&](std::uint64_t number) { return message.head(base + number); };
      load.tail = message.tail;
      for (auto [port, into] : {std::pair{bare.value().port, &limit}, std::pair{ours.value().mllp_port(), &figure}}) {
        load.port = port;
        auto outcome = net::run_load(load);
        if (!outcome) return complain(outcome.error().text, exit_unreachable);
        if (outcome.value().refused > 0) return complain(std::to_string(outcome.value().refused) + " messages were not acknowledged with AA", exit_bad_input);
        into->add(outcome.value());
        base += 10'000'000;
      }
    }
    if (!what.json)
      std::printf("%11u  %12.0f %8.0f %8.0f  %12.0f %8.0f %8.0f  %6.2f\n", n, limit.rate.median(), limit.p50.median(), limit.p99.median(), figure.rate.median(), figure.p50.median(), figure.p99.median(), figure.rate.median() / limit.rate.median());
    std::fflush(stdout);
    json += std::string(json.back() == '[' ? "" : ",") + "{\"connections\":" + std::to_string(n) + ",\"bare\":" + limit.json() + ",\"liaison\":" + figure.json() + "}";
  }
  const double resident = bench::resident_megabytes(ours.value().id());
  const double start_ms = ours.value().start_ms();
  json += "],\"start_ms\":" + std::to_string(start_ms) + ",\"resident_mb_start\":" + std::to_string(resident_at_start) + ",\"resident_mb\":" + std::to_string(resident) + ",\"translation_ms\":{";
  if (!what.json) std::printf("start to ready %.0f ms; broker resident %.1f MB at start, %.1f MB after the load\n", start_ms, resident_at_start, resident);
  auto translators = workbench::open(host_settings_of(what));
  if (!translators) return complain(translators.error().text, exit_plugin);
  for (const char* to : {"fhir", "hprim-medecin"}) {
    const double ms = translation_ms(*translators.value(), "hl7v2", to, message.whole(1));
    if (!what.json) std::printf("translation hl7v2 -> %s: %.2f ms\n", to, ms);
    json += std::string(json.back() == '{' ? "" : ",") + "\"hl7v2-" + to + "\":" + std::to_string(ms);
  }
  if (what.json) std::printf("%s}}\n", json.c_str());
  return exit_done;
}

}  // namespace liaison::app
