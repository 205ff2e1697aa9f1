// SPDX-License-Identifier: Apache-2.0
// The processes of a measurement: started, watched by way of /proc, ended with us.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace liaison::app::bench {

/// A child that ends with us, free to use every core.
class child {
 public:
  child() = default;
  explicit child(const std::function<void()>& body);
  child(child&& other) noexcept;
  child& operator=(child&& other) noexcept;
  ~child() { end(); }

  void end();  ///< SIGTERM, and SIGKILL after twelve seconds
  pid_t id() const { return id_; }
  bool is_running() const;

 private:
  pid_t id_ = -1;
};

/// While it lives, the calling thread stays on the last of the cores that we may use. The sender of a load does, in the turns
/// of both sides alike: it then neither moves between cores nor pushes the server off the one that it is on. The servers are
/// free to use all, as they are where they run.
class on_one_core {
 public:
  on_one_core();
  ~on_one_core();
  on_one_core(const on_one_core&) = delete;
  on_one_core& operator=(const on_one_core&) = delete;
};

std::vector<pid_t> children_of(pid_t id);

double resident_megabytes(pid_t id);
/// PSS: pages that several processes share are counted once. 0 when the kernel does not tell.
double proportional_megabytes(pid_t id);
double with_children_megabytes(pid_t id);  ///< sum of the PSS of it and its children

unsigned descriptors_of(pid_t id);
unsigned threads_of(pid_t id);
std::uint64_t written_bytes(pid_t id);  ///< that it caused to be sent to the disk, since it began

/// CPU seconds since they began, of the threads of a process by name, and of its children by what they carry.
using cpu_by_stage = std::map<std::string, double>;
cpu_by_stage cpu_seconds(pid_t id);
double own_cpu_seconds(pid_t id);  ///< of all threads of one process

}  // namespace liaison::app::bench
