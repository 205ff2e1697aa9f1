// SPDX-License-Identifier: Apache-2.0
// What is wrong with a FHIR message beyond its bytes.
#pragma once

#include "message.hpp"

namespace liaison::fhir {

void validate_message(const call& of, const message& read);

}  // namespace liaison::fhir
