// SPDX-License-Identifier: Apache-2.0
// ADT, SIU and other events → a `message` Bundle: MessageHeader, Patient, Encounter, Appointment (fhir-france 11.2).
#include "codes.hpp"
#include "decode_results.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

void write_peer(decoding& d, unsigned application, unsigned facility, const spot& to,
                const char* organization_element) {
  const segment msh = d.of.at(0);
  const sourced name = d.values.get(msh[application].component(1));
  const std::string oid = system_of(msh[application].component(2), msh[application].component(3));
  (to / "name").set(name);
  if (oid.empty()) {
    // MessageHeader wants an address; the application's name is all that a message of this kind gives.
    std::string endpoint = "urn:liaison:application:";
    for (const char c : name.text) endpoint += c == ' ' || c == '\t' ? '-' : c;
    (to / "endpoint").set(endpoint);
  } else {
    (to / "endpoint").set(d.values.as(msh[application].component(2), oid));
    (to / "endpoint").carry(d.values.get(msh[application].component(3)));
  }
  const sourced place = d.values.get(msh[facility].component(1));
  if (place.empty()) return;
  const resource_ref organization = d.pivot.add("Organization");
  organization.set("name", place);
  const std::string facility_oid = system_of(msh[facility].component(2), msh[facility].component(3));
  if (!facility_oid.empty()) {
    organization.set("identifier/0/system", "urn:ietf:rfc:3986");
    organization.set("identifier/0/value", d.values.as(msh[facility].component(2), facility_oid));
    organization.carry("identifier/0/value", d.values.get(msh[facility].component(3)));
  }
  d.header.set_reference(organization_element, organization);
}

void write_header(decoding& d) {
  const segment msh = d.of.at(0), evn = d.of.find("EVN");
  d.header = d.pivot.add("MessageHeader");
  d.owners[0] = d.header;
  if (evn) d.owners[evn.position()] = d.header;
  const spot to{d.header, ""};
  (to / "eventCoding/system").set("http://terminology.hl7.org/CodeSystem/v2-0003");
  const sourced trigger = d.values.get(msh[9].component(2));
  (to / "eventCoding/code").set(trigger.empty() ? d.values.get(msh[9].component(1)) : trigger);
  (to / "eventCoding/display").set(d.values.get(msh[9].component(1)));
  write_peer(d, 3, 4, to / "source", "sender");
  if (!trim(msh[5].text()).empty()) {
    write_peer(d, 5, 6, to / "destination/0", "destination/0/receiver");
  }
  const std::string_view processing = trim(msh[11].component(1));
  if (processing == "T" || processing == "D") {
    (to / "meta/tag/0/system").set("http://terminology.hl7.org/CodeSystem/v3-ActReason");
    (to / "meta/tag/0/code").set("HTEST");
    (to / "meta/tag/0/code").carry(d.values.get(msh[11].component(1)));
  }
  const sourced language = d.values.get(msh[19].component(1));
  // MSH-19 is a code of ISO 639 in most messages; "FR" and "fr-FR" are languages of FHIR too.
  (to / "language")
      .set(language.empty() ? sourced{}
                            : d.values.as(msh[19].component(1), language.text == "FR" ? "fr" : language.text));
}

void write_appointment(decoding& d) {
  const segment sch = d.of.find("SCH");
  if (!sch) return;
  const resource_ref appointment = d.pivot.add("Appointment");
  const spot to{appointment, ""};
  for (const char* name : {"SCH", "AIS", "AIG", "AIL", "AIP", "TQ1", "RGS", "NTE"}) {
    for (segment each = d.of.find(name); each; each = d.of.find(name, each.position() + 1))
      d.owners[each.position()] = appointment;
  }
  struct status_row {
    std::string_view code, status;
  };
  static constexpr status_row statuses[] = {
      {"Booked", "booked"},      {"Pending", "pending"}, {"Waitlist", "waitlist"},        {"Cancelled", "cancelled"},
      {"Complete", "fulfilled"}, {"Noshow", "noshow"},   {"Deleted", "entered-in-error"}, {"Blocked", "booked"},
      {"Started", "arrived"}};
  const std::string_view raw = sch[25].component(1), trigger = trim(d.of.at(0)[9].component(2));
  std::string status = trigger == "S15"   ? "cancelled"
                       : trigger == "S17" ? "entered-in-error"
                       : trigger == "S26" ? "noshow"
                                          : "booked";
  for (const auto& row : statuses) {
    if (equals_ignoring_case(row.code, trim(raw))) status = row.status;
  }
  appointment.set("status", trim(raw).empty() ? sourced(status) : d.values.as(raw, status));
  for (const auto& [number, type] : {std::pair{1U, "PLAC"}, std::pair{2U, "FILL"}}) {
    const spot identifier = (to / "identifier").next();
    if (!write_entity_identifier(d, sch[number].first(), identifier)) continue;
    (identifier / "type/coding/0/system").set(system_identifier_type);
    (identifier / "type/coding/0/code").set(type);
  }
  write_concept(d, sch[7].first(), to / "reasonCode/0");
  write_concept(d, sch[8].first(), to / "appointmentType");
  const segment tq1 = d.of.find("TQ1");
  const bool timed = write_time(d, sch[11].component(4), to / "start", precision::instant) ||
                     (tq1 && write_time(d, tq1[7].component(1), to / "start", precision::instant));
  if (timed && !write_time(d, sch[11].component(5), to / "end", precision::instant) && tq1) {
    write_time(d, tq1[8].component(1), to / "end", precision::instant);
  }
  const sourced minutes = d.values.get(sch[9].text());
  const std::string_view unit = trim(sch[10].component(1));
  if (is_digits(minutes.text) && is_json_number(minutes.text) && (unit == "min" || unit == "MIN")) {
    appointment.set_number("minutesDuration", minutes);
    appointment.carry("minutesDuration", d.values.get(sch[10].component(1)));
  }
  if (const segment ais = d.of.find("AIS")) write_concept(d, ais[3].first(), to / "serviceType/0");
  std::size_t participants = 0;
  const auto add = [&](const resource_ref& who) {
    if (!who) return;
    const spot participant = to / "participant" / participants++;
    participant.ref.set_reference((participant / "actor").path, who);
    (participant / "status").set("accepted");
  };
  add(d.patient);
  for (segment aip = d.of.find("AIP"); aip; aip = d.of.find("AIP", aip.position() + 1))
    add(write_person(d, aip[3].first()));
  std::string comment;
  for (segment nte = d.of.find("NTE"); nte; nte = d.of.find("NTE", nte.position() + 1)) {
    const std::string text = value_of(nte[3].text(), d.of.by());
    if (text.empty()) continue;
    if (!comment.empty()) comment += '\n';
    comment += text;
    d.values.carry_all(nte[3].text(), (to / "comment").pointer());
  }
  (to / "comment").set(comment);
}

}  // namespace

void write_event(decoding& d) {
  write_header(d);
  if (const segment pid = d.of.find("PID")) write_patient(d, pid);
  if (d.patient) write_further_patients(d);
  write_encounter(d);
  write_appointment(d);
  write_consents(d);
  std::size_t focus = 0;
  for (const resource_ref& each : {d.pivot.find_first("Appointment"), d.encounter, d.patient}) {
    if (each) d.header.set_reference("focus/" + std::to_string(focus++), each);
  }
  // Observations of an admission (weight, risk) stay observations.
  for (segment obx = d.of.find("OBX"); obx; obx = d.of.find("OBX", obx.position() + 1)) {
    if (kind_of(obx) == obx_kind::observation) write_observation(d, obx, {});
  }
}

}  // namespace liaison::hl7v2
