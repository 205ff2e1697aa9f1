// SPDX-License-Identifier: Apache-2.0
// The types of document that CI-SIS knows (JDV_J07).
#pragma once

#include <string_view>

namespace liaison::cda {

struct document_type {
  std::string_view code, system_oid, label;
};

/// The row of a code, or of the type that says the same as a code outside the set; null when there is none.
const document_type* find_document_type(std::string_view code);

}  // namespace liaison::cda
