// SPDX-License-Identifier: Apache-2.0
// `validate`: structure, fields and codes of a message by its version and profile, as plugins/hl7v2/tables say; the
// rules of the volet are in volet.hpp.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <string_view>

namespace liaison::hl7v2 {

void check_structure(const message& of, std::string_view profile, findings& found);

liaison_status validate_message(const call& request);

}  // namespace liaison::hl7v2
