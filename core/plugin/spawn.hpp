// SPDX-License-Identifier: Apache-2.0
// Host processes as the operating system sees them: started with two pipes and two windows, killed, reaped. No Asio here.
#pragma once

#include "core/base/result.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace liaison::plugin {

/// The broker's ends of the two pipes are non-blocking and closed on exec. The owner closes them and reaps `pid`.
struct child {
  pid_t pid = -1;
  int calls_fd = -1;    ///< the broker writes
  int replies_fd = -1;  ///< the broker reads
};

/// Descriptors of the broker at and above this number are in nobody's way when a child's are put in place.
inline constexpr int lowest_own_fd = 16;

/// Memory that the child finds on wire::calls_window_fd and wire::replies_window_fd. Stays the caller's.
struct window_descriptors {
  int calls = -1, replies = -1;  ///< both at or above `lowest_own_fd`, or both -1: none
};

/// Starts `program` with an almost empty environment and everything but these on /dev/null. The thread that
/// calls must live as long as the child is wanted: the kernel kills it when that thread ends.
result<child> spawn_host(const std::string& program, const std::vector<std::string>& arguments,
                         window_descriptors windows = {});

struct ending {
  int signal = 0;  ///< 0: it left by itself
  int exit_code = 0;
};

/// Sends SIGKILL and waits. Call it when the replies pipe has ended or the wait may take the moment it takes.
ending kill_and_reap(pid_t pid);

/// "signal 11 (SIGSEGV)", "exit code 0", "a system call that the sandbox forbids (SIGSYS)".
std::string description_of(const ending& how);

}  // namespace liaison::plugin
