// SPDX-License-Identifier: Apache-2.0
// Time and turn-taking as the core sees them. The running gateway implements both over Asio; tests
// and simulations replace them by their own.
#pragma once

#include <cstdint>
#include <functional>

namespace liaison {

using unix_ms = std::int64_t;  ///< milliseconds since 1970-01-01T00:00:00Z

/// Thread: any.
class clock {
 public:
  virtual ~clock() = default;
  virtual unix_ms now() const = 0;            ///< wall clock; may jump
  virtual std::int64_t steady_ms() const = 0;  ///< never goes back; for intervals
};

/// The one thread on which the broker's logic runs. `post` may be called from any thread; the rest only on it.
class executor {
 public:
  using timer = std::uint64_t;  ///< 0 is no timer

  virtual ~executor() = default;
  virtual void post(std::function<void()> work) = 0;
  virtual timer call_after(std::int64_t delay_ms, std::function<void()> work) = 0;
  virtual void cancel(timer id) = 0;  ///< no effect when it fired or is 0
};

}  // namespace liaison
