// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/host/windows.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace liaison::plugin::hosted {

result<windows> map_windows(const wire::settings& how) {
  if (how.window_size_bytes == 0) {
    close_windows();
    return windows();
  }
  void* calls = mmap(nullptr, how.window_size_bytes, PROT_READ, MAP_SHARED, wire::calls_window_fd, 0);
  void* replies = mmap(nullptr, how.window_size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, wire::replies_window_fd, 0);
  const int error = errno;
  close_windows();
  if (calls == MAP_FAILED || replies == MAP_FAILED)
    return failure{"plugin-host-failed", std::string("mapping the windows: ") + std::strerror(error)};
  return windows{{static_cast<const char*>(calls), how.window_size_bytes}, static_cast<char*>(replies)};
}

void close_windows() { (void)close_range(wire::calls_window_fd, wire::replies_window_fd, 0); }

}  // namespace liaison::plugin::hosted
