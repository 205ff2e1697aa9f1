// SPDX-License-Identifier: Apache-2.0
// Appointment → SIU (SCH, RGS, AIS, AIP); the reverse of what decode_event.cpp reads.
#include "encode.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

struct status_row {
  std::string_view status, code;
};
// HL7 0278; cancelled and deleted appointments have events of their own too.
constexpr status_row statuses[] = {{"booked", "Booked"},       {"pending", "Pending"},         {"waitlist", "Waitlist"},
                                   {"cancelled", "Cancelled"}, {"fulfilled", "Complete"},      {"noshow", "Noshow"},
                                   {"arrived", "Started"},     {"entered-in-error", "Deleted"}};

void put_number(const encoding& e, const json_value* identifier, out_segment& to) {
  const unsigned number = pivot_reader::text(identifier, "type/coding/0/code") == "FILL" ? 2U : 1U;
  if (to.has_field(number) || !e.put(identifier, "value", to, {number, 1})) return;
  e.put(identifier, "assigner/display", to, {number, 2});
  const std::string system = pivot_reader::text(identifier, "system");
  if (system.starts_with("urn:oid:")) {
    e.put_as(identifier, "system", to, {number, 3}, system.substr(8));
    to.set({number, 4}, "ISO");
  }
  e.in.envelope(identifier, "type");
}

void put_schedule(encoding& e, const json_value* appointment, std::string_view trigger) {
  out_segment& sch = e.add("SCH", rank_event);
  const json_value* identifiers = pivot_reader::find(appointment, "identifier");
  for (std::size_t i = 0; i < size_of(identifiers); ++i) put_number(e, element(identifiers, i), sch);
  put_source_fields_of(e, appointment, sch);
  // SCH-6 is required; the event says what a source without one means.
  if (!sch.has_field(6)) sch.set({6}, trigger);
  put_concept(e, pivot_reader::find(appointment, "reasonCode/0"), sch, 7);
  put_concept(e, pivot_reader::find(appointment, "appointmentType"), sch, 8);
  if (e.put(appointment, "minutesDuration", sch, {9})) sch.set({10}, "min");
  put_time_at(e, appointment, "start", sch, {11, 4});
  put_time_at(e, appointment, "end", sch, {11, 5});
  const std::string status = pivot_reader::text(appointment, "status");
  for (const auto& row : statuses) {
    if (row.status == status) e.put_as(appointment, "status", sch, {25}, row.code);
  }
  std::size_t lines = 0;
  const std::string comment = pivot_reader::text(appointment, "comment");
  for (const auto line : split(comment, '\n')) {
    if (trim(line).empty() || ++lines > 1000) continue;
    out_segment& nte = e.add("NTE", rank_event);
    nte.set({1}, std::to_string(lines));
    nte.set({3}, line);
    e.in.carry(appointment, "comment", nte.location({3}));
  }
}

void put_resources(encoding& e, const json_value* appointment) {
  out_segment& rgs = e.add("RGS", rank_body);
  rgs.set({1}, "1");
  const json_value* services = pivot_reader::find(appointment, "serviceType");
  for (std::size_t i = 0; i < size_of(services); ++i) {
    out_segment& ais = e.add("AIS", rank_body);
    ais.set({1}, std::to_string(i + 1));
    put_concept(e, element(services, i), ais, 3);
  }
  const json_value* people = pivot_reader::find(appointment, "participant");
  for (std::size_t i = 0; i < size_of(people); ++i) {
    const json_value* who = e.in.resolve(pivot_reader::find(element(people, i), "actor"));
    if (pivot_reader::text(who, "resourceType") == "PractitionerRole")
      who = e.in.resolve(pivot_reader::find(who, "practitioner"));
    e.in.envelope(element(people, i), "status");
    if (pivot_reader::text(who, "resourceType") != "Practitioner") continue;
    out_segment& aip = e.add("AIP", rank_body);
    aip.set({1}, std::to_string(aip.ordinal()));
    put_person(e, who, aip, 3);
  }
}

}  // namespace

void put_appointment(encoding& e, std::string_view trigger) {
  const json_value* appointment = e.in.find_first("Appointment");
  if (appointment == nullptr) return;
  put_schedule(e, appointment, trigger);
  put_resources(e, appointment);
}

}  // namespace liaison::hl7v2
