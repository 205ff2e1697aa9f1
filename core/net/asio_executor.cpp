// SPDX-License-Identifier: Apache-2.0
#include "core/net/asio_executor.hpp"

#include "core/base/assert.hpp"
#include "core/base/thread_name.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace liaison::net {

namespace asio = boost::asio;

asio_executor::asio_executor() : guard_(asio::make_work_guard(context_)), alarm_(context_) {}

asio_executor::~asio_executor() { blocking_.join(); }

unix_ms asio_executor::now() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t asio_executor::steady_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void asio_executor::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (first) asio::post(context_, [this] { run_posted(); });
}

// What is posted meanwhile waits for the next turn, so that sockets get theirs in between.
void asio_executor::run_posted() {
  std::vector<std::function<void()>> batch = std::move(batch_);
  batch.clear();
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (auto& work : batch) {
    work();
    work = nullptr;
  }
  batch.clear();
  batch_ = std::move(batch);
}

executor::timer asio_executor::call_after(std::int64_t delay_ms, std::function<void()> work) {
  const std::int64_t due = steady_ms() + std::max<std::int64_t>(delay_ms, 0);
  const timer id = ++last_timer_;
  timers_.emplace(due_key{due, id}, std::move(work));
  due_.emplace(id, due);
  if (alarm_at_ < 0 || due < alarm_at_) arm();
  return id;
}

void asio_executor::cancel(timer id) {
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  timers_.erase(due_key{found->second, id});
  due_.erase(found);  // the alarm may ring for nothing; that is cheaper than to set it anew
}

void asio_executor::arm() {
  LIAISON_ASSERT(!timers_.empty());
  alarm_at_ = timers_.begin()->first.first;
  alarm_.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(alarm_at_)));
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void asio_executor::fire() {
  alarm_at_ = -1;
  const std::int64_t now_ms = steady_ms();
  const timer newest = last_timer_;
  // Timers set by the callbacks wait for the next alarm, even when they are due at once.
  while (!timers_.empty() && timers_.begin()->first.first <= now_ms && timers_.begin()->first.second <= newest) {
    auto due = timers_.extract(timers_.begin());
    due_.erase(due.key().second);
    due.mapped()();
  }
  if (!timers_.empty() && (alarm_at_ < 0 || timers_.begin()->first.first < alarm_at_)) arm();
}

void asio_executor::run_blocking(std::function<void()> work, std::function<void()> then) {
  asio::post(blocking_, [this, job = std::move(work), after = std::move(then)]() mutable {
    thread_local const bool named = (name_this_thread("files"), true);
    (void)named;
    job();
    job = nullptr;
    post(std::move(after));
  });
}

void asio_executor::run() { context_.run(); }

void asio_executor::stop() { context_.stop(); }

}  // namespace liaison::net
