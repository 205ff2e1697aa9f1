// SPDX-License-Identifier: Apache-2.0
// The pivot → a CDA document: level 1 when the pivot's body is a file, level 3 with narrative and results else.
#pragma once

#include <liaison/common/plugin.hpp>

namespace liaison::cda {

liaison_status encode_document(const call& of);

}  // namespace liaison::cda
