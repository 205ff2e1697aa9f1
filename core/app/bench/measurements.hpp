// SPDX-License-Identifier: Apache-2.0
// The measurements of `liaison bench --compare`, one file each. Every one takes ours and what it is held against in turns in
// one run, in a directory of its own, and gives its lines.
#pragma once

#include "core/app/bench/line.hpp"
#include "core/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace liaison::app::bench {

struct settings {
  double seconds = 3;            ///< of one turn
  std::uint64_t messages = 0;    ///< in the full store
  std::vector<unsigned> connections;
  std::string directory;         ///< this measurement's own
  std::string plugins;           ///< as given on the command line
};

inline constexpr int turns = 3;

struct measurement {
  const char* name;  ///< as `--only` takes it
  result<std::vector<line>> (*run)(const settings& how);
};

result<std::vector<line>> measure_intake(const settings& how);
result<std::vector<line>> measure_end_to_end(const settings& how);
result<std::vector<line>> measure_documents(const settings& how);
result<std::vector<line>> measure_plugin_call(const settings& how);
result<std::vector<line>> measure_store(const settings& how);
result<std::vector<line>> measure_soak(const settings& how);

}  // namespace liaison::app::bench
