// SPDX-License-Identifier: Apache-2.0
// Whoever waits for a host, and the host, take turns: nothing is gained from two processors, and to wake one that sleeps takes a
// virtual machine 25 to 50 µs each way, where changing over on one takes 2 to 4. So a thread and the hosts that it calls stay on
// one processor, as long as it makes one call at a time; with the second call under way all may run anywhere again.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace liaison::plugin {

/// Only a hint to the scheduler: what the kernel refuses is left as it is. Thread: that of all calls, which is the one that waits.
class core_sharing {
 public:
  core_sharing() = default;
  ~core_sharing() { let_go(); }
  core_sharing(const core_sharing&) = delete;
  core_sharing& operator=(const core_sharing&) = delete;

  /// A call of `host` is under way. A long one (some milliseconds) is better off on a processor of its own.
  void begun(pid_t host, bool is_long);
  void ended(std::size_t calls = 1);
  void forget(pid_t host);  ///< before it is reaped: its number may become another's
  void let_go();            ///< all run where they may again; also before a process is started, which would inherit the one processor
  bool is_sharing() const { return !bound_.empty(); }

 private:
  void gather(pid_t host);

  cpu_set_t allowed_{};  ///< to the thread, before
  std::chrono::steady_clock::time_point since_;
  std::vector<pid_t> bound_;  ///< to one processor: the thread, which is the first, and hosts
  std::size_t under_way_ = 0;
  unsigned alone_ = 0;       ///< calls in a row that were the only one
  bool is_refused_ = false;  ///< hosts are another user's and we may not
};

}  // namespace liaison::plugin
