// SPDX-License-Identifier: Apache-2.0
#include "core/observe/burst_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace liaison::observe {
namespace {

TEST(burst_watch, tells_once_that_a_burst_is_over) {
  burst_watch watch(50, 1'000);
  EXPECT_FALSE(watch.is_over(100, 2'000)) << "it was not needed";
  EXPECT_FALSE(watch.is_over(950, 3'000)) << "it works";
  EXPECT_FALSE(watch.is_over(1'800, 4'000)) << "it goes on";
  EXPECT_TRUE(watch.is_over(1'850, 5'000));
  EXPECT_FALSE(watch.is_over(1'860, 6'000)) << "told once";
  EXPECT_FALSE(watch.is_over(2'500, 7'000));
  EXPECT_TRUE(watch.is_over(2'510, 8'000)) << "the next burst";
}

TEST(burst_watch, work_of_this_process_counts) {
  const std::int64_t before = process_cpu_ms();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (process_cpu_ms() < before + 20 && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_GE(process_cpu_ms(), before + 20);
}

}  // namespace
}  // namespace liaison::observe
