// SPDX-License-Identifier: Apache-2.0
// The gateway's executor and clock over one Asio io_context, and two threads beside it for what blocks (fsync, reading
// large files). Work posted from other threads is taken over in batches: one wake-up, however many posts.
#pragma once

#include "core/base/clock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace liaison::net {

class asio_executor final : public executor, public clock {
 public:
  asio_executor();
  ~asio_executor() override;

  unix_ms now() const override;
  std::int64_t steady_ms() const override;

  void post(std::function<void()> work) override;
  timer call_after(std::int64_t delay_ms, std::function<void()> work) override;
  void cancel(timer id) override;

  /// `work` on one of the blocking threads, then `then` on the executor's. Both must not throw. Thread: the executor's.
  void run_blocking(std::function<void()> work, std::function<void()> then);

  /// Runs on the calling thread, which becomes the executor's, until `stop`.
  void run();
  void stop();  ///< Thread: any.

  boost::asio::io_context& context() { return context_; }

 private:
  void run_posted();
  void arm();
  void fire();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::thread_pool blocking_{2};

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  ///< guarded by mutex_
  std::vector<std::function<void()>> batch_;

  using due_key = std::pair<std::int64_t, timer>;  ///< steady milliseconds, then the order of the calls
  std::map<due_key, std::function<void()>> timers_;
  std::unordered_map<timer, std::int64_t> due_;
  boost::asio::steady_timer alarm_;
  std::int64_t alarm_at_ = -1;
  timer last_timer_ = 0;
};

}  // namespace liaison::net
