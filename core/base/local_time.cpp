// SPDX-License-Identifier: Apache-2.0
#include "core/base/local_time.hpp"

#include <chrono>
#include <charconv>

namespace liaison {

namespace {

using std::chrono::sys_days;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t day_ms = 24 * 60 * minute_ms;

std::optional<int> number(std::string_view text, std::size_t at, std::size_t size) {
  if (at + size > text.size()) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + size;
  const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stopped != end || value < 0) return std::nullopt;
  return value;
}

/// "+04:00" → 240.
std::optional<int> fixed_offset(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = number(text, 1, 2), minutes = number(text, 4, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

unix_ms last_sunday_1h_utc(int year, unsigned month) {
  using namespace std::chrono;
  const sys_days day = std::chrono::year(year) / std::chrono::month(month) / Sunday[last];
  return duration_cast<milliseconds>(day.time_since_epoch() + hours(1)).count();
}

bool is_paris_summer(unix_ms at) {
  using namespace std::chrono;
  const year_month_day day(floor<days>(sys_time<milliseconds>(milliseconds(at))));
  const int year = static_cast<int>(day.year());
  return at >= last_sunday_1h_utc(year, 3) && at < last_sunday_1h_utc(year, 10);
}

}  // namespace

bool is_known_zone(std::string_view name) {
  return name == "Europe/Paris" || name == "UTC" || fixed_offset(name).has_value();
}

int offset_minutes_at(unix_ms at, time_zone zone) {
  if (zone.name == "UTC") return 0;
  if (const auto fixed = fixed_offset(zone.name)) return *fixed;
  return is_paris_summer(at) ? 120 : 60;
}

unix_ms local_moment(unix_ms day, int minute_of_day, time_zone zone) {
  const std::int64_t local = day + offset_minutes_at(day, zone) * minute_ms;
  const std::int64_t midnight = local - ((local % day_ms) + day_ms) % day_ms;
  const std::int64_t wanted = midnight + minute_of_day * minute_ms;
  // The offset before a change gives the earlier of two moments, and what was left out an hour later.
  const unix_ms before = wanted - offset_minutes_at(wanted - day_ms / 2, zone) * minute_ms;
  const unix_ms after = wanted - offset_minutes_at(before, zone) * minute_ms;
  return after + offset_minutes_at(after, zone) * minute_ms == wanted ? after : before;
}

std::optional<unix_ms> time_from_fhir(std::string_view text, time_zone zone) {
  using namespace std::chrono;
  const auto year = number(text, 0, 4);
  if (!year) return std::nullopt;
  const auto month = text.size() >= 7 ? number(text, 5, 2) : 1;
  const auto day = text.size() >= 10 ? number(text, 8, 2) : 1;
  if (!month || !day) return std::nullopt;
  const year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  unix_ms local = duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
  std::string_view rest = text.size() > 10 ? text.substr(10) : std::string_view();
  if (rest.empty()) return local_moment(local - offset_minutes_at(local, zone) * minute_ms, 0, zone);
  const auto hour = number(rest, 1, 2), minute = number(rest, 4, 2);
  if (rest[0] != 'T' || !hour || !minute || *hour > 24 || *minute > 59) return std::nullopt;
  local += (*hour * 60 + *minute) * minute_ms;
  rest.remove_prefix(6);
  if (!rest.empty() && rest[0] == ':') {
    const auto second = number(rest, 1, 2);
    if (!second || *second > 60) return std::nullopt;
    local += *second * 1000;
    rest.remove_prefix(3);
  }
  if (!rest.empty() && rest[0] == '.') rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("0123456789", 1)));
  if (rest == "Z") return local;
  if (const auto offset = fixed_offset(rest)) return local - *offset * minute_ms;
  if (!rest.empty()) return std::nullopt;
  return local - offset_minutes_at(local - offset_minutes_at(local, zone) * minute_ms, zone) * minute_ms;
}

}  // namespace liaison
