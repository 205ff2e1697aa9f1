// SPDX-License-Identifier: Apache-2.0
// What the gateway measures: the one table from which metrics are made and docs/reference/metrics.md is generated.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace liaison::observe {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// Ladders of histogram buckets: `quick` 50 µs to 10 s (commits, calls), `slow` 10 ms to a week (deliveries).
enum class ladder : std::uint8_t { none, quick, slow };

struct metric_description {
  const char* name;
  metric_kind kind;
  ladder buckets;
  std::array<const char*, 3> labels;  ///< in the order in which they are given; nullptr: no more
  const char* help;
};

/// Valid for ever; sorted by subject.
std::span<const metric_description> metric_table();
std::span<const double> bucket_limits(ladder which);  ///< seconds, ascending
const char* name_of(metric_kind kind);                ///< "counter" …

}  // namespace liaison::observe
