// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/servers.hpp"

#include "core/app/workbench.hpp"
#include "core/net/exchange.hpp"
#include "core/net/load.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace liaison::app::bench {

namespace {

using steady = std::chrono::steady_clock;
constexpr double start_seconds_max = 20, file_seconds_max = 600;

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

using tell_port = std::function<void(std::uint16_t)>;

result<server> start_server(const std::function<void(const tell_port&)>& run) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return failure{"io-error", std::strerror(errno)};
  server made;
  made.process = child([&] {
    run([&](std::uint16_t port) {
      if (::write(ends[1], &port, sizeof port) != sizeof port) ::_exit(1);
    });
  });
  ::close(ends[1]);
  const bool told = ::read(ends[0], &made.port, sizeof made.port) == sizeof made.port;
  ::close(ends[0]);
  if (!told) return failure{"io-error", "a server of the measurement did not start"};
  return made;
}

void replace_all(std::string& in, const std::string& what, const std::string& by) {
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + by.size())) in.replace(at, what.size(), by);
}

}  // namespace

result<server> start_bare_server(const std::string& directory) {
  return start_server([&](const tell_port& tell) { (void)net::run_bare_server(directory + "/bare.log", tell); });
}

result<server> start_peer() {
  return start_server([](const tell_port& tell) { (void)net::run_answering_peer(tell); });
}

std::string intake_configuration() {
  return R"("endpoints":{"lab":{"format":"hl7v2","source":{"mllp":{"port":@mllp@}}},)"
         R"("down":{"format":"hl7v2","destination":{"mllp":{"host":"127.0.0.1","port":@nobody@}}}},)"
         R"("routes":[{"name":"all","to":["down"]}])";
}

result<gateway_server> gateway_server::start(const std::string& directory, const std::string& plugins, const std::string& configuration) {
  gateway_server g;
  auto mllp = net::free_loopback_port(), http = net::free_loopback_port(), nobody = net::free_loopback_port();
  if (!mllp || !http || !nobody) return failure{"io-error", "no free port"};
  g.mllp_ = mllp.value();
  g.http_ = http.value();
  std::string text = R"({"instance":{"data":")" + directory + R"(/gateway"},"log":{"level":"warning"},"listen":{"http":{"port":)" + std::to_string(g.http_) +
                     R"(}},"plugins":{"directory":")" + plugin_directory(plugins) + "\"}," + configuration + "}";
  replace_all(text, "@mllp@", std::to_string(g.mllp_));
  replace_all(text, "@nobody@", std::to_string(nobody.value()));
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  const std::string file = directory + "/gateway.json", log = directory + "/gateway.log";
  std::ofstream(file) << text;
  const std::string program = program_path("liaison");
  const auto begin = steady::now();
  g.process_ = child([&] {
    if (!std::freopen(log.c_str(), "w", stderr)) ::_exit(1);
    ::execl(program.c_str(), "liaison", "run", "--config", file.c_str(), nullptr);
  });
  const net::address ready{"http", "127.0.0.1", g.http_, "/readyz"};
  while (seconds_since(begin) < start_seconds_max && g.process_.is_running()) {
    auto answer = net::http_exchange(ready, {}, 1'000);
    if (answer && answer.value().status == 200) {
      g.start_ms_ = seconds_since(begin) * 1e3;
      return g;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return failure{"unreachable", "the gateway did not start; see " + log};
}

result<double> gateway_server::metric(const std::string& name, const std::string& label) const {
  auto answer = net::http_exchange({"http", "127.0.0.1", http_, "/metrics"}, {}, 30'000);
  if (!answer) return answer.error();
  double sum = 0;
  std::istringstream lines(answer.value().body);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0 || line.size() == name.size()) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    if (line.find(label) == std::string::npos) continue;
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

result<double> gateway_server::wait_for(const std::string& name, const std::string& label, const std::function<bool(double)>& is_enough,
                                        double seconds_max, std::chrono::milliseconds pause, const std::string& otherwise) const {
  const auto begin = steady::now();
  while (seconds_since(begin) < seconds_max) {
    auto now = metric(name, label);
    if (!now) return now.error();
    if (is_enough(now.value())) return seconds_since(begin);
    std::this_thread::sleep_for(pause);
  }
  return failure{"timed-out", otherwise};
}

result<double> gateway_server::wait_until_filed() const {
  return wait_for("liaison_store_unfiled_messages", {}, [](double left) { return left == 0; }, file_seconds_max, std::chrono::milliseconds(20),
                  "the gateway did not file what it took in");
}

result<double> gateway_server::wait_until_delivered(const std::string& recipient, std::uint64_t count, double seconds_max) const {
  return wait_for("liaison_deliveries", "recipient=\"" + recipient + "\",state=\"delivered\"",
                  [count](double has) { return has >= static_cast<double>(count); }, seconds_max, std::chrono::milliseconds(25),
                  "not everything was delivered to " + recipient);
}

result<double> gateway_server::wait_until_idle(double seconds_max) const {
  return wait_for("liaison_deliveries", "state=\"pending\"", [](double left) { return left == 0; }, seconds_max, std::chrono::milliseconds(25),
                  "the gateway did not deliver what it took in");
}

}  // namespace liaison::app::bench
