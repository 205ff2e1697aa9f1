// SPDX-License-Identifier: Apache-2.0
// The rules of the CI-SIS header ("structuration minimale") and what the official schematrons do not see.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

liaison_status validate_document(const call& of, const opened& file);

}  // namespace liaison::cda
