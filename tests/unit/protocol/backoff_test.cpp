// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace liaison::protocol {
namespace {

constexpr backoff_limits limits{1'000, 60'000};

TEST(backoff, doubles_up_to_the_limit_and_draws_the_upper_half) {
  for (std::uint32_t failures = 1; failures < 100; ++failures) {
    const std::int64_t whole = failures <= 6 ? 1'000LL << (failures - 1) : 60'000;
    EXPECT_EQ(backoff_delay_ms(limits, failures, 0), whole / 2) << failures;
    EXPECT_EQ(backoff_delay_ms(limits, failures, static_cast<std::uint64_t>(whole / 2)), whole) << failures;
    const std::int64_t drawn = backoff_delay_ms(limits, failures, 0x9e3779b97f4a7c15ULL * failures);
    EXPECT_GE(drawn, whole / 2);
    EXPECT_LE(drawn, whole);
  }
}

TEST(backoff, survives_any_limits) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_GE(backoff_delay_ms({0, 0}, 0, 5), 1);
  EXPECT_GE(backoff_delay_ms({-5, -3}, 7, 5), 1);
  EXPECT_GT(backoff_delay_ms({1, huge}, 4'000'000'000U, 5), huge / 4);
}

TEST(backoff, is_never_earlier_than_the_recipient_asked) {
  EXPECT_EQ(backoff_delay_ms(limits, 1, 0, 120'000), 120'000);
  EXPECT_EQ(backoff_delay_ms(limits, 1, 0, 100), 500);
  EXPECT_EQ(backoff_delay_ms(limits, 1, 0, std::numeric_limits<std::int64_t>::max()), 24LL * 3600 * 1000);
}

TEST(retry_after, reads_seconds_and_dates) {
  constexpr unix_ms now = 784'111'777'000;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(retry_after_ms_of("120", now), 120'000);
  EXPECT_EQ(retry_after_ms_of(" 0 ", now), 0);
  EXPECT_EQ(retry_after_ms_of("99999999999999999999", now), 24LL * 3600 * 1000);
  EXPECT_EQ(retry_after_ms_of("Sun, 06 Nov 1994 08:49:39 GMT", now), 2'000);
  EXPECT_EQ(retry_after_ms_of("Sun, 06 Nov 1994 08:49:30 GMT", now), 0);
  for (const char* bad : {"", "soon", "-1", "1.5", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(retry_after_ms_of(bad, now), std::nullopt) << bad;
}

}  // namespace
}  // namespace liaison::protocol
