// SPDX-License-Identifier: Apache-2.0
// Business acknowledgements (CI-SIS CDA en HL7v2, ZAM^Z01, Z02, Z03): the end of a delivery becomes a message to the
// one who sent the document, with a delivery of its own. An end is settled in the transaction that keeps the
// acknowledgement: never none, never two, whenever the gateway stops.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/observe/metrics.hpp"
#include "core/plugin/translators.hpp"
#include "core/store/store.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace liaison::routing {

/// `source` of the messages that the gateway writes itself: delivered as they are.
inline constexpr const char* business_acknowledgement_source = "business-acknowledgements";

/// One acknowledgement to be written: the words of the facts' `answer`.
struct business_answer {
  std::string kind;  ///< dmp-received, mail-received, mail-read
  bool accepted = false;
  std::string address, recipient;
  std::string error_code;  ///< of the kind's table; empty when accepted
};

/// What the sender is to be told about one end, in the order of the kinds; empty: nothing. `unnamed` is set when the
/// recipient's endpoint says for no mailbox of the message that it stands for it.
struct business_answers {
  std::vector<business_answer> answers;
  bool unnamed = false;
};
business_answers answers_to(const store::outcome& ended, const config::endpoint& source,
                            const config::endpoint* recipient);

/// Thread: the executor's.
class business_acknowledger {
 public:
  /// `on_deliveries` hears of each recipient that got a delivery. All references outlive this.
  business_acknowledger(store::store& store, plugin::translators& translators, clock& clock, executor& executor,
                        observe::metrics& metrics, std::function<void(const std::string& recipient)> on_deliveries);
  ~business_acknowledger();

  void use(config::snapshot configuration);
  /// A delivery may have ended.
  void wake();
  /// Starts nothing new; calls back when nothing is under way.
  void stop(std::function<void()> then);

 private:
  struct job;
  using job_pointer = std::shared_ptr<job>;

  void look();
  void look_after(std::int64_t delay_ms);
  void next();
  void write(const job_pointer& j);
  void written(const job_pointer& j, plugin::reply reply);
  std::string control_id_of(const job& j) const;
  store::intake record_of(const job& j, const std::string& trigger, const std::string& bytes) const;
  void settle(const job_pointer& j);
  void settled(const job_pointer& j, result<std::vector<store::intake_outcome>> made);
  void note(const job_pointer& j, const std::string& code, const std::string& text);
  void rest();

  store::store& store_;
  plugin::translators& translators_;
  clock& clock_;
  executor& executor_;
  observe::metrics& metrics_;
  std::function<void(const std::string&)> on_deliveries_;
  config::snapshot configuration_;
  std::deque<store::outcome> ended_;
  bool busy_ = false, again_ = false, stopping_ = false;
  std::function<void()> on_stopped_;
  executor::timer timer_ = 0;
  std::int64_t timer_delay_ms_ = 0;
};

}  // namespace liaison::routing
