// SPDX-License-Identifier: Apache-2.0
// When the event of a message happened, in a documented order of precedence.
#include "event_facts.hpp"
#include "inspect.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace liaison::hl7v2 {
namespace {

struct candidate {
  std::string_view segment;
  unsigned field;
};
constexpr candidate discharge_order[] = {{"PV1", 45}, {"EVN", 6}, {"ZBE", 2}, {"ZBE", 3}, {"EVN", 2}, {"MSH", 7}};
constexpr candidate admission_order[] = {{"EVN", 6}, {"PV1", 44}, {"ZBE", 2}, {"EVN", 2}, {"MSH", 7}};
constexpr candidate other_order[] = {{"EVN", 6}, {"ZBE", 2}, {"EVN", 2}, {"MSH", 7}};

/// Wall-clock digits of a stamp, for comparing: "20240306111154". Senders of one message use one clock.
std::string_view digits_of(std::string_view stamp) {
  stamp = trim(stamp);
  return stamp.substr(0, stamp.find_first_not_of("0123456789"));
}

bool is_before(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  return a.substr(0, common) < b.substr(0, common);
}

/// The day after the one of `stamp`, as a bound: anything later than it is not plausible. Months are taken as 31 days
/// long, which only makes the bound a little wider at their end.
std::string day_after(std::string_view stamp) {
  std::string out(stamp.substr(0, 8));
  for (std::size_t at = out.size(); at-- > 6;) {
    if (out[at] != '9') {
      ++out[at];
      break;
    }
    out[at] = '0';
  }
  return out;
}

/// Minutes since 1970 on the clock of the sender; nothing without hours and minutes.
std::optional<std::int64_t> minutes_of(std::string_view digits) {
  if (digits.size() < 12) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int out = 0;
    for (const char c : digits.substr(at, size)) out = out * 10 + (c - '0');
    return out;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  return (std::chrono::sys_days(day).time_since_epoch().count() * 24LL + number(8, 2)) * 60 + number(10, 2);
}

}  // namespace

bool is_discharge(const message& of) {
  const movement what = movement_of(of);
  return (trim(of.at(0)[9].component(2)) == "A03" || what.trigger == "A03") && what.action != "cancel";
}

bool discharge_times_differ(const message& of) {
  constexpr candidate said[] = {{"PV1", 45}, {"EVN", 6}, {"ZBE", 3}};
  std::optional<std::int64_t> earliest, latest;
  for (const candidate& at : said) {
    const segment from = of.find(at.segment);
    const auto minutes = from ? minutes_of(digits_of(from[at.field].component(1))) : std::nullopt;
    if (!minutes) continue;
    earliest = std::min(earliest.value_or(*minutes), *minutes);
    latest = std::max(latest.value_or(*minutes), *minutes);
  }
  return earliest && *latest - *earliest > 60;
}

event_time time_of_event(const message& of, std::string_view zone, std::string_view now) {
  const segment msh = of.at(0), pv1 = of.find("PV1");
  const std::string_view trigger = trim(msh[9].component(2));
  const bool discharge = is_discharge(of);
  const std::string_view admission = pv1 ? digits_of(pv1[44].component(1)) : std::string_view{};
  std::string latest = "99991231";
  if (discharge) {
    const std::string now_stamp =
        hl7_from_fhir(now, hl7_zone::drop).value_or(std::string(digits_of(msh[7].component(1))));
    if (now_stamp.size() >= 8) latest = day_after(now_stamp);
  }
  const auto take = [&](const candidate& at) -> event_time {
    const segment from = of.find(at.segment);
    if (!from) return {};
    const std::string_view stamp = trim(from[at.field].component(1));
    auto fhir = fhir_from_hl7(stamp, zone);
    if (!fhir) return {};
    if (discharge && at.segment != "MSH") {
      const std::string_view digits = digits_of(stamp);
      if (!admission.empty() && is_before(digits, admission)) return {};
      if (is_before(latest, digits)) return {};
      // The start of a movement says something about a discharge only when it is later than the admission.
      if (at.segment == "ZBE" && at.field == 2 && (admission.empty() || !is_before(admission, digits))) return {};
    }
    return {std::move(*fhir), from, at.field};
  };
  const bool is_admission = trigger == "A01" || trigger == "A04" || trigger == "A05";
  const auto first_of = [&](const auto& order) {
    for (const candidate& at : order) {
      if (event_time found = take(at); !found.fhir.empty()) return found;
    }
    return event_time{};
  };
  return discharge ? first_of(discharge_order) : is_admission ? first_of(admission_order) : first_of(other_order);
}

}  // namespace liaison::hl7v2
