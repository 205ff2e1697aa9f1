// SPDX-License-Identifier: Apache-2.0
// A gateway that never rests: messages by MLLP, folder and HTTP; one recipient there, one away, one that comes and goes;
// configurations read anew, plugin hosts killed. What the process holds must not grow with what it has done.
// LIAISON_SOAK_SECONDS makes it longer.
#include "gateway_process.hpp"
#include "peak_memory.hpp"
#include "process_figures.hpp"

#include "core/net/load.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

namespace liaison::test {
namespace {

using steady = std::chrono::steady_clock;

void rest(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

/// An MLLP recipient that acknowledges everything while it is there.
class flapping_recipient {
 public:
  explicit flapping_recipient(std::uint16_t port) : port_(port), thread_([this] { work(); }) {}
  ~flapping_recipient() {
    go_on_ = false;
    thread_.join();
  }
  flapping_recipient(const flapping_recipient&) = delete;
  flapping_recipient& operator=(const flapping_recipient&) = delete;

  std::atomic<bool> stays{false};  ///< from the next time that it is there
  std::atomic<int> times_there{0};

 private:
  void work() {
    while (go_on_) {
      const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int on = 1;
      ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(listener, 8) == 0) {
        ++times_there;
        serve(listener);
      }
      ::close(listener);
      rest(700);
    }
  }

  void serve(int listener) {
    std::map<int, std::string> connections;
    const auto until = steady::now() + std::chrono::milliseconds(700);
    while (go_on_ && (stays || steady::now() < until)) {
      std::vector<pollfd> wanted{{listener, POLLIN, 0}};
      for (const auto& [handle, text] : connections) wanted.push_back({handle, POLLIN, 0});
      if (::poll(wanted.data(), wanted.size(), 20) <= 0) continue;
      if (wanted.front().revents != 0) connections.emplace(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "");
      for (std::size_t i = 1; i < wanted.size(); ++i)
        if (wanted[i].revents != 0 && !answer(wanted[i].fd, connections[wanted[i].fd])) {
          ::close(wanted[i].fd);
          connections.erase(wanted[i].fd);
        }
    }
    for (const auto& [handle, text] : connections) ::close(handle);
  }

  static bool answer(int handle, std::string& received) {
    std::array<char, 65'536> chunk;
    const ssize_t got = ::read(handle, chunk.data(), chunk.size());
    if (got <= 0) return false;
    received.append(chunk.data(), static_cast<std::size_t>(got));
    for (std::size_t end = received.find("\x1c\r"); end != std::string::npos; end = received.find("\x1c\r")) {
      std::size_t at = 0;
      for (int field = 0; field < 9 && at != std::string::npos; ++field) at = received.find('|', at + 1);
      const std::string id = received.substr(at + 1, received.find('|', at + 1) - at - 1);
      const std::string text = "\x0bMSH|^~\\&|PEER|||||ACK|1|P|2.5\rMSA|AA|" + id + "\r\x1c\r";
      received.erase(0, end + 2);
      if (::send(handle, text.data(), text.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
  }

  const std::uint16_t port_;
  std::atomic<bool> go_on_{true};
  std::thread thread_;
};

std::vector<pid_t> hosts_of(pid_t gateway) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_file(entry.path() / "stat");
    const std::size_t end = stat.rfind(") ");
    if (end != std::string::npos && stat.find("(liaison-host)") != std::string::npos &&
        std::strtol(stat.c_str() + end + 4, nullptr, 10) == gateway)
      found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

struct sample {
  std::uint64_t messages = 0;
  process_figures figures;
};

/// The middle one by memory, with the fewest descriptors of all (connections come and go; what leaks stays) and the most threads.
sample summary_of(std::vector<sample> some) {
  process_figures found = some.front().figures;
  for (const sample& each : some) {
    found.descriptors = std::min(found.descriptors, each.figures.descriptors);
    found.threads = std::max(found.threads, each.figures.threads);
  }
  std::sort(some.begin(), some.end(), [](const sample& a, const sample& b) { return a.figures.resident_bytes < b.figures.resident_bytes; });
  sample middle = some.at(some.size() / 2);
  middle.figures.descriptors = found.descriptors;
  middle.figures.threads = found.threads;
  return middle;
}

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

class soak : public ::testing::Test {
 protected:
  soak() {
    const std::string f = gateway.folder().string();
    const auto port = [](std::uint16_t number) { return std::to_string(number); };
    const std::string delivery = R"("format":"hl7v2","delivery":{"in_flight_max":16,"retry_delay_ms_min":50,"retry_delay_ms_max":400})";
    configuration = R"({"instance":{"name":"soak","data":")" + f + R"(/data"},"log":{"level":"LEVEL"},"listen":{"http":{"port":)" + port(gateway.http_port()) +
                    R"(}},"store":{"free_bytes_min":1048576},"endpoints":{"hospital":{"source":{"mllp":{"port":)" + port(gateway.mllp_port()) +
                    R"(}}},"laboratory":{"source":{"folder":{"path":")" + f + R"(/laboratory/out","quiet_ms":20,"poll_ms":50}}},"api":{"source":{"http":{}}},)" +
                    R"("there":{)" + delivery + R"(,"destination":{"folder":{"path":")" + f + R"(/gp/in"}}},)" +
                    R"("reads-fhir":{"format":"fhir","destination":{"folder":{"path":")" + f + R"(/pta/in"}}},)" +
                    R"("away":{)" + delivery + R"(,"destination":{"mllp":{"host":"127.0.0.1","port":)" + port(net::free_loopback_port().value()) +
                    R"(}}},"flapping":{)" + delivery + R"(,"destination":{"mllp":{"host":"127.0.0.1","port":)" + port(flapping_port) +
                    R"(}}}},"routes":[{"name":"all","to":["there","away","flapping"]},{"name":"translated","when":{"source":"laboratory"},"to":["reads-fhir"]}]})";
    configure("warning");
  }
  void configure(const char* level) {
    std::string text = configuration;
    text.replace(text.find("LEVEL"), 5, level);
    gateway.configure(text);
  }
  /// Until it is acknowledged: "not now" is an answer too.
  void insist(const std::function<bool()>& once) {
    while (!once()) {
      if (!go_on) {
        ++unanswered;
        return;
      }
      rest(5);
    }
    ++accepted;
  }
  void begin() {
    const auto busy = [this](std::function<void(int)> work) {
      threads.emplace_back([this, work = std::move(work)] {
        for (int i = 0; go_on; ++i) work(i);
      });
    };
    for (int which = 0; which < 8; ++which)
      busy([this, which](int i) {
        insist([&] { return gateway.send(plain_result("m" + std::to_string(which) + "x" + std::to_string(i)), 5'000).code == "AA"; });
        rest(20);
      });
    for (int which = 0; which < 2; ++which)
      busy([this, which](int i) {
        const std::string message = plain_result("h" + std::to_string(which) + "x" + std::to_string(i));
        insist([&] { return gateway.ask("POST", "/api/v1/messages", message).status / 100 == 2; });
        rest(20);
      });
    busy([this](int i) {
      write_file(gateway.folder() / "laboratory/out" / (std::to_string(i) + ".hl7"), plain_result("f" + std::to_string(i)));
      ++files;
      rest(40);
    });
    busy([this](int i) {  // who reads: the recipient's folders are emptied, the API and the metrics are asked
      for (const char* folder : {"gp/in", "pta/in", "laboratory/out/done"})
        for (const auto& file : files_in(gateway.folder() / folder)) std::filesystem::remove(file);
      if (i % 4 == 0) gateway.ask("GET", "/metrics");
      if (i % 4 == 2) gateway.ask("GET", "/api/v1/messages?limit=50");
      rest(100);
    });
    busy([this](int i) {
      rest(700);
      if (i % 2 == 0) {
        configure(i % 4 == 0 ? "error" : "warning");
        gateway.signal(SIGHUP);
        ++reloads;
        return;
      }
      const auto hosts = hosts_of(gateway.process());
      if (hosts.empty()) return;
      ::kill(hosts[static_cast<std::size_t>(i / 2) % hosts.size()], SIGKILL);
      ++kills;
    });
  }
  std::vector<std::string> dead_letters() const {
    rapidjson::Document found;
    found.Parse(gateway.ask("GET", "/api/v1/deliveries?state=dead&limit=1000").body.c_str());
    std::vector<std::string> ids;
    if (!found.HasParseError() && found.IsObject() && found.HasMember("items"))
      for (const auto& item : found["items"].GetArray()) ids.push_back(std::to_string(item["id"].GetUint64()));
    return ids;
  }
  void end() {
    go_on = false;
    for (auto& each : threads) each.join();
    threads.clear();
  }

  gateway_process gateway;
  const std::uint16_t flapping_port = net::free_loopback_port().value();
  std::string configuration;
  std::vector<std::thread> threads;
  std::atomic<bool> go_on{true};
  std::atomic<std::uint64_t> accepted{0}, unanswered{0}, files{0}, kills{0}, reloads{0};
};

TEST_F(soak, memory_descriptors_and_threads_stay_flat) {
  // The names of this many messages are held, 256 bytes each at most; until they are, memory may grow by so much.
  constexpr std::uint64_t names_held_max = 32'768, name_bytes = 256, growth_bytes_max = 3'000'000;
  const char* text = std::getenv("LIAISON_SOAK_SECONDS");
  const double seconds = text != nullptr ? std::strtod(text, nullptr) : 22;
  flapping_recipient flapping(flapping_port);
  gateway.start();
  if (HasFatalFailure()) return;
  begin();
  std::vector<sample> samples;
  const auto began = steady::now();
  // A machine that is busy with other things gets twice the time for a load that says something.
  const auto passed = [&] { return std::chrono::duration<double>(steady::now() - began).count(); };
  while (passed() < seconds || (accepted < 4'000 && passed() < 2 * seconds)) {
    rest(200);
    samples.push_back({accepted + files, figures_of(gateway.process())});
  }
  const double passed_seconds = passed();
  flapping.stays = true;
  end();

  const auto part = [&](double from, double to) {
    const auto count = static_cast<double>(samples.size());
    return summary_of({samples.begin() + static_cast<std::ptrdiff_t>(count * from), samples.begin() + static_cast<std::ptrdiff_t>(count * to)});
  };
  const sample middle = part(0.4, 0.6), last = part(0.8, 1);
  const std::uint64_t names = std::min(last.messages, names_held_max) - std::min(middle.messages, names_held_max);
  if (memory_is_measurable) {
    EXPECT_LE(last.figures.resident_bytes, middle.figures.resident_bytes + growth_bytes_max + names * name_bytes);
  }
  EXPECT_LE(last.figures.descriptors, middle.figures.descriptors + 5);
  EXPECT_LE(last.figures.threads, middle.figures.threads);
  EXPECT_GT(last.messages - middle.messages, 200U) << "too little work to say anything";
  EXPECT_GT(kills, 3U);
  EXPECT_GT(flapping.times_there, 5);

  // A message that was under way in two hosts that were killed is taken for what killed them: a dead letter, for a person to retry.
  std::uint64_t retried = 0;
  const auto is_done = [&] {
    for (const std::string& dead : dead_letters()) retried += gateway.ask("POST", "/api/v1/deliveries/" + dead + "/retry").status / 100 == 2 ? 1 : 0;
    return gateway.count("there", "delivered") >= accepted + files && gateway.count("flapping", "delivered") >= accepted + files &&
           gateway.count("reads-fhir", "delivered") >= files && gateway.count("away", "pending") >= accepted + files;
  };
  const auto patience = steady::now() + std::chrono::seconds(120);
  while (!is_done() && steady::now() < patience) rest(50);
  EXPECT_GE(gateway.count("there", "delivered"), accepted + files) << "nothing lost";
  EXPECT_LE(gateway.count("there"), accepted + files + unanswered) << "nothing made up";
  EXPECT_GE(gateway.count("flapping", "delivered"), accepted + files);
  EXPECT_EQ(gateway.count("reads-fhir", "delivered"), files);
  EXPECT_LE(retried, kills);
  EXPECT_GE(gateway.count("away", "pending"), accepted + files);
  std::printf("%.0f s, %llu messages, %llu reloads, %llu hosts killed, %llu dead letters retried; resident %.1f MB in the middle, %.1f MB at the end (%llu messages between), "
              "descriptors %llu and %llu, threads %llu and %llu\n",
              passed_seconds, static_cast<unsigned long long>(accepted + files), static_cast<unsigned long long>(reloads.load()),
              static_cast<unsigned long long>(kills.load()), static_cast<unsigned long long>(retried), megabytes(middle.figures.resident_bytes), megabytes(last.figures.resident_bytes),
              static_cast<unsigned long long>(last.messages - middle.messages), static_cast<unsigned long long>(middle.figures.descriptors),
              static_cast<unsigned long long>(last.figures.descriptors), static_cast<unsigned long long>(middle.figures.threads),
              static_cast<unsigned long long>(last.figures.threads));
  EXPECT_EQ(gateway.stop(), 0);
}

}  // namespace
}  // namespace liaison::test
