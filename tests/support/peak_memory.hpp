// SPDX-License-Identifier: Apache-2.0
// The most memory that a piece of work takes, measured from outside its own process: VmHWM of a child that does it.
#pragma once

#include "../../core/plugin/host/large_blocks.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace liaison::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_measurable = false;  // a sanitizer has an allocator of its own
#else
inline constexpr bool memory_is_measurable = true;
#endif

/// "VmHWM" or "VmRSS" of this process, in bytes (proc(5)); 0 when it cannot be read.
inline std::size_t process_memory(const std::string& which) {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    std::size_t kilobytes = 0;
    if (name == which + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

/// To be called before the input is made: memory is dealt with as in liaison-host.
using plugin::hosted::map_large_blocks;

/// Bytes that `work` takes at its most in a child process, above what this process holds already (its input) and what
/// `warm_up`, the same with a small input, brought in (pages of libraries). `work` says whether all went well; 0 when
/// it did not.
template <class WarmUp, class Work>
std::size_t peak_of(WarmUp&& warm_up, Work&& work) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  ::malloc_trim(0);  // what was freed before and is still held would hide what the child takes
  const pid_t child = ::fork();
  if (child == 0) {
    warm_up();
    const std::size_t before = process_memory("VmRSS");
    const bool went_well = work();
    const std::size_t peak = went_well ? process_memory("VmHWM") - before : 0;
    const bool written = ::write(ends[1], &peak, sizeof peak) == static_cast<ssize_t>(sizeof peak);
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::size_t peak = 0;
  const bool got = child > 0 && ::read(ends[0], &peak, sizeof peak) == static_cast<ssize_t>(sizeof peak);
  ::close(ends[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return got ? peak : 0;
}

}  // namespace liaison::test
