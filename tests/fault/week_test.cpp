// SPDX-License-Identifier: Apache-2.0
// A recipient that refuses for a week, with a queue behind it: the real store and the broker's own scheduler under a clock
// that leaps. What a day costs must not depend on the length of the queue; then everything goes, in order, once.
// LIAISON_QUEUE makes the queue longer.
#include "tests/contract/store/store_fixture.hpp"
#include "tests/support/peak_memory.hpp"
#include "tests/unit/routing/broker_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

namespace liaison::test {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

/// Posts from any thread run on this one; timers by a clock that leaps to the next one.
class leaping_time final : public clock, public executor {
 public:
  unix_ms now() const override { return now_; }
  std::int64_t steady_ms() const override { return now_; }
  void post(std::function<void()> work) override {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
    }
    wake_.notify_one();
  }
  timer call_after(std::int64_t delay_ms, std::function<void()> work) override {
    timers_.emplace(std::pair{now_ + delay_ms, ++last_}, std::move(work));
    due_[last_] = now_ + delay_ms;
    return last_;
  }
  void cancel(timer id) override {
    const auto known = due_.find(id);
    if (known == due_.end()) return;
    timers_.erase({known->second, id});
    due_.erase(known);
  }

  /// Runs what is posted until `reached`; false when nothing comes for a minute.
  bool run_until(const std::function<bool()>& reached) {
    while (!reached()) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait_for(lock, std::chrono::minutes(1), [this] { return !posted_.empty(); })) return false;
        next = std::move(posted_.front());
        posted_.pop_front();
      }
      ++turns;
      next();
    }
    return true;
  }
  bool has_work() const {
    const std::lock_guard lock(mutex_);
    return !posted_.empty();
  }
  /// The next timer, when it is due before `until`.
  bool leap(unix_ms until) {
    if (timers_.empty() || timers_.begin()->first.first > until) return false;
    auto next = timers_.extract(timers_.begin());
    due_.erase(next.key().second);
    now_ = std::max(now_, next.key().first);
    ++turns;
    next.mapped()();
    return true;
  }
  std::uint64_t turns = 0;

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> posted_;
  unix_ms now_ = 1'700'000'000'000;
  timer last_ = 0;
  std::map<std::pair<unix_ms, timer>, std::function<void()>> timers_;
  std::map<timer, unix_ms> due_;
};

/// Takes numbers in their order only, once it takes any.
class stubborn_recipient final : public model::sender {
 public:
  explicit stubborn_recipient(executor& runs) : runs_(runs) {}
  bool has_prepare() const override { return false; }
  void prepare(const model::outgoing&, std::function<void(model::send_outcome)>) override { FAIL(); }
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override {
    ++attempts;
    if (refuses) return runs_.post([then = std::move(then)] { then({model::send_verdict::unreachable, "connection-refused", "", 0}); });
    if (std::strtoull(what.document->c_str(), nullptr, 10) != taken) ++out_of_order;
    ++taken;
    runs_.post([then = std::move(then)] { then({model::send_verdict::accepted, "AA", "", 0}); });
  }
  bool refuses = true;
  std::uint64_t attempts = 0, taken = 0, out_of_order = 0;

 private:
  executor& runs_;
};

struct effort {
  std::uint64_t attempts = 0, turns = 0;
  double processor_seconds = 0;
};

/// One recipient and a queue of so many.
class refused_queue {
 public:
  explicit refused_queue(std::uint64_t length) {
    auto made = std::make_shared<config::configuration>();
    config::endpoint& gp = made->endpoints["gp"];
    gp.name = "gp";
    gp.destination = config::mllp_destination{};
    gp.format = "hl7v2";
    gp.audience = "internal";  // as it came, asked of nobody: the store and the scheduler are what is looked at
    gp.delivery.dead_letter_after_ms = 30 * day_ms;
    gp.delivery.retry_delay_ms_max = 900'000;
    configuration_ = made;
    store::sqlite_options options = store::testing::quick_options(folder_.path());
    options.recent_messages_max = 32'768;
    store_ = store::open_sqlite(options, time, time).value();
    std::uint64_t answered = 0;
    for (std::uint64_t number = 0; number < length; ++number) {
      store::intake one = store::testing::message_of(std::to_string(number));
      one.message.received_at = time.now();
      one.deliveries = {{"gp", "hl7v2", ""}};
      store_->take_in(std::move(one), [&](const store::intake_outcome& outcome) { answered += outcome.verdict == store::intake_verdict::stored ? 1 : 0; });
      if (number % 2'048 == 2'047 && !time.run_until([&] { return answered == number + 1; })) break;
    }
    EXPECT_TRUE(time.run_until([&] { return answered == length; }));
    scheduler_ = std::make_unique<routing::delivery_scheduler>(
        *store_, translators_, time, time, metrics_, [this](const config::endpoint&) { return recipient; }, 42);
    scheduler_->use(configuration_);
    settle();
  }
  ~refused_queue() {
    scheduler_.reset();
    store_->close();
  }
  refused_queue(const refused_queue&) = delete;
  refused_queue& operator=(const refused_queue&) = delete;

