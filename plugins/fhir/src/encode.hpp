// SPDX-License-Identifier: Apache-2.0
// The pivot as R4 for a recipient.
#pragma once

#include "message.hpp"

namespace liaison::fhir {

liaison_status encode_pivot(const call& of);

}  // namespace liaison::fhir
