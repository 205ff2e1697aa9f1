// SPDX-License-Identifier: Apache-2.0
// What is read out of a message at intake, and the checks that decide whether it is taken.
#pragma once

#include "message.hpp"
#include "observations.hpp"
#include "volet.hpp"

#include <liaison/common/plugin.hpp>
#include <liaison/facts.hpp>

#include <vector>

namespace liaison::hl7v2 {

/// Facts of a message with the files that it carries; shared by inspect, validate and decode.
struct reading_result {
  facts::message_facts facts;
  std::vector<file> files;
  contract which = contract::none;
  metadata flags;
  std::vector<participant> participants;
  std::vector<segment> participant_segments;
};

enum class value_list : std::uint8_t { leave_out, include };
struct fact_options {
  value_list values = value_list::leave_out;
  volet_options volet;
  std::string_view zone;
  std::string_view now;
};

reading_result read_facts(const message& of, const fact_options& options, findings& found);

/// Time of the event and where it was taken from ("EVN-6"): for a discharge, the documented precedence PV1-45, EVN-6,
/// ZBE-2, ZBE-3, EVN-2, MSH-7 (pfi-hl7v2, section 14).
struct event_time {
  std::string fhir;
  segment from;
  unsigned field = 0;
};
event_time time_of_event(const message& of, std::string_view zone, std::string_view now);
/// A03, or the correction (Z99) of one.
bool is_discharge(const message& of);
/// More than an hour between the times that a discharge says of itself (PV1-45, EVN-6, ZBE-3).
bool discharge_times_differ(const message& of);

/// Facts of an ACK or a ZAM.
void read_answer(const message& of, facts::message_facts& into, findings& found);

liaison_status inspect_message(const call& request);

}  // namespace liaison::hl7v2
