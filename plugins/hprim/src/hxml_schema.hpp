// SPDX-License-Identifier: Apache-2.0
// Validation of HPRIM XML by schemas/hprim. The schema is loaded once, before the sandbox closes; without it, validate
// says so.
#pragma once

#include "hxml_message.hpp"

#include <string>

namespace liaison::hprim {

/// Loads `hprim-xml.xsd` of a folder. False, with a sentence in `why`, when it cannot.
bool load_hxml_schema(const std::string& folder, std::string& why);
bool has_hxml_schema();

/// What does not follow the schema, as findings with line and element; never with a value.
void check_schema(const hxml_message& message, findings& found);

}  // namespace liaison::hprim
