// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.hpp"
#include "core/identity/stay_rules.hpp"

#include <gtest/gtest.h>

namespace liaison::identity {
namespace {

unix_ms at(const char* text) { return time_from_fhir(text, {}).value(); }

TEST(local_time, fhir_times) {
  EXPECT_EQ(rfc3339(at("2026-07-01T20:00:00+02:00")), "2026-07-01T18:00:00.000Z");
  EXPECT_EQ(rfc3339(at("2026-07-01T20:00")), "2026-07-01T18:00:00.000Z") << "wall-clock time of the zone";
  EXPECT_EQ(rfc3339(at("2026-01-01T20:00:00.123456Z")), "2026-01-01T20:00:00.000Z");
  EXPECT_EQ(rfc3339(at("2026-01-15")), "2026-01-14T23:00:00.000Z");
  EXPECT_EQ(rfc3339(at("2026")), "2025-12-31T23:00:00.000Z");
  EXPECT_EQ(rfc3339(time_from_fhir("2026-07-01T20:00", {"+04:00"}).value()), "2026-07-01T16:00:00.000Z");
  for (const char* bad : {"", "20", "2026-13-01", "2026-02-30", "2026-01-01T25:00", "2026-01-01T10:00:00+2", "2026-01-01 10:00", "x026-01-01"})
    EXPECT_FALSE(time_from_fhir(bad, {})) << bad;
}

struct deadline_row {
  const char *discharged, *deadline, *zone;
};

TEST(discharge_clock, deadlines) {
  const deadline_row table[] = {
      {"2026-01-15T10:00:00+01:00", "2026-01-15T19:00:00.000Z", "Europe/Paris"},
      {"2026-07-15T10:00:00+02:00", "2026-07-15T18:00:00.000Z", "Europe/Paris"},
      {"2026-07-15T18:00:00+02:00", "2026-07-15T18:00:00.000Z", "Europe/Paris"},  // two hours are left, exactly
      {"2026-07-15T19:30:00+02:00", "2026-07-15T19:30:00.000Z", "Europe/Paris"},  // late in the day: two hours all the same
      {"2026-07-15T23:30:00+02:00", "2026-07-15T23:30:00.000Z", "Europe/Paris"},
      {"2026-07-16T00:10:00+02:00", "2026-07-16T18:00:00.000Z", "Europe/Paris"},  // after midnight: that day's evening
      {"2026-03-29T00:30:00+01:00", "2026-03-29T18:00:00.000Z", "Europe/Paris"},  // the day that summer time begins
      {"2026-10-25T00:30:00+02:00", "2026-10-25T19:00:00.000Z", "Europe/Paris"},  // and ends
      {"2026-07-15T10:00:00+04:00", "2026-07-15T16:00:00.000Z", "+04:00"},
      {"2026-07-15T10:00:00Z", "2026-07-15T20:00:00.000Z", "UTC"},
  };
  for (const auto& row : table) {
    letter_rule rule;
    rule.zone = row.zone;
    EXPECT_EQ(rfc3339(deadline_of(at(row.discharged), rule)), row.deadline) << row.discharged;
  }
}

stay_told event(stay_event what, unix_ms discharged_at = 0, unix_ms deadline = 0) {
  stay_told told;
  told.event = what;
  told.discharged_at = discharged_at;
  told.deadline = deadline;
  return told;
}

TEST(discharge_clock, a_letter_in_time_and_one_too_late) {
  stay_row stay = after_event({}, event(stay_event::admission), 1);
  EXPECT_EQ(stay.state, stay_state::admitted);
  stay = after_event(stay, event(stay_event::discharge, 100, 200), 2);
  EXPECT_EQ(stay.clock, letter_clock::waiting);
  EXPECT_EQ(after_letter_left(stay, 200).clock, letter_clock::on_time);
  const stay_row overdue = after_alert(stay, 201);
  EXPECT_EQ(overdue.clock, letter_clock::overdue);
  EXPECT_EQ(after_alert(overdue, 300), overdue) << "said once";
  const stay_row late = after_letter_left(overdue, 250);
  EXPECT_EQ(late.clock, letter_clock::late);
  EXPECT_EQ(after_letter_left(late, 260), late) << "the first letter counts";
}

TEST(discharge_clock, a_letter_before_the_discharge_is_in_time) {
  stay_row stay = after_letter_left({}, 50);
  stay = after_event(stay, event(stay_event::discharge, 100, 200), 2);
  EXPECT_EQ(stay.clock, letter_clock::on_time);
}

TEST(discharge_clock, a_cancelled_discharge_stops_it_and_a_new_one_starts_it_anew) {
  stay_row stay = after_event({}, event(stay_event::discharge, 100, 200), 2);
  stay = after_alert(stay, 201);
  stay = after_event(stay, event(stay_event::cancelled_discharge), 3);
  EXPECT_EQ(stay.clock, letter_clock::none);
  EXPECT_EQ(stay.state, stay_state::admitted);
  stay = after_event(stay, event(stay_event::discharge, 400, 500), 4);
  EXPECT_EQ(stay.clock, letter_clock::waiting);
  EXPECT_EQ(stay.deadline, 500);
}

TEST(discharge_clock, the_same_discharge_told_again_changes_nothing) {
  stay_row stay = after_alert(after_event({}, event(stay_event::discharge, 100, 200), 2), 201);
  EXPECT_EQ(after_event(stay, event(stay_event::discharge, 100, 200), 3).clock, letter_clock::overdue);
  EXPECT_EQ(after_event(stay, event(stay_event::discharge, 150, 260), 4).clock, letter_clock::waiting) << "corrected";
  EXPECT_EQ(after_event(stay, event(stay_event::cancelled_discharge), 1), stay) << "of an earlier message";
}

TEST(discharge_clock, excluded_stays_have_none) {
  EXPECT_EQ(after_event({}, event(stay_event::discharge, 100, 0), 2).clock, letter_clock::none);
  EXPECT_EQ(after_event({}, event(stay_event::cancelled_admission), 2).state, stay_state::cancelled);
}

facts::message_facts adt(const char* trigger) {
  facts::message_facts facts;
  facts.event.code = std::string("ADT^") + trigger;
  facts.event.time = "2026-01-15T10:00:00+01:00";
  facts.event.time_from = "EVN-6";
  facts.patients.resize(1);
  facts.patients[0].identifiers.push_back({"urn:oid:1.2.3", "S1", facts::identifier_kind::stay});
  facts.encounter.patient_class = "I";
  return facts;
}

TEST(observation, events_of_a_stay) {
  const struct {
    const char *trigger, *action, *of;
    stay_event event;
  } table[] = {{"A01", "", "", stay_event::admission},
               {"A04", "", "", stay_event::admission},
               {"A03", "", "", stay_event::discharge},
               {"A13", "", "", stay_event::cancelled_discharge},
               {"A11", "cancel", "A01", stay_event::cancelled_admission},
               {"Z99", "update", "A03", stay_event::discharge},
               {"Z99", "cancel", "A03", stay_event::cancelled_discharge},
               {"A13", "cancel", "A03", stay_event::cancelled_discharge},
               {"A02", "insert", "", stay_event::none}};
  for (const auto& row : table) {
    auto facts = adt(row.trigger);
    facts.event.action = row.action;
    facts.event.of = row.of;
    EXPECT_EQ(observe(facts, "hospital", 5, {}).stay.event, row.event) << row.trigger << row.action;
  }
}

TEST(observation, the_time_of_a_discharge_and_who_said_it) {
  auto facts = adt("A03");
  auto told = observe(facts, "hospital", 5, {});
  EXPECT_EQ(told.stay.discharged_at, at("2026-01-15T10:00:00+01:00"));
  EXPECT_EQ(told.stay.discharged_from, "EVN-6");
  EXPECT_EQ(rfc3339(told.stay.deadline), "2026-01-15T19:00:00.000Z");
  facts.encounter.end = "2026-01-15T11:00:00+01:00";
  facts.encounter.end_from = "PV1-45";
  told = observe(facts, "hospital", 5, {});
  EXPECT_EQ(told.stay.discharged_at, at("2026-01-15T11:00:00+01:00"));
  EXPECT_EQ(told.stay.discharged_from, "PV1-45");
  facts.encounter.patient_class = "R";
  EXPECT_EQ(observe(facts, "hospital", 5, {}).stay.deadline, 0) << "after recurring care no letter is awaited";
  letter_rule off;
  off.is_watched = false;
  EXPECT_EQ(observe(adt("A03"), "hospital", 5, off).stay.deadline, 0);
}

}  // namespace
}  // namespace liaison::identity
