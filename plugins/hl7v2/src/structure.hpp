// SPDX-License-Identifier: Apache-2.0
// Structure of the messages that are used here: versions, types, required segments and fields, data types.
// For `validate`; the rules of the volet are in volet.hpp.
#pragma once

#include "findings.hpp"
#include "message.hpp"

namespace liaison::hl7v2 {

void check_structure(const message& of, findings& found);

liaison_status validate_message(const call& request);

}  // namespace liaison::hl7v2
