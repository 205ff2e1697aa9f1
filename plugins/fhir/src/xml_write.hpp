// SPDX-License-Identifier: Apache-2.0
// A tree as FHIR XML (R4, xml.html).
#pragma once

#include "tree.hpp"

#include <string>

namespace liaison::fhir {

std::string write_fhir_xml(const tree& of);

}  // namespace liaison::fhir
