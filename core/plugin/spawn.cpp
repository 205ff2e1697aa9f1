// SPDX-License-Identifier: Apache-2.0
// posix_spawn with exactly the descriptors that a host may have.
#include "core/plugin/spawn.hpp"

#include "core/plugin/wire.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace liaison::plugin {
namespace {

constexpr int pipe_size_bytes = 256 << 10;

class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct pipe_ends {
  descriptor read, write;
};

failure system_failure(const char* what) {
  return {"plugin-host-failed", std::string(what) + ": " + std::strerror(errno)};
}

result<pipe_ends> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("pipe for a plugin host");
  pipe_ends low{descriptor(ends[0]), descriptor(ends[1])};
  pipe_ends high{descriptor(::fcntl(ends[0], F_DUPFD_CLOEXEC, lowest_own_fd)),
                 descriptor(::fcntl(ends[1], F_DUPFD_CLOEXEC, lowest_own_fd))};
  if (high.read.get() < 0 || high.write.get() < 0) return system_failure("pipe for a plugin host");
  (void)::fcntl(high.write.get(), F_SETPIPE_SZ, pipe_size_bytes);  // smaller works, only slower
  return high;
}

/// What a host may know of the gateway's environment: where libraries are, and how sanitizers behave.
std::vector<std::string> environment() {
  std::vector<std::string> kept;
  for (const char* name : {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  return kept;
}

class spawn_actions {
 public:
  spawn_actions() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~spawn_actions() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  spawn_actions(const spawn_actions&) = delete;
  spawn_actions& operator=(const spawn_actions&) = delete;

  bool prepare(int calls, int replies, window_descriptors windows) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
           posix_spawnattr_setsigdefault(&attributes_, &all) == 0 &&
           // A group of its own: Ctrl-C on the gateway's terminal is for the gateway, which then stops its hosts.
           posix_spawnattr_setflags(&attributes_,
                                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0 &&
           posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0) == 0 &&
           posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0) == 0 &&
           posix_spawn_file_actions_adddup2(&actions_, 1, 2) == 0 &&
           posix_spawn_file_actions_adddup2(&actions_, calls, wire::calls_fd) == 0 &&
           posix_spawn_file_actions_adddup2(&actions_, replies, wire::replies_fd) == 0 &&
           (windows.calls < 0 ||
            (posix_spawn_file_actions_adddup2(&actions_, windows.calls, wire::calls_window_fd) == 0 &&
             posix_spawn_file_actions_adddup2(&actions_, windows.replies, wire::replies_window_fd) == 0));
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

bool make_nonblocking(int fd) { return ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) == 0; }

}  // namespace

result<child> spawn_host(const std::string& program, const std::vector<std::string>& arguments, window_descriptors windows) {
  auto calls = make_pipe();
  if (!calls) return calls.error();
  auto replies = make_pipe();
  if (!replies) return replies.error();
  spawn_actions how;
  if (!how.prepare(calls.value().read.get(), replies.value().write.get(), windows) ||
      !make_nonblocking(calls.value().write.get()) || !make_nonblocking(replies.value().read.get()))
    return system_failure("plugin host");
  std::vector<std::string> variables = environment();
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  child made;
  if (const int wrong =
          posix_spawn(&made.pid, program.c_str(), how.actions(), how.attributes(), argv.data(), envp.data())) {
    errno = wrong;
    return system_failure(("cannot start " + program).c_str());
  }
  made.calls_fd = calls.value().write.release();
  made.replies_fd = replies.value().read.release();
  return made;
}

ending kill_and_reap(pid_t pid) {
  ending how;
  int status = 0;
  // Only our own child, not yet reaped: the number cannot belong to anyone else.
  (void)::kill(pid, SIGKILL);
  pid_t got = 0;
  do got = ::waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  if (got != pid) return how;
  if (WIFSIGNALED(status))
    how.signal = WTERMSIG(status);
  else
    how.exit_code = WEXITSTATUS(status);
  return how;
}

std::string description_of(const ending& how) {
  if (how.signal == SIGSYS) return "a system call that the sandbox forbids (SIGSYS)";
  if (how.signal == 0) return "exit code " + std::to_string(how.exit_code);
  const char* name = sigabbrev_np(how.signal);
  return "signal " + std::to_string(how.signal) + (name == nullptr ? "" : std::string(" (SIG") + name + ")");
}

}  // namespace liaison::plugin
