// SPDX-License-Identifier: Apache-2.0
#include "peer_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace liaison::test {
namespace {

constexpr int start_ms_max = 60'000;

std::string folder_of(const std::string& name) { return std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/peers/" + name; }

/// The child's process, and the end of a pipe with what it writes.
pid_t begin(const std::vector<std::string>& command, const environment& with, bool errors_too, int& output) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const auto& [name, value] : with) ::setenv(name.c_str(), value.c_str(), 1);
    ::dup2(ends[1], 1);
    if (errors_too) ::dup2(ends[1], 2);
    std::vector<char*> arguments;
    for (const auto& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output = ends[0];
  return child;
}

}  // namespace

bool has_peer(const std::string& name) { return std::filesystem::exists(folder_of(name) + "/node_modules"); }

peer_output run_peer(const std::string& name, const std::string& script, const std::vector<std::string>& arguments,
                     const environment& with) {
  std::vector<std::string> command{"node", folder_of(name) + "/" + script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  int output = -1;
  const pid_t child = begin(command, with, true, output);
  peer_output found;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(output, buffer, sizeof(buffer))) > 0;) found.text.append(buffer, static_cast<std::size_t>(got));
  ::close(output);
  int status = 0;
  ::waitpid(child, &status, 0);
  found.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return found;
}

peer_process::peer_process(const std::string& name, const std::string& script, const environment& with) {
  int output = -1;
  process_ = begin({"node", folder_of(name) + "/" + script}, with, false, output);
  std::string line;
  pollfd ready{output, POLLIN, 0};
  char byte = 0;
  while (::poll(&ready, 1, start_ms_max) > 0 && ::read(output, &byte, 1) == 1 && byte != '\n') line += byte;
  ::close(output);
  port_ = std::atoi(line.c_str());
}

peer_process::~peer_process() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace liaison::test
