// SPDX-License-Identifier: Apache-2.0
// FHIR as it came to the pivot.
#pragma once

#include "message.hpp"

namespace liaison::fhir {

/// Precondition: the message was read without fatal defects.
liaison_status decode_message(const call& of, message& read);

}  // namespace liaison::fhir
