// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace liaison::observe {

/// What the kernel knows about this process (proc(5)). A figure that cannot be read is 0.
struct process_figures {
  double start_time_seconds = 0;  ///< Unix time
  double resident_memory_bytes = 0;
  double cpu_seconds = 0;
  double open_fds = 0;
  double max_fds = 0;
};

process_figures read_process_figures();

}  // namespace liaison::observe
