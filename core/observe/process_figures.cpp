// SPDX-License-Identifier: Apache-2.0
#include "core/observe/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace liaison::observe {
namespace {

double boot_time_seconds() {
  std::ifstream file("/proc/stat");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

}  // namespace

process_figures read_process_figures() {
  process_figures found;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::ifstream stat("/proc/self/stat");
  std::string text;
  std::getline(stat, text);
  // The second field is the program's name in parentheses and may itself hold anything.
  if (auto name_end = text.rfind(')'); name_end != std::string::npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double user = 0, system = 0, start = 0, pages = 0;
    fields >> user >> system;
    for (int field = 16; field < 22; ++field) fields >> skipped;
    fields >> start >> skipped >> pages;
    if (fields) {
      found.cpu_seconds = (user + system) / ticks;
      found.start_time_seconds = boot_time_seconds() + start / ticks;
      found.resident_memory_bytes = pages * static_cast<double>(sysconf(_SC_PAGESIZE));
    }
  }
  std::error_code ignored;
  for (std::filesystem::directory_iterator at("/proc/self/fd", ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    found.open_fds += 1;
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) found.max_fds = static_cast<double>(files.rlim_cur);
  return found;
}

}  // namespace liaison::observe
