// SPDX-License-Identifier: Apache-2.0
// Intake: examine → route → one durable transaction → answer. What is answered `accepted` is on disk with the
// deliveries that it leads to; what is `rejected` is on disk in quarantine; `not_now` left nothing behind.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/observe/metrics.hpp"
#include "core/routing/examiner.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace liaison::routing {

/// Bytes of messages that may be worked on at the same time; beyond it senders are asked to come back.
constexpr std::uint64_t intake_bytes_in_flight_max = 512U << 20;

/// Thread: the executor's.
class message_intake final : public model::intake {
 public:
  /// `on_deliveries` hears of each recipient that got a new delivery. All references outlive this.
  message_intake(store::store& store, plugin::translators& translators, const clock& clock, executor& executor,
                 observe::metrics& metrics, std::function<void(const std::string& recipient)> on_deliveries);

  /// Takes effect for the next message. Precondition: not null; called before the first `accept`.
  void use(config::snapshot configuration) { configuration_ = std::move(configuration); }

  /// From now on everything is answered `not_now`; what is in flight is finished.
  void stop() { stopping_ = true; }
  std::size_t in_flight() const { return in_flight_; }
  /// How long ago the store failed to keep a message; nothing when it has kept one since, or never failed. Want of room is no failure.
  std::optional<std::int64_t> refused_ms_ago() const;

  void accept(model::arrival what, std::function<void(model::answer)> then) override;

 private:
  struct task;
  using task_pointer = std::shared_ptr<task>;

  void examined(const task_pointer& t);
  const identity::letter_rule& rule_of(const config::snapshot& configuration);
  void look_back(const task_pointer& t);
  void keep(const task_pointer& t);
  void kept(const task_pointer& t, store::intake_outcome outcome);
  void not_kept(const task_pointer& t, const failure& why);
  void filed(std::vector<store::filed>& group);
  void answer(const task_pointer& t);
  void acknowledge(const task_pointer& t, model::verdict verdict);
  void count(const std::string& source, const store::intake_outcome& outcome, std::vector<model::issue>& issues);
  void finish(const task_pointer& t, model::verdict verdict);

  store::store& store_;
  plugin::translators& translators_;
  examiner examiner_;
  const clock& clock_;
  executor& executor_;
  observe::metrics& metrics_;
  std::function<void(const std::string&)> on_deliveries_;
  config::snapshot configuration_;
  config::snapshot rule_from_;
  identity::letter_rule rule_;
  bool stopping_ = false;
  std::size_t in_flight_ = 0;
  std::optional<std::int64_t> refused_at_ms_;  ///< steady
  std::uint64_t bytes_in_flight_ = 0;
};

/// The reading that an endpoint's configuration asks for.
reading reading_of(const config::endpoint& endpoint);

/// When the letter after a discharge is late, as configured.
identity::letter_rule letter_rule_of(const config::configuration& configuration);

/// The store's record of an examined message, without the JSON of its facts: state, keys and deliveries by the rules. Shared with the embedded
/// tests of a configuration, so that a test tells what the gateway would do.
store::intake record_of(const config::configuration& configuration, const std::string& source, const examination& found);

}  // namespace liaison::routing
