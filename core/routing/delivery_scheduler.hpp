// SPDX-License-Identifier: Apache-2.0
// Deliveries: for each recipient, in order where order matters, translate → prepare → send → record. A
// recipient that is down costs one probe at a time; its queue stays on disk, and nobody else waits for it.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/observe/metrics.hpp"
#include "core/routing/converter.hpp"
#include "core/store/store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace liaison::routing {

using sender_factory = std::function<std::shared_ptr<model::sender>(const config::endpoint&)>;

/// Thread: the executor's.
class delivery_scheduler {
 public:
  /// `seed` feeds the jitter. All references outlive this.
  delivery_scheduler(store::store& store, plugin::translators& translators, clock& clock, executor& executor,
                     observe::metrics& metrics, sender_factory make_sender, std::uint64_t seed);
  ~delivery_scheduler();

  /// Starts delivering by this configuration, or goes over to it: recipients whose settings did not change keep their
  /// connections; one that is gone keeps its queue on disk, visible and undelivered.
  void use(config::snapshot configuration);

  /// There may be something new for the recipient.
  void wake(const std::string& recipient);

  /// Hears of each delivery that came to its end.
  void when_ended(std::function<void()> then) { on_ended_ = std::move(then); }

  /// A person changed this delivery in the store: what was fetched before is stale.
  void changed(const std::string& recipient);

  /// Starts nothing new; calls back when nothing is in flight any more.
  void stop(std::function<void()> then);
  std::size_t in_flight() const { return jobs_; }

 private:
  struct lane;
  struct job;
  using lane_pointer = std::shared_ptr<lane>;
  using job_pointer = std::shared_ptr<job>;

  void pump(const lane_pointer& to);
  void fetch(const lane_pointer& to);
  void arm(const lane_pointer& to, unix_ms due);
  void start(const lane_pointer& to, store::work what);
  void translate(const job_pointer& j, shared_bytes raw);
  void translated(const job_pointer& j, conversion made);
  void note_passed_on(job& j);
  void ask_secrecy(const job_pointer& j);
  void withhold(const job_pointer& j, const model::issue& why);
  void prepare(const job_pointer& j);
  void send(const job_pointer& j);
  void sent(const job_pointer& j, const model::send_outcome& outcome);
  void note_busy(lane& to, model::delivery_id which);
  void fail(const job_pointer& j, model::send_outcome outcome);
  void give_up(const job_pointer& j, const std::string& code, const std::string& text);
  void release(job& j);
  void record(const job_pointer& j, std::function<void()> then);
  void end(const job_pointer& j);
  void expire_all();
  void end_waits();

  store::store& store_;
  converter converter_;
  clock& clock_;
  executor& executor_;
  observe::metrics& metrics_;
  sender_factory make_sender_;
  std::mt19937_64 random_;
  config::snapshot configuration_;
  std::map<std::string, lane_pointer> lanes_;
  std::size_t jobs_ = 0;
  std::function<void()> on_stopped_;
  bool stopping_ = false;
  executor::timer expiry_timer_ = 0, waits_timer_ = 0;
  std::function<void()> on_ended_;
};

}  // namespace liaison::routing
