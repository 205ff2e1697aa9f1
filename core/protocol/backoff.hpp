// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next attempt. No clock and no randomness of its own: both are given.
#pragma once

#include "core/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace liaison::protocol {

struct backoff_limits {
  std::int64_t delay_ms_min = 1'000;
  std::int64_t delay_ms_max = 300'000;
};

/// The delay after the `failures`-th failure in a row (from 1): doubles from `delay_ms_min` up to `delay_ms_max`, of
/// which the upper half is drawn by `random` (any 64 bits), so that those who failed together do not come back
/// together. Never under 1.
std::int64_t backoff_delay_ms(const backoff_limits& limits, std::uint32_t failures, std::uint64_t random);

/// The same, but never before the recipient asked for (`retry_after_ms`, believed up to a day).
std::int64_t backoff_delay_ms(const backoff_limits& limits, std::uint32_t failures, std::uint64_t random,
                              std::int64_t retry_after_ms);

/// Value of Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date; milliseconds from `now`, at most a day.
std::optional<std::int64_t> retry_after_ms_of(std::string_view value, unix_ms now);

}  // namespace liaison::protocol
