// SPDX-License-Identifier: Apache-2.0
// A pool of hosts over an io_context of its own, with calls that look synchronous.
#pragma once

#include "core/plugin/host_pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace liaison::plugin::testing {

inline std::string fixture(const std::string& name) { return std::string(LIAISON_FIXTURES) + "/" + name + ".so"; }

inline host_settings settings_for(std::vector<std::string> files) {
  host_settings how;
  how.host_program = std::string(LIAISON_BINARY_DIRECTORY) + "/bin/liaison-host";
  how.files = std::move(files);
  how.deadline_ms = 30'000;  // passed by no call, however slow the machine is
  how.memory_bytes_max = 128U << 20U;
  return how;
}

/// For tests that wait for the deadline.
inline host_settings hurried_settings_for(std::vector<std::string> files) {
  host_settings how = settings_for(std::move(files));
  how.deadline_ms = 800;
  return how;
}

/// Processes whose parent we are, zombies included.
inline std::vector<std::string> children() {
  std::vector<std::string> found;
  std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir("/proc"), closedir);
  while (const dirent* entry = readdir(proc.get())) {
    std::ifstream stat("/proc/" + std::string(entry->d_name) + "/stat");
    std::stringstream text;
    text << stat.rdbuf();
    const std::string line = text.str();
    const std::size_t after_name = line.rfind(')');
    if (after_name == std::string::npos) continue;
    char state = 0;
    int parent = 0;
    if (std::sscanf(line.c_str() + after_name + 1, " %c %d", &state, &parent) == 2 && parent == getpid())
      found.push_back(std::string(entry->d_name) + " " + state);
  }
  return found;
}

class pool_fixture {
 public:
  explicit pool_fixture(host_settings how) {
    how.observer = [this](const host_event& event) {
      if (event.kind == host_event_kind::ended) deaths.push_back(event.mishap);
      if (event.kind == host_event_kind::started) ++starts;
      if (event.kind == host_event_kind::replaced) ++replaced;
      if (event.kind == host_event_kind::load_failed) load_failures.emplace_back(event.plugin);
    };
    auto opened = open_hosts(io, std::move(how));
    if (opened)
      pool = std::move(opened).value();
    else
      why_not = opened.error();
  }

  /// Sends all at once; the replies in the order of the requests. Fails the test when one has none after 20 s.
  std::vector<reply> call_all(std::vector<request> requests) {
    std::vector<reply> replies(requests.size());
    std::size_t missing = requests.size();
    std::vector<int> answers(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
      pool->call(std::move(requests[i]), [&, i](reply got) {
        EXPECT_EQ(++answers[i], 1) << "a request was answered twice";
        replies[i] = std::move(got);
        --missing;
      });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(50);
    while (missing > 0 && std::chrono::steady_clock::now() < until)
      io.run_for(std::chrono::milliseconds(5)), io.restart();
    EXPECT_EQ(missing, 0U) << "requests without a reply";
    return replies;
  }
  reply call(request one) {
    std::vector<request> requests;
    requests.push_back(std::move(one));
    return call_all(std::move(requests)).front();
  }
  reply inspect(std::string input) { return call(request_for(std::move(input))); }

  static request request_for(std::string input, operation what = operation::inspect) {
    request made;
    made.what = what;
    made.format = "rogue";
    made.input = share(std::move(input));
    return made;
  }
  void run_for(int ms) {
    io.run_for(std::chrono::milliseconds(ms));
    io.restart();
  }

  boost::asio::io_context io;
  std::vector<mishap> deaths;
  std::vector<std::string> load_failures;
  int starts = 0, replaced = 0;
  failure why_not;
  std::unique_ptr<host_pool> pool;  // last: its end posts to io and tells the observer
};

inline std::string code_of(const reply& got) { return got.issues.empty() ? "" : got.issues.back().code; }
inline std::string facts_of(const reply& got) {
  const part* found = got.find(LIAISON_PART_FACTS);
  return found == nullptr ? "(none)" : found->bytes;
}

}  // namespace liaison::plugin::testing
