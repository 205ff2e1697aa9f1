// SPDX-License-Identifier: Apache-2.0
// Structures of messages (tables/structures.txt) and which segments of a message fit into its own.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <string_view>

namespace liaison::hl7v2 {

/// Reports segments that are missing, out of place or unknown to the structure, each at its own location. A message
/// whose event has no structure here is not judged. Z segments may stand anywhere.
void check_order(const message& of, findings& found);

}  // namespace liaison::hl7v2
