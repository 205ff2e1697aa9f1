// SPDX-License-Identifier: Apache-2.0
// The gateway's metrics, by name; Prometheus text at GET /metrics. Labels are names of endpoints, formats,
// states and codes; never anything of a patient.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace liaison::observe {

using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Thread: any. Metrics are made at first use; names, help texts and labels stand in one table (metrics_table.cpp),
/// from which docs/reference/metrics.md is generated. An unknown name, or other labels than the table's in the table's
/// order, is a bug. Later uses of the same metric with the same labels cost well under a microsecond.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  void count(std::string_view name, labels with, double by = 1);
  void set(std::string_view name, labels with, double value);
  void observe_seconds(std::string_view name, labels with, double seconds);  ///< histogram
  void forget(std::string_view name, labels with);  ///< of an endpoint that is no longer configured
  std::string to_prometheus_text() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace liaison::observe
