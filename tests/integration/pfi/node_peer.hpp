// SPDX-License-Identifier: Apache-2.0
// HL7 software that is not ours (tests/peers/hl7): a sender and a receiver in processes of their own.
#pragma once

#include "core/net/load.hpp"
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace liaison::test {

inline std::filesystem::path peer_folder() {
  return std::filesystem::path(LIAISON_SOURCE_DIRECTORY) / "tests/peers/hl7";
}

inline bool has_node_peer() { return std::filesystem::exists(peer_folder() / "node_modules/.installed"); }

/// What the sender prints for each file: MSA-1, MSA-2, then ERR-3/ERR-5 of each ERR.
inline std::vector<std::string> send_by_node(std::uint16_t port, const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> command{"/usr/bin/env", "node", (peer_folder() / "sender.js").string(),
                                   std::to_string(port)};
  for (const auto& file : files) command.push_back(file.string());
  const finished done = run(command);
  EXPECT_EQ(done.exit, 0) << done.err;
  std::vector<std::string> lines;
  std::istringstream out(done.out);
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  return lines;
}

/// A message that the receiver took, as its library reads it.
struct taken_message {
  std::string type, event, control_id, raw;
  std::vector<std::string> segments;
  /// The first segment that begins so; empty: none.
  std::string segment(const std::string& begin) const {
    for (const auto& one : segments)
      if (one.rfind(begin, 0) == 0) return one;
    return {};
  }
};

class node_receiver {
 public:
  node_receiver(std::filesystem::path folder, std::vector<std::string> answers = {}) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    port_ = net::free_loopback_port().value();
    std::vector<std::string> command{"/usr/bin/env", "node", (peer_folder() / "receiver.js").string(),
                                     std::to_string(port_), folder_.string()};
    command.insert(command.end(), answers.begin(), answers.end());
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::vector<char*> arguments;
      for (auto& a : command) arguments.push_back(a.data());
      arguments.push_back(nullptr);
      ::execv(command.front().c_str(), arguments.data());
      ::_exit(127);
    }
  }
  ~node_receiver() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  node_receiver(const node_receiver&) = delete;
  node_receiver& operator=(const node_receiver&) = delete;

  std::uint16_t port() const { return port_; }

  /// In the order in which they came; waits for so many, 30 s at most.
  std::vector<taken_message> taken(std::size_t wanted) const {
    for (int i = 0; i < 600 && files_in(folder_, ".json").size() < wanted; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::vector<taken_message> found;
    for (const auto& file : files_in(folder_, ".json")) {
      rapidjson::Document read;
      read.Parse(read_file(file).c_str());
      taken_message& made = found.emplace_back();
      made.type = read["type"].GetString();
      made.event = read["event"].GetString();
      made.control_id = read["control_id"].GetString();
      for (const auto& one : read["segments"].GetArray()) made.segments.emplace_back(one.GetString());
      made.raw = read_file(std::filesystem::path(file).replace_extension(".hl7"));
    }
    return found;
  }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace liaison::test
