// SPDX-License-Identifier: Apache-2.0
// From what a host said, or did not say, to the one reply that a request gets. Pure.
#pragma once

#include "core/plugin/host_process.hpp"
#include "core/plugin/translators.hpp"
#include "core/plugin/wire.hpp"

#include <string>

namespace liaison::plugin {

/// Checks the answer against the interface (a known status, the parts that the operation owes) and makes the reply.
/// An answer that breaks it becomes mishap bad_reply with status QUARANTINE.
reply reply_of(operation what, wire::reply_view answer, std::string plugin);

/// For a message whose own fault it is that its host ended so.
reply reply_of(operation what, const std::string& format, plugin::mishap why, const std::string& detail,
               std::string plugin);

/// "plugin-busy", "plugin-unavailable", "plugin-call-too-large"…: nothing ran.
reply refusal(liaison_status status, plugin::mishap why, const char* code, std::string diagnostics);

}  // namespace liaison::plugin
