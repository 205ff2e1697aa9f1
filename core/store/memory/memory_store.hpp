// SPDX-License-Identifier: Apache-2.0
// The store contract in memory: for unit tests of what stands above the store and for simulation. Deterministic; a call
// takes effect at once and its callback is posted. Nothing here survives the process, so the gateway itself never uses
// it.
#pragma once

#include "core/store/store.hpp"

#include <cstdint>
#include <memory>

namespace liaison::store {

enum class refusal : std::uint8_t { full, failed };

class memory_store : public store {
 public:
  /// The next `operations` writing calls change nothing and answer `full` or `failed` ("store-full", "store-failed").
  virtual void refuse_next(refusal how, std::uint32_t operations) = 0;
  /// Flips one bit of a kept payload, as a bad disk would: `read_raw` answers "store-corrupt".
  virtual void corrupt_raw(model::message_id id) = 0;
};

struct memory_options {
  std::uint32_t receipts_kept = 50;  ///< of each kind and delivery: so many first and so many last ones
};

/// `runs` and `time` must outlive the store.
std::unique_ptr<memory_store> open_memory(executor& runs, const clock& time, memory_options options = {});

}  // namespace liaison::store
