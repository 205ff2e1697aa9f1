// SPDX-License-Identifier: Apache-2.0
// What must hold of a gateway after each hostile input, whatever became of it.
#pragma once

#include "gateway_process.hpp"

#include <cstdint>
#include <string>

namespace liaison::test {

/// Resident memory of the broker, as it says itself.
std::uint64_t resident_bytes(const gateway_process& gateway);

/// Fails the test unless the gateway answers, takes a good message, holds less than `memory_bytes_max`, and lost no host.
void expect_sound(const gateway_process& gateway, std::uint64_t memory_bytes_max = 512U << 20);

/// Fails the test when the marker of a patient stands in the log or the metrics.
void expect_silent(const gateway_process& gateway);

/// "422 hl7v2-no-header": status, then codes of warnings and errors in their order, each once.
std::string outcome_of(const gateway_process::http& answer);

}  // namespace liaison::test
