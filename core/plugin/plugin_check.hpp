// SPDX-License-Identifier: Apache-2.0
// Does a plugin keep the interface? Each check runs in a host process of its own, so that whatever it does is seen
// and harms nothing. `liaison plugin-check FILE.so [SAMPLE…]`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace liaison::plugin {

struct check_outcome {
  std::string check;  ///< stable name, "single-bytes"
  bool passed = false;
  std::string detail;  ///< a sentence; never a byte of a sample
};

struct check_settings {
  std::string host_program;  ///< empty: liaison-host beside the running program
  std::vector<std::string>
      samples;                    ///< contents of messages that the plugin should know; the more, the better the checks
  std::vector<std::string> only;  ///< names of checks; empty: all
  std::int64_t deadline_ms = 60'000;  ///< of each check
};

/// Blocks until all checks are done. What cannot be checked: that no issue text contains patient data.
std::vector<check_outcome> check_plugin(const std::string& file, const check_settings& how);

}  // namespace liaison::plugin
