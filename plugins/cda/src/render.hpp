// SPDX-License-Identifier: Apache-2.0
// The document as a person reads it, plain text.
#pragma once

#include "reading.hpp"

namespace liaison::cda {

std::string render_text(const call& of, const opened& file);

}  // namespace liaison::cda
