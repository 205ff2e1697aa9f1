// SPDX-License-Identifier: Apache-2.0
// The host's end of the shared memory: calls to look at, replies to lay down.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/wire.hpp"

#include <string_view>

namespace liaison::plugin::hosted {

/// Mapped until the process ends. Both empty: everything goes through the pipes.
struct windows {
  std::string_view calls;  ///< cannot be written to, whatever this process does
  char* replies = nullptr;
};

/// Maps what the settings promise and closes the descriptors in any case. Before the plugin is loaded and the sandbox
/// closes: afterwards nothing of the kind can be had.
result<windows> map_windows(const wire::settings& how);
void close_windows();  ///< without looking: this process was given none

}  // namespace liaison::plugin::hosted
