// SPDX-License-Identifier: Apache-2.0
// A message as text for people.
#pragma once

#include <liaison/common/plugin.hpp>

namespace liaison::hl7v2 {

liaison_status render_message(const call& request);

}  // namespace liaison::hl7v2
