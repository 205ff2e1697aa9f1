// SPDX-License-Identifier: Apache-2.0
// What another process holds now, read from /proc: for tests that say "and no more than before".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace liaison::test {

struct process_figures {
  std::uint64_t resident_bytes = 0, threads = 0, descriptors = 0;
};

/// All zero when there is no such process.
inline process_figures figures_of(pid_t process) {
  process_figures found;
  const std::string about = "/proc/" + std::to_string(process);
  std::ifstream status(about + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) found.resident_bytes = std::stoull(line.substr(6)) * 1024;
    if (line.starts_with("Threads:")) found.threads = std::stoull(line.substr(8));
  }
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(about + "/fd", ignored), end; !ignored && at != end; at.increment(ignored)) ++found.descriptors;
  return found;
}

}  // namespace liaison::test
