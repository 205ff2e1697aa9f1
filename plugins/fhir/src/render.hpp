// SPDX-License-Identifier: Apache-2.0
// A FHIR message as a person reads it.
#pragma once

#include "bundle.hpp"

#include <string>

namespace liaison::fhir {

std::string render_text(const bundle_view& of);

}  // namespace liaison::fhir
