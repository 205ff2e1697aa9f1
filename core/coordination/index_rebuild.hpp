// SPDX-License-Identifier: Apache-2.0
// Builds the patient index again from the messages that are kept, a slice at a time beside the running gateway.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/identity/observation.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <functional>

namespace liaison::coordination {

enum class rebuild_from : std::uint8_t {
  what_is_there,  ///< messages that are gone keep what they told: the default
  nothing,        ///< all is removed first, but for the choices that people recorded
};

/// Thread: the executor's.
class index_rebuild {
 public:
  explicit index_rebuild(store::store& store, const clock& clock) : store_(store), clock_(clock) {}

  /// False: one is under way already.
  bool start(rebuild_from from, identity::letter_rule rule);

  struct progress {
    bool is_running = false;
    std::uint64_t messages = 0;
    std::string error;  ///< why it ended early
  };
  const progress& state() const { return progress_; }

 private:
  void slice(model::message_id after);
  void apply(std::vector<store::stored_facts> messages);
  void end(const std::string& error);

  store::store& store_;
  const clock& clock_;
  identity::letter_rule rule_;
  progress progress_;
};

}  // namespace liaison::coordination