  /// Until what was asked of the store before is answered and no attempt is under way.
  void settle() {
    for (int quiet = 0; quiet < 2;) {
      bool written = false, read = false;
      store_->change_patients([](identity::patient_table&) {}, [&](const result<done>&) { written = true; });
      store_->next_due("gp", [&](const result<unix_ms>&) { read = true; });
      ASSERT_TRUE(time.run_until([&] { return written && read; }));
      quiet = time.has_work() || scheduler_->in_flight() > 0 ? 0 : quiet + 1;
    }
  }
  effort wait(std::int64_t ms) {
    const unix_ms until = time.now() + ms;
    const effort before{recipient->attempts, time.turns, static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
    for (std::uint64_t leaps = 1; time.leap(until); ++leaps) {
      EXPECT_TRUE(time.run_until([&] { return !time.has_work(); }));
      if (leaps % 16 == 0 || scheduler_->in_flight() > 0) settle();
    }
    settle();
    return {recipient->attempts - before.attempts, time.turns - before.turns, static_cast<double>(std::clock()) / CLOCKS_PER_SEC - before.processor_seconds};
  }
  std::vector<store::recipient_count> counts() {
    std::optional<std::vector<store::recipient_count>> found;
    store_->count_by_recipient([&](result<std::vector<store::recipient_count>> got) { found = std::move(got).value(); });
    EXPECT_TRUE(time.run_until([&] { return found.has_value(); }));
    return *found;
  }

  leaping_time time;
  std::shared_ptr<stubborn_recipient> recipient = std::make_shared<stubborn_recipient>(time);

 private:
  store::testing::scratch_folder folder_;
  scripted_translators translators_{time};
  observe::metrics metrics_;
  config::snapshot configuration_;
  std::unique_ptr<store::store> store_;
  std::unique_ptr<routing::delivery_scheduler> scheduler_;
};

TEST(week_of_refusal, costs_no_more_with_a_long_queue_and_ends_in_order) {
  const char* text = std::getenv("LIAISON_QUEUE");
  const std::uint64_t length = text != nullptr ? std::strtoull(text, nullptr, 10) : 10'000;
  effort short_queue;
  {
    refused_queue few(200);
    few.wait(day_ms);
    short_queue = few.wait(day_ms);
  }
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  refused_queue many(length);
  const double filled = seconds();
  effort last, week;
  const std::size_t resident_before = process_memory("VmRSS");
  for (int day = 0; day < 7; ++day) {
    last = many.wait(day_ms);
    week.attempts += last.attempts;
    week.turns += last.turns;
    week.processor_seconds += last.processor_seconds;
  }
  const std::size_t resident_after = process_memory("VmRSS");
  const double refused = seconds();
  EXPECT_GT(last.attempts, 90U);
  EXPECT_LT(last.attempts, short_queue.attempts * 3 / 2) << "one probe at a time, however many wait";
  EXPECT_LT(last.turns, short_queue.turns * 3 / 2);
  EXPECT_LT(last.processor_seconds, short_queue.processor_seconds * 3 + 0.1);
  if (memory_is_measurable) {
    EXPECT_LT(resident_after, resident_before + 8'000'000);
  }
  auto counted = many.counts();
  ASSERT_EQ(counted.size(), 1U);
  EXPECT_EQ(counted[0].pending, length);

  many.recipient->refuses = false;
  const auto tried = many.recipient->attempts;
  for (int minutes = 0; minutes < 60 && many.recipient->taken < length; ++minutes) many.wait(60'000);
  EXPECT_EQ(many.recipient->taken, length);
  EXPECT_EQ(many.recipient->attempts - tried, length) << "each once";
  EXPECT_EQ(many.recipient->out_of_order, 0U);
  counted = many.counts();
  EXPECT_EQ(counted[0].delivered, length);
  EXPECT_EQ(counted[0].pending + counted[0].dead, 0U);
  std::printf("%llu messages in %.1f s; a week refused: %llu attempts, %llu turns, %.1f s (its last day %.2f s of processor, with 200 messages %.2f s), "
              "resident %.1f and %.1f MB; all delivered in %.1f s\n",
              static_cast<unsigned long long>(length), filled, static_cast<unsigned long long>(week.attempts), static_cast<unsigned long long>(week.turns),
              refused - filled, last.processor_seconds, short_queue.processor_seconds, static_cast<double>(resident_before) / 1e6,
              static_cast<double>(resident_after) / 1e6, seconds() - refused);
}

}  // namespace
}  // namespace liaison::test
