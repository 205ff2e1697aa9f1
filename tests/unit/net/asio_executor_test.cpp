// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <numeric>

namespace liaison::net {
namespace {

using testing_support::running_executor;

TEST(asio_executor, runs_posts_of_many_threads_in_the_order_of_each) {
  running_executor running;
  std::vector<std::vector<int>> seen(4);
  std::vector<std::thread> threads;
  for (std::size_t who = 0; who < seen.size(); ++who)
    threads.emplace_back([&, who] {
      for (int number = 0; number < 1'000; ++number)
        running.executor.post([&seen, who, number] { seen[who].push_back(number); });
    });
  for (auto& thread : threads) thread.join();
  running.on([] {});
  std::vector<int> expected(1'000);
  std::iota(expected.begin(), expected.end(), 0);
  for (const auto& each : seen) EXPECT_EQ(each, expected);
}

TEST(asio_executor, fires_timers_in_the_order_of_their_time_and_not_when_cancelled) {
  running_executor running;
  std::promise<void> last;
  std::string order;
  running.on([&] {
    running.executor.call_after(30, [&] {
      order += 'c';
      last.set_value();
    });
    running.executor.call_after(10, [&] { order += 'b'; });
    running.executor.call_after(0, [&] { order += 'a'; });
    running.executor.cancel(running.executor.call_after(5, [&] { order += 'x'; }));
    running.executor.cancel(0);
  });
  ASSERT_EQ(last.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(running.on([&] { return order; }), "abc");
}

TEST(asio_executor, a_timer_may_set_and_cancel_others_while_it_fires) {
  running_executor running;
  std::promise<void> over;
  int fired = 0;
  executor::timer other = 0;
  running.on([&] {
    auto again = std::make_shared<std::function<void()>>();
    *again = [&, again] {
      if (++fired == 50) {
        over.set_value();
        *again = nullptr;  // ends this very function: nothing of it is used after
        return;
      }
      running.executor.call_after(0, [again] { (*again)(); });
    };
    running.executor.call_after(1, [&running, again, &other] {
      running.executor.cancel(other);
      (*again)();
    });
  });
  ASSERT_EQ(over.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(fired, 50);
}

TEST(asio_executor, runs_blocking_work_elsewhere_and_comes_back) {
  running_executor running;
  std::promise<std::pair<std::thread::id, std::thread::id>> where;
  const auto own = running.on([] { return std::this_thread::get_id(); });
  running.on([&] {
    auto worked_on = std::make_shared<std::thread::id>();
    running.executor.run_blocking([worked_on] { *worked_on = std::this_thread::get_id(); },
                                  [worked_on, &where] {
                                    where.set_value({*worked_on, std::this_thread::get_id()});
                                  });
  });
  const auto [worked, came_back] = where.get_future().get();
  EXPECT_NE(worked, own);
  EXPECT_EQ(came_back, own);
}

}  // namespace
}  // namespace liaison::net
