// SPDX-License-Identifier: Apache-2.0
// The header of a ClinicalDocument → Composition, Encounter and the people around it.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

/// Everything but recordTarget and the body. The Composition and the Patient exist.
void write_header(reading& r);

}  // namespace liaison::cda
