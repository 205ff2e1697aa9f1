// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config/report.hpp"

#include <string>
#include <vector>

namespace liaison::config {

/// Puts each "KEY=VALUE" into the tree. The way to a key is made where the schema knows it; an endpoint or list item
/// that does not exist is an error, for it would be a new one with one key. Unknown keys are put in as well, so that
/// the check against the schema speaks of them like of any other.
void apply_overrides(node& root, const std::vector<std::string>& overrides, report& findings);

}  // namespace liaison::config
