// SPDX-License-Identifier: Apache-2.0
#include "core/base/time_slice.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace liaison {
namespace {

/// sched_setattr(2), of which the C library has neither the functions nor, beside <sched.h>, the structure.
struct scheduling {
  std::uint32_t size = sizeof(scheduling), policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0, deadline_ns = 0, period_ns = 0;
};

}  // namespace

void ask_for_time_slices_of(std::chrono::microseconds length) noexcept {
  scheduling how;
  if (::syscall(SYS_sched_getattr, 0, &how, sizeof how, 0) != 0 || how.policy != SCHED_OTHER) return;
  how.runtime_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(length).count());
  (void)::syscall(SYS_sched_setattr, 0, &how, 0);
}

}  // namespace liaison
