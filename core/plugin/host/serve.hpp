// SPDX-License-Identifier: Apache-2.0
// The host's work: calls in, one after another through the plugin, replies out.
#pragma once

#include "core/plugin/buffer.hpp"
#include "core/plugin/host/loaded_plugin.hpp"
#include "core/plugin/host/windows.hpp"
#include "core/plugin/wire.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace liaison::plugin::hosted {

/// Blocks until the calls pipe has given a whole frame; nothing at its end or when it is malformed.
std::optional<wire::frame> read_frame(buffer& in);
bool write_all(std::string_view bytes);  ///< to the replies pipe

enum class look_at_memory : std::uint8_t { no, yes };

/// Runs one call and appends its reply frame to `out`; large parts of the reply go into `shared`.
void run(const loaded_plugin& plugin, const wire::call_view& call, const wire::settings& how, look_at_memory look,
         room shared, std::string& out);

/// Until the broker closes the pipe.
int serve(const loaded_plugin& plugin, const wire::settings& how, const windows& shared, buffer& in);

}  // namespace liaison::plugin::hosted
