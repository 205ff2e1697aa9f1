// SPDX-License-Identifier: Apache-2.0
// One run of the simulated world: sources that insist, recipients that misbehave, a gateway that dies. `run` gives the
// first promise that was broken, in words; the same seed gives the same run.
#pragma once

#include "simulated_world.hpp"
#include "tests/unit/routing/broker_fixture.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace liaison::test {

struct simulation_figures {
  std::uint64_t events = 0, deaths = 0, acknowledged = 0, received = 0, received_again = 0;
};

class simulation {
 public:
  explicit simulation(std::uint64_t seed);
  ~simulation();

  /// The broken promise; empty: all were kept.
  std::string run();
  const simulation_figures& figures() const { return figures_; }

 private:
  struct letter;
  class recipient;
  /// The disk's thread: its answers come late and in order, or, when the judge asks, at once.
  class disk_turns;

  void begin_life();
  void die();
  void hand_in(letter& what);
  void answered(letter& what, const model::answer& got);
  void trouble();
  void heal();
  void judge();
  bool all_done();
  void broken(std::string what);
  model::message_id message_with(const std::string& text);
  std::vector<model::delivery> deliveries_of(model::message_id message);

  dice dice_;
  timeline time_;
  wall_clock wall_{time_};
  std::unique_ptr<disk_turns> disk_;
  life turns_{time_, dice_, 3};
  life hosts_{time_, dice_, 40};
  std::unique_ptr<store::memory_store> store_;
  scripted_translators translators_{hosts_};
  config::snapshot configuration_;
  std::map<std::string, std::shared_ptr<recipient>> recipients_;
  std::vector<std::unique_ptr<letter>> letters_;
  std::map<std::string, letter*> by_text_;
  observe::metrics metrics_;
  std::unique_ptr<routing::delivery_scheduler> scheduler_;
  std::unique_ptr<routing::message_intake> intake_;
  std::uint64_t life_number_ = 0;
  bool healed_ = false;
  std::string broken_;
  simulation_figures figures_;
};

}  // namespace liaison::test
