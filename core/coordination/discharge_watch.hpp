// SPDX-License-Identifier: Apache-2.0
// The discharge clock: looks for stays whose letter has not left by its deadline and says so once, where the
// configuration says: log, metric, and a message to endpoints, which goes through the same durable queue as any other.
// The clocks themselves stand in the store, so that a restart forgets none.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/observe/metrics.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace liaison::coordination {

/// Name under which alerts come in as messages.
inline constexpr const char* discharge_source = "discharge-clock";

/// Thread: the executor's.
class discharge_watch {
 public:
  /// `on_deliveries` hears of each recipient that got an alert. All references outlive this.
  discharge_watch(store::store& store, const clock& clock, executor& executor, observe::metrics& metrics,
                  std::function<void(const std::string& recipient)> on_deliveries);
  ~discharge_watch();

  /// Begins to look, every five seconds; or goes over to another configuration.
  void use(config::snapshot configuration);
  void stop();

 private:
  void look();
  void count();
  void raise(std::vector<identity::stay_row> late);
  void said(const identity::stay_row& stay, std::function<void()> then);

  store::store& store_;
  const clock& clock_;
  executor& executor_;
  observe::metrics& metrics_;
  std::function<void(const std::string&)> on_deliveries_;
  config::snapshot configuration_;
  executor::timer timer_ = 0;
  bool stopped_ = false;
};

/// The alert: JSON, UTF-8, the same bytes at every try. Names the stay and its times, and no one.
std::string alert_of(const identity::stay_row& stay);

}  // namespace liaison::coordination
