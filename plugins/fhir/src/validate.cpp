// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

namespace liaison::fhir {

void validate_message(const call&, const message&) {}

}  // namespace liaison::fhir
