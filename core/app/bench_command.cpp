// SPDX-License-Identifier: Apache-2.0
// `liaison bench`: our figure and the machine's own limit in one run, in turns, so that a machine that slows down slows
// both. The limit is a bare server (net/load.hpp); ours is `liaison run` in a process of its own.
#include "core/app/arguments.hpp"
#include "core/app/workbench.hpp"
#include "core/net/exchange.hpp"
#include "core/net/load.hpp"
#include "core/routing/converter.hpp"

#include <liaison/json_text.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace liaison::app {

namespace {

using steady = std::chrono::steady_clock;
constexpr int turns = 3;
constexpr std::size_t message_size_bytes = 2048;

/// A result of a laboratory, of a made-up person, filled up to 2 kB; every message its own control id and order.
std::string sample_message(std::uint64_t number) {
  const std::string n = std::to_string(number);
  std::string text =
      "MSH|^~\\&|SIL-BENCH|LABO|LIAISON|HOP|20261121103000||ORU^R01^ORU_R01|B" + n +
      "|P|2.5|||||FRA|UNICODE UTF-8\r"
      "PID|||IPP" + n + "^^^HOP&2.999.48.20&ISO^PI||MESURE^ANNE^ANNE^^^^L||19620214|F|||1 rue du Banc^^RENNES^^35000^FRA^H\r"
      "PV1|1|O|LABO||||||||||||||||S" + n + "^^^HOP&2.999.48.30&ISO^VN\r"
      "ORC|RE|P" + n + "|F" + n + "\rOBR|1|P" + n + "|F" + n + "|NFS^Numération formule^L|||20261121080000|||||||||||||||20261121100000||LAB|F\r";
  for (int i = 1; text.size() < message_size_bytes - 90; ++i)
    text += "OBX|" + std::to_string(i) + "|NM|A" + std::to_string(i) + "^Analyse numéro " + std::to_string(i) + "^L||" + std::to_string(i) +
            ".50|g/L^^UCUM|1.0-99.0|N|||F|||20261121095500\r";
  return text;
}

/// A child that ends with us.
class child {
 public:
  child() = default;
  explicit child(const std::function<void()>& body) : id_(::fork()) {
    if (id_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    ::_exit(1);
  }
  child(child&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  child& operator=(child&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~child() {
    if (id_ <= 0) return;
    ::kill(id_, SIGTERM);
    for (int i = 0; i < 150; ++i) {
      if (::waitpid(id_, nullptr, WNOHANG) == id_) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  pid_t id() const { return id_; }

 private:
  pid_t id_ = -1;
};

double resident_megabytes(pid_t id) {
  std::ifstream status("/proc/" + std::to_string(id) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  return 0;
}

struct gateway_child {
  child process;
  std::uint16_t mllp = 0, http = 0;
  double start_ms = 0;
};

result<gateway_child> start_gateway(const arguments& what, const std::string& directory) {
  gateway_child g;
  auto mllp = net::free_loopback_port(), http = net::free_loopback_port(), nobody = net::free_loopback_port();
  if (!mllp || !http || !nobody) return failure{"io-error", "no free port"};
  g.mllp = mllp.value();
  g.http = http.value();
  const std::string file = directory + "/gateway.json";
  std::ofstream(file) << R"({"instance":{"data":")" << directory << R"(/gateway"},"log":{"level":"warning"},"listen":{"http":{"port":)" << g.http
                      << R"(}},"plugins":{"directory":")" << plugin_directory(what.plugins) << R"("},"endpoints":{"lab":{"format":"hl7v2","source":{"mllp":{"port":)" << g.mllp
                      << R"(}}},"down":{"format":"hl7v2","destination":{"mllp":{"host":"127.0.0.1","port":)" << nobody.value()
                      << R"(}}}},"routes":[{"name":"all","to":["down"]}]})";
  const std::string program = program_path("liaison");
  const auto begin = steady::now();
  g.process = child([&] {
    if (!std::freopen((directory + "/gateway.log").c_str(), "w", stderr)) ::_exit(1);
    ::execl(program.c_str(), "liaison", "run", "--config", file.c_str(), nullptr);
  });
  const net::address ready{"http", "127.0.0.1", g.http, "/readyz"};
  for (int i = 0; i < 5'000; ++i) {
    auto answer = net::http_exchange(ready, {}, 1'000);
    if (answer && answer.value().status == 200) {
      g.start_ms = std::chrono::duration<double, std::milli>(steady::now() - begin).count();
      return g;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return failure{"unreachable", "the gateway did not start; see " + directory + "/gateway.log"};
}

result<std::pair<child, std::uint16_t>> start_bare(const std::string& directory) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return failure{"io-error", std::strerror(errno)};
  child process([&] {
    (void)net::run_bare_server(directory + "/bare.log", [&](std::uint16_t port) {
      if (::write(ends[1], &port, sizeof port) != sizeof port) ::_exit(1);
    });
  });
  ::close(ends[1]);
  std::uint16_t port = 0;
  const bool told = ::read(ends[0], &port, sizeof port) == sizeof port;
  ::close(ends[0]);
  if (!told) return failure{"io-error", "the bare server did not start"};
  return std::pair{std::move(process), port};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

struct figures {
  std::vector<double> rate, p50, p99;
  void add(const net::load_outcome& o) {
    rate.push_back(static_cast<double>(o.accepted) / o.seconds);
    p50.push_back(o.latency_p50_us);
    p99.push_back(o.latency_p99_us);
  }
  std::string json() const {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), R"({"messages_per_second":%.0f,"p50_us":%.0f,"p99_us":%.0f})", median(rate), median(p50), median(p99));
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
  return median(times);
}

}  // namespace

int run_bench(const arguments& what) {
  const bool own = what.directory.empty();
  std::string directory = own ? "liaison-bench-XXXXXX" : what.directory;
  if (own && !::mkdtemp(directory.data())) return complain(std::string("temporary directory: ") + std::strerror(errno), exit_unreachable);
  directory = std::filesystem::absolute(directory).string();
  std::filesystem::create_directories(directory);
  const auto clean = [&](int code) {
    std::error_code ignored;
    if (own) std::filesystem::remove_all(directory, ignored);
    return code;
  };
  auto bare = start_bare(directory);
  if (!bare) return clean(complain(bare.error().text, exit_unreachable));
  auto ours = start_gateway(what, directory);
  if (!ours) return clean(complain(ours.error().text, exit_unreachable));
  const double resident_at_start = resident_megabytes(ours.value().process.id());
  std::string json = "{\"intake\":[";
  std::uint64_t base = 0;
  const std::vector<unsigned> connections = what.connections.empty() ? std::vector<unsigned>{1, 8, 64} : what.connections;
  if (!what.json) std::printf("durable intake over MLLP, %zu bytes, median of %d turns of %.1f s\n%11s  %12s %8s %8s  %12s %8s %8s  %6s\n", message_size_bytes, turns, what.seconds, "connections", "bare msg/s", "p50 us", "p99 us", "liaison", "p50 us", "p99 us", "ratio");
  for (const unsigned n : connections) {
    figures limit, figure;
    for (int turn = 0; turn < turns; ++turn) {
      net::load_settings load;
      load.connections = n;
      load.seconds = what.seconds;
      load.message = [&base](std::uint64_t number) { return sample_message(base + number); };
      for (auto [port, into] : {std::pair{bare.value().second, &limit}, std::pair{ours.value().mllp, &figure}}) {
        load.port = port;
        auto outcome = net::run_load(load);
        if (!outcome) return clean(complain(outcome.error().text, exit_unreachable));
        if (outcome.value().refused > 0) return clean(complain(std::to_string(outcome.value().refused) + " messages were not acknowledged with AA", exit_bad_input));
        into->add(outcome.value());
        base += 10'000'000;
      }
    }
    if (!what.json)
      std::printf("%11u  %12.0f %8.0f %8.0f  %12.0f %8.0f %8.0f  %6.2f\n", n, median(limit.rate), median(limit.p50), median(limit.p99), median(figure.rate), median(figure.p50), median(figure.p99), median(figure.rate) / median(limit.rate));
    std::fflush(stdout);
    json += std::string(json.back() == '[' ? "" : ",") + "{\"connections\":" + std::to_string(n) + ",\"bare\":" + limit.json() + ",\"liaison\":" + figure.json() + "}";
  }
  const double resident = resident_megabytes(ours.value().process.id());
  const double start_ms = ours.value().start_ms;
  json += "],\"start_ms\":" + std::to_string(start_ms) + ",\"resident_mb_start\":" + std::to_string(resident_at_start) + ",\"resident_mb\":" + std::to_string(resident) + ",\"translation_ms\":{";
  if (!what.json) std::printf("start to ready %.0f ms; broker resident %.1f MB at start, %.1f MB after the load\n", start_ms, resident_at_start, resident);
  auto bench = workbench::open(host_settings_of(what));
  if (!bench) return clean(complain(bench.error().text, exit_plugin));
  for (const char* to : {"fhir", "hprim-medecin"}) {
    const double ms = translation_ms(*bench.value(), "hl7v2", to, sample_message(1));
    if (!what.json) std::printf("translation hl7v2 -> %s: %.2f ms\n", to, ms);
    json += std::string(json.back() == '{' ? "" : ",") + "\"hl7v2-" + to + "\":" + std::to_string(ms);
  }
  if (what.json) std::printf("%s}}\n", json.c_str());
  return clean(exit_done);
}

}  // namespace liaison::app
