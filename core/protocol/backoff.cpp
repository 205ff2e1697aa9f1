// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/backoff.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace liaison::protocol {
namespace {

constexpr std::int64_t retry_after_ms_max = 24LL * 3600 * 1000;

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// IMF-fixdate, the only form that senders may generate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<unix_ms> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2)), minute = number(text.substr(20, 2)),
             second = number(text.substr(23, 2));
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == months.end()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60 || *hour < 0 || *minute < 0 || *second < 0)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000;
}

}  // namespace

std::int64_t backoff_delay_ms(const backoff_limits& limits, std::uint32_t failures, std::uint64_t random) {
  const std::int64_t highest = std::max<std::int64_t>(limits.delay_ms_max, 1);
  std::int64_t delay = std::clamp<std::int64_t>(limits.delay_ms_min, 1, highest);
  for (std::uint32_t doubled = 1; doubled < failures && delay < highest; ++doubled)
    delay = delay > highest / 2 ? highest : delay * 2;
  const std::int64_t fixed = delay / 2;
  const auto spread = static_cast<std::uint64_t>(delay - fixed);
  return std::max<std::int64_t>(1, fixed + static_cast<std::int64_t>(random % (spread + 1)));
}

std::int64_t backoff_delay_ms(const backoff_limits& limits, std::uint32_t failures, std::uint64_t random,
                              std::int64_t retry_after_ms) {
  return std::max(backoff_delay_ms(limits, failures, random),
                  std::clamp<std::int64_t>(retry_after_ms, 0, retry_after_ms_max));
}

std::optional<std::int64_t> retry_after_ms_of(std::string_view value, unix_ms now) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char byte) { return byte >= '0' && byte <= '9'; })) {
    const auto seconds = number(value.substr(std::min(value.find_first_not_of('0'), value.size() - 1)));
    return seconds ? std::min<std::int64_t>(*seconds * 1000LL, retry_after_ms_max) : retry_after_ms_max;
  }
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<std::int64_t>(*date - now, 0, retry_after_ms_max);
}

}  // namespace liaison::protocol
