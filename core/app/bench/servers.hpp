// SPDX-License-Identifier: Apache-2.0
// What is measured, each in a process of its own: the gateway as users run it, and the servers that it is held against.
#pragma once

#include "core/app/bench/processes.hpp"
#include "core/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace liaison::app::bench {

struct server {
  child process;
  std::uint16_t port = 0;
};

/// net::run_bare_server, its log in `directory`.
result<server> start_bare_server(const std::string& directory);
/// net::run_answering_peer.
result<server> start_peer();

class gateway_server {
 public:
  /// `endpoints` and `routes`: JSON, members of the configuration. "@mllp@" becomes a free port, which `mllp_port` tells,
  /// "@nobody@" one that nobody listens on. Failure when it is not ready in time.
  static result<gateway_server> start(const std::string& directory, const std::string& plugins, const std::string& configuration);

  pid_t id() const { return process_.id(); }
  std::uint16_t mllp_port() const { return mllp_; }
  double start_ms() const { return start_ms_; }
  void stop() { process_.end(); }

  /// Sum of a metric's values over the series whose labels hold `label` (any when empty); 0 when there is none.
  result<double> metric(const std::string& name, const std::string& label = {}) const;
  /// Until what was acknowledged also stands in the tables that are searched. The seconds that took.
  result<double> wait_until_filed() const;
  /// Until `recipient` has so many messages.
  result<double> wait_until_delivered(const std::string& recipient, std::uint64_t count, double seconds_max) const;
  /// Until no delivery waits for anything.
  result<double> wait_until_idle(double seconds_max) const;

 private:
  /// Asks until the sum of a metric satisfies; failure "timed-out" with `otherwise`.
  result<double> wait_for(const std::string& name, const std::string& label, const std::function<bool(double)>& is_enough, double seconds_max,
                          std::chrono::milliseconds pause, const std::string& otherwise) const;

  child process_;
  std::uint16_t mllp_ = 0, http_ = 0;
  double start_ms_ = 0;
};

/// An MLLP source "lab" whose messages are routed to one recipient that is down: what intake costs, and nothing else.
std::string intake_configuration();

}  // namespace liaison::app::bench
