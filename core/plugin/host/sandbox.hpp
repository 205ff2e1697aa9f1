// SPDX-License-Identifier: Apache-2.0
// What a host process may still do once its plugin is loaded: read calls, write replies, use memory. The rest of
// the system is closed to it. docs/decisions/0002-plugin-host.md says why these layers and no others.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/wire.hpp"

#include <cstdint>

namespace liaison::plugin::hosted {

/// First thing in the process: dies with the broker, keeps only the two pipes and what may be windows.
result<done> detach_from_everything();

struct confinement {
  bool filtered = false;  ///< the system-call filter is in force
};

/// Cannot be undone. Afterwards the process is killed for any system call that is not on the list.
result<confinement> confine(std::uint64_t memory_bytes_max, wire::without_seccomp if_unavailable);

/// Exit codes of a host, beside wire::exit_out_of_memory; for people who trace one.
inline constexpr int exit_done = 0;
inline constexpr int exit_usage = 2;
inline constexpr int exit_refused = 3;

}  // namespace liaison::plugin::hosted
