// SPDX-License-Identifier: Apache-2.0
// A world in one thread that a seed decides entirely: time, the disk's answers, sources, recipients, and the moments at
// which the gateway dies. The broker's own intake and scheduler run in it over the in-memory store, whose content is
// what survives a death; every answer of the disk comes late, and one that is under way at a death is never heard.
#pragma once

#include "core/base/clock.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

namespace liaison::test {

class dice {
 public:
  explicit dice(std::uint64_t seed) : random_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  std::uint64_t seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

/// What happens when. Events of equal time happen in the order in which they were asked for.
class timeline {
 public:
  using id = std::uint64_t;

  std::int64_t now() const { return now_; }
  id at(std::int64_t when, std::function<void()> work) {
    events_.emplace(std::pair{std::max(when, now_), ++last_}, std::move(work));
    times_[last_] = std::max(when, now_);
    return last_;
  }
  void forget(id which) {
    const auto known = times_.find(which);
    if (known == times_.end()) return;
    events_.erase({known->second, which});
    times_.erase(known);
  }
  /// False: nothing will ever happen again.
  bool step() {
    if (events_.empty()) return false;
    auto next = events_.extract(events_.begin());
    now_ = next.key().first;
    times_.erase(next.key().second);
    next.mapped()();
    return true;
  }

 private:
  std::int64_t now_ = 0;
  id last_ = 0;
  std::map<std::pair<std::int64_t, id>, std::function<void()>> events_;
  std::map<id, std::int64_t> times_;
};

/// The wall clock: the timeline's, and as far off as somebody set it.
class wall_clock final : public clock {
 public:
  explicit wall_clock(const timeline& time) : time_(time) {}
  unix_ms now() const override { return 1'700'000'000'000 + time_.now() + offset_ms; }
  std::int64_t steady_ms() const override { return time_.now(); }

  std::int64_t offset_ms = 0;

 private:
  const timeline& time_;
};

/// The turns of one part of one life of the gateway. What is handed in comes after a delay of the dice's choice, in the
/// order in which it was handed in; after `die` it never comes.
class life final : public executor {
 public:
  life(timeline& time, dice& chance, std::int64_t delay_ms_max)
      : time_(time), dice_(chance), delay_ms_max_(delay_ms_max) {}
  ~life() override { die(); }
  life(const life&) = delete;
  life& operator=(const life&) = delete;

  void post(std::function<void()> work) override {
    last_ = std::max(last_, time_.now() + dice_.between(0, delay_ms_max_));
    schedule(last_, std::move(work));
  }
  timer call_after(std::int64_t delay_ms, std::function<void()> work) override {
    return schedule(time_.now() + delay_ms, std::move(work));
  }
  void cancel(timer which) override {
    time_.forget(which);
    open_.erase(which);
  }
  void die() {
    for (const timer each : std::exchange(open_, {})) time_.forget(each);
  }

 private:
  timer schedule(std::int64_t when, std::function<void()> work) {
    auto name = std::make_shared<timer>(0);
    *name = time_.at(when, [this, name, work = std::move(work)] {
      open_.erase(*name);
      work();
    });
    open_.insert(*name);
    return *name;
  }

  timeline& time_;
  dice& dice_;
  const std::int64_t delay_ms_max_;
  std::int64_t last_ = 0;
  std::set<timer> open_;
};

}  // namespace liaison::test
