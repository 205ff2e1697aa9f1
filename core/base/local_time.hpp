// SPDX-License-Identifier: Apache-2.0
// Wall-clock time of a zone. The zones are those that the translators know (sdk option "zone"): "Europe/Paris" with the
// summer time of the European Union as it has been since 1996, "UTC", and fixed offsets such as "+04:00". No time zone
// database is read.
#pragma once

#include "core/base/clock.hpp"

#include <optional>
#include <string_view>

namespace liaison {

/// An unknown zone counts as Europe/Paris.
struct time_zone {
  std::string_view name = "Europe/Paris";
};
bool is_known_zone(std::string_view name);

/// Minutes that are to be added to UTC at this moment.
int offset_minutes_at(unix_ms at, time_zone zone);

/// A FHIR date, dateTime or instant. Without a zone: wall-clock time of `zone`; a date alone, year or month included:
/// its first moment there. Nothing when it is no time.
std::optional<unix_ms> time_from_fhir(std::string_view text, time_zone zone);

/// The moment at which the clocks of the zone show `minute_of_day` on the local day of `day`. Where summer time makes
/// that moment come twice, the first; where it is left out, an hour later.
unix_ms local_moment(unix_ms day, int minute_of_day, time_zone zone);

}  // namespace liaison
