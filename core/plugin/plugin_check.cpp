// SPDX-License-Identifier: Apache-2.0
// Starts one host for each check, listens to its findings, and says how it ended when it did not say itself.
#include "core/plugin/plugin_check.hpp"

#include "core/plugin/buffer.hpp"
#include "core/plugin/spawn.hpp"
#include "core/plugin/wire.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string_view>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::uint64_t finding_size_bytes_max = 64U << 10U;

// In this order; a plugin that fails the first is not looked at further.
constexpr const char* checks[] = {"loads",         "one-exported-symbol", "unknown-abi",   "names",
                                  "samples",       "empty-input",         "single-bytes",  "random-bytes",
                                  "hostile-input", "damaged-samples",     "odd-options",   "refusing-sink",
                                  "says-why",      "deterministic",       "bounded-memory"};

/// One run of one check.
class check_run {
 public:
  check_run(const std::string& program, const std::string& file, const char* name, const check_settings& how)
      : until_(steady::now() + std::chrono::milliseconds(how.deadline_ms)), deadline_ms_(how.deadline_ms) {
    outcome_.check = name;
    auto started = spawn_host(program, {file, "--check", name});
    if (!started) {
      outcome_.detail = started.error().text;
      return;
    }
    child_ = started.value();
    for (const std::string& sample : how.samples) {
      room none;
      if (wire::append_call_head(unsent_, wire::call_address{1, 0, {}}, request(), sample, none)) unsent_ += sample;
    }
    converse();
  }

  check_outcome outcome() && { return std::move(outcome_); }

 private:
  void converse() {
    bool timed_out = false;
    for (;;) {
      if (unsent_.size() == sent_ && child_.calls_fd >= 0) ::close(std::exchange(child_.calls_fd, -1));
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - steady::now()).count();
      timed_out = left <= 0;
      if (timed_out) break;
      pollfd pipes[] = {{child_.replies_fd, POLLIN, 0}, {child_.calls_fd, POLLOUT, 0}};
      if (::poll(pipes, 2, static_cast<int>(std::min<long long>(left, 1000))) <= 0) continue;
      if (pipes[1].revents != 0 && !send_more()) ::close(std::exchange(child_.calls_fd, -1)), sent_ = unsent_.size();
      if (pipes[0].revents != 0 && !read_more()) break;
    }
    if (child_.calls_fd >= 0) ::close(child_.calls_fd);
    ::close(child_.replies_fd);
    const ending how = kill_and_reap(child_.pid);
    if (said_) return;
    outcome_.passed = false;
    outcome_.detail =
        (timed_out ? "not done after " + std::to_string(deadline_ms_) + " ms" : "ended by " + how_it_ended(how)) +
        ", last seen at: " + (trying_.empty() ? "its start" : trying_);
  }

  static std::string how_it_ended(const ending& how) {
    if (how.signal == 0 && how.exit_code == wire::exit_out_of_memory) return "its memory limit";
    return description_of(how);
  }

  bool send_more() {
    const ssize_t put = ::write(child_.calls_fd, unsent_.data() + sent_, unsent_.size() - sent_);
    if (put > 0) sent_ += static_cast<std::size_t>(put);
    return put >= 0 || errno == EAGAIN || errno == EINTR;
  }

  bool read_more() {
    in_.reserve(4096);
    const ssize_t got = ::read(child_.replies_fd, in_.room(), in_.room_bytes());
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    in_.filled(static_cast<std::size_t>(got));
    for (;;) {
      const wire::frame next = wire::first_frame(in_.unread(), finding_size_bytes_max);
      if (next.state == wire::frame_state::incomplete) return true;
      const auto found = wire::parse_finding(next.body);
      if (next.state == wire::frame_state::malformed || next.kind != wire::frame_kind::finding || !found || said_) {
        said_ = true;
        outcome_.passed = false;
        outcome_.detail = "wrote to the host's pipe itself";
        return false;
      }
      if (found.value().kind == wire::finding_kind::trying) {
        trying_ = found.value().text;
      } else {
        said_ = true;
        outcome_.passed = found.value().kind == wire::finding_kind::passed;
        outcome_.detail = found.value().text;
      }
      in_.consume(next.consumed_bytes);
    }
  }

  steady::time_point until_;
  std::int64_t deadline_ms_;
  check_outcome outcome_;
  child child_;
  std::string unsent_, trying_;
  std::size_t sent_ = 0;
  bool said_ = false;
  buffer in_;
};

std::string program_of(const check_settings& how) {
  if (!how.host_program.empty()) return how.host_program;
  std::error_code wrong;
  return (std::filesystem::read_symlink("/proc/self/exe", wrong).parent_path() / "liaison-host").string();
}

}  // namespace

std::vector<check_outcome> check_plugin(const std::string& file, const check_settings& how) {
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) (void)signal(SIGPIPE, SIG_IGN);
  const std::string program = program_of(how);
  std::error_code wrong;
  const std::string absolute = std::filesystem::absolute(file, wrong).string();
  const auto run = [&](const char* name) { return check_run(program, absolute, name, how).outcome(); };
  std::vector<check_outcome> outcomes;
  for (const char* name : checks) {
    if (!how.only.empty() && std::find(how.only.begin(), how.only.end(), name) == how.only.end()) continue;
    outcomes.push_back(run(name));
    check_outcome& last = outcomes.back();
    if (std::string_view(name) == "deterministic" && last.passed)
      if (const check_outcome again = run(name); again.detail != last.detail) {
        last.passed = false;
        last.detail = "another process gave another output for the same bytes";
      }
    if (!last.passed && std::string_view(name) == checks[0]) break;
  }
  return outcomes;
}

}  // namespace liaison::plugin
