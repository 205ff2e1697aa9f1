// SPDX-License-Identifier: Apache-2.0
// What an answer of a translator must look like, whoever looks: the pool at run time, plugin-check beforehand.
#pragma once

#include "core/plugin/wire.hpp"

#include <string>

namespace liaison::plugin {

/// Empty when the answer is as the interface wants it; else what is wrong, to follow "it …".
std::string breach_of(operation what, const wire::reply_view& answer);

/// "plugin-crashed" …
const char* issue_code_of(mishap what);

}  // namespace liaison::plugin
