// SPDX-License-Identifier: Apache-2.0
// Tells when a burst of work is over, from the processor time that the process has used. What is worth doing then costs too much
// to be done all the time: giving back the memory that the burst left free.
#pragma once

#include <cstdint>

namespace liaison::observe {

/// Processor time of all threads of this process since it began.
std::int64_t process_cpu_ms();

/// Thread: one.
class burst_watch {
 public:
  burst_watch(std::int64_t cpu_ms, std::int64_t steady_ms) : cpu_ms_(cpu_ms), steady_ms_(steady_ms) {}

  /// To be called once in a while, with `process_cpu_ms` and a clock that never goes back. True once after each burst: less than a
  /// tenth of a processor was used since the last call, and more than that before it.
  bool is_over(std::int64_t cpu_ms, std::int64_t steady_ms) {
    const bool is_busy = (cpu_ms - cpu_ms_) * 10 > steady_ms - steady_ms_;
    cpu_ms_ = cpu_ms;
    steady_ms_ = steady_ms;
    const bool was_busy = was_busy_;
    was_busy_ = is_busy;
    return was_busy && !is_busy;
  }

 private:
  std::int64_t cpu_ms_, steady_ms_;
  bool was_busy_ = false;
};

}  // namespace liaison::observe
