// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/processes.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

namespace liaison::app::bench {

namespace {

constexpr int wait_ms_max = 12'000, wait_step_ms = 20;

/// What we may use, looked up before anything was pinned.
const cpu_set_t& all_cores() {
  static const cpu_set_t cores = [] {
    cpu_set_t found;
    CPU_ZERO(&found);
    ::sched_getaffinity(0, sizeof found, &found);
    return found;
  }();
  return cores;
}

std::filesystem::path folder_of(pid_t id) { return std::filesystem::path("/proc") / std::to_string(id); }

/// A value in kB of a file of lines "Name:   12 kB", in MB; 0 when it is not there.
double megabytes_in(const std::filesystem::path& file, const char* name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.rfind(name, 0) == 0) return std::stod(line.substr(std::char_traits<char>::length(name))) / 1024;
  return 0;
}

unsigned entries_of(const std::filesystem::path& folder) {
  unsigned count = 0;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error); !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
  return count;
}

/// The fields of a stat file after the name in parentheses, which may hold anything: the first is the state.
std::vector<std::string> stat_fields(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

double seconds_in(const std::filesystem::path& stat) {
  constexpr std::size_t user = 11, system = 12;
  const auto fields = stat_fields(stat);
  if (fields.size() <= system) return 0;
  return (std::stod(fields[user]) + std::stod(fields[system])) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// A plugin host is started with the file of its plugin.
std::string name_of_child(pid_t id) {
  std::ifstream in(folder_of(id) / "cmdline", std::ios::binary);
  std::string name;
  for (std::string word; std::getline(in, word, '\0');)
    if (word.ends_with(".so")) name = std::filesystem::path(word).stem().string();
  return "host of " + (name.empty() ? first_line(folder_of(id) / "comm") : name);
}

}  // namespace

child::child(const std::function<void()>& body) {
  (void)all_cores();
  id_ = ::fork();
  if (id_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::sched_setaffinity(0, sizeof(cpu_set_t), &all_cores());
  body();
  ::_exit(1);
}

child::child(child&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

child& child::operator=(child&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

void child::end() {
  const pid_t id = std::exchange(id_, -1);
  if (id <= 0) return;
  ::kill(id, SIGTERM);
  for (int waited_ms = 0; waited_ms < wait_ms_max; waited_ms += wait_step_ms) {
    if (::waitpid(id, nullptr, WNOHANG) == id) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_step_ms));
  }
  ::kill(id, SIGKILL);
  ::waitpid(id, nullptr, 0);
}

bool child::is_running() const {
  if (id_ <= 0) return false;
  const auto fields = stat_fields(folder_of(id_) / "stat");
  return !fields.empty() && fields.front() != "Z" && fields.front() != "X";
}

on_one_core::on_one_core() {
  cpu_set_t last;
  CPU_ZERO(&last);
  for (int core = CPU_SETSIZE - 1; core >= 0; --core)
    if (CPU_ISSET(core, &all_cores())) {
      CPU_SET(core, &last);
      break;
    }
  ::sched_setaffinity(0, sizeof last, &last);
}

on_one_core::~on_one_core() { ::sched_setaffinity(0, sizeof(cpu_set_t), &all_cores()); }

std::vector<pid_t> children_of(pid_t id) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto fields = stat_fields(entry.path() / "stat");
    if (fields.size() > 1 && fields[1] == std::to_string(id)) found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

double resident_megabytes(pid_t id) { return megabytes_in(folder_of(id) / "status", "VmRSS:"); }
double proportional_megabytes(pid_t id) { return megabytes_in(folder_of(id) / "smaps_rollup", "Pss:"); }

double with_children_megabytes(pid_t id) {
  double sum = proportional_megabytes(id);
  for (const pid_t one : children_of(id)) sum += proportional_megabytes(one);
  return sum;
}

unsigned descriptors_of(pid_t id) { return entries_of(folder_of(id) / "fd"); }
unsigned threads_of(pid_t id) { return entries_of(folder_of(id) / "task"); }

std::uint64_t written_bytes(pid_t id) {
  std::ifstream in(folder_of(id) / "io");
  const std::string name = "write_bytes: ";
  for (std::string line; std::getline(in, line);)
    if (line.rfind(name, 0) == 0) return std::stoull(line.substr(name.size()));
  return 0;
}

cpu_by_stage cpu_seconds(pid_t id) {
  cpu_by_stage found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(id) / "task", error)) {
    const bool is_main = entry.path().filename() == std::to_string(id);
    found[is_main ? "logic" : first_line(entry.path() / "comm")] += seconds_in(entry.path() / "stat");
  }
  for (const pid_t one : children_of(id)) found[name_of_child(one)] += own_cpu_seconds(one);
  return found;
}

double own_cpu_seconds(pid_t id) { return seconds_in(folder_of(id) / "stat"); }

}  // namespace liaison::app::bench
