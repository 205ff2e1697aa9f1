// SPDX-License-Identifier: Apache-2.0
// FHIR XML to the same tree that JSON gives. Which elements repeat and which are numbers comes from the tables.
#pragma once

#include "json_parser.hpp"

namespace liaison::fhir {

/// Texts are copied into the tree. A fatal defect leaves the tree empty or incomplete.
parsed parse_fhir_xml(std::string_view bytes, tree& into);

}  // namespace liaison::fhir
