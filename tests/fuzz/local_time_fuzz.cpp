// SPDX-License-Identifier: Apache-2.0
// uses: liaison_base
// Times as partners write them, and zones: a moment that was read lies between the years 0 and 10,000, and the clocks of
// its zone show something near what was written. The first line is the zone.
#include "core/base/local_time.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace liaison;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const time_zone zone{end == std::string_view::npos ? std::string_view("Europe/Paris") : input.substr(0, end)};
  const std::string_view text = end == std::string_view::npos ? input : input.substr(end + 1);
  constexpr unix_ms day_ms = 86'400'000, year_0 = -62'167'219'200'000, year_10000 = 253'402'300'800'000;
  const auto at = time_from_fhir(text, zone);
  if (!at) return 0;
  must(*at > year_0 - 2 * day_ms && *at < year_10000 + 2 * day_ms);
  const int offset = offset_minutes_at(*at, zone);
  must(offset >= -15 * 60 && offset <= 15 * 60);
  for (const int minute : {0, 2 * 60 + 30, 23 * 60 + 59}) {
    const unix_ms moment = local_moment(*at, minute, zone);
    must(moment > *at - 2 * day_ms && moment < *at + 2 * day_ms);
  }
  return 0;
}
