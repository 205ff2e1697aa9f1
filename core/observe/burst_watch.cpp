// SPDX-License-Identifier: Apache-2.0
#include "core/observe/burst_watch.hpp"

#include <ctime>

namespace liaison::observe {

std::int64_t process_cpu_ms() {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return 0;
  return std::int64_t{used.tv_sec} * 1'000 + used.tv_nsec / 1'000'000;
}

}  // namespace liaison::observe
