// SPDX-License-Identifier: Apache-2.0
// Rules that hold between the entries of a Bundle: fullUrls, files and what is said of them, identities.
#pragma once

#include "bundle.hpp"
#include "findings.hpp"

namespace liaison::fhir {

void check_bundle(const bundle_view& of, findings& into);

}  // namespace liaison::fhir
