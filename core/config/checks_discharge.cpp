// SPDX-License-Identifier: Apache-2.0
#include "core/config/checks.hpp"
#include "core/config/nearest.hpp"

#include "core/base/local_time.hpp"

namespace liaison::config {

void check_discharge(const check_context& in) {
  const discharge_settings& clock = in.of.discharge;
  if (!is_known_zone(clock.zone))
    in.findings.error(in.root, {"discharge", "zone"}, "is no zone that is known: Europe/Paris, UTC or an offset such as +04:00");
  for (std::size_t i = 0; i < clock.alert_to.size(); ++i) {
    const key_path key{"discharge", "alert_to", std::to_string(i)};
    const std::string& name = clock.alert_to[i];
    const endpoint* to = in.of.find(name);
    if (to == nullptr || !has_destination(*to)) {
      in.findings.error(in.root, key, "there is no recipient '" + name + "'" + suggestion(name, destination_names(in.of)));
    } else if (!to->format.empty()) {
      in.findings.error(in.root, key, "'" + name + "' wants the format '" + to->format + "': alerts are JSON, so leave its format out");
    }
  }
}

}  // namespace liaison::config
