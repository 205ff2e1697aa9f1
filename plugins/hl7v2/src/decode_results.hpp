// SPDX-License-Identifier: Apache-2.0
// Pieces of the translation of results that decode_results.cpp and decode_observation.cpp share.
#pragma once

#include "decode.hpp"

#include <string>
#include <string_view>

namespace liaison::hl7v2 {

std::string_view observation_status(std::string_view code);
resource_ref write_observation(decoding& d, const segment& obx, std::string_view inherited_time);

}  // namespace liaison::hl7v2
