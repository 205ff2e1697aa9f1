// SPDX-License-Identifier: Apache-2.0
// PV1, PV2 and the stay's numbers → Encounter (fhir-france 11.4 and 11.9).
#include "codes.hpp"
#include "decode.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::hl7v2 {
namespace {

struct class_row {
  std::string_view code, act_code;
};
constexpr class_row classes[] = {{"E", "EMER"}, {"I", "IMP"}, {"O", "AMB"}, {"P", "PRENC"}};

struct status_row {
  std::string_view trigger, status;
};
constexpr status_row statuses[] = {{"A05", "planned"},   {"A14", "planned"},     {"A38", "cancelled"},
                                   {"A27", "cancelled"}, {"A11", "cancelled"},   {"A03", "finished"},
                                   {"A21", "onleave"},   {"A09", "in-progress"}, {"A13", "in-progress"}};

struct participant_row {
  unsigned field;
  std::string_view code;
};
constexpr participant_row participants[] = {{7, "ATND"}, {8, "REF"}, {9, "CON"}, {17, "ADM"}, {52, "PART"}};

void write_class(decoding& d, const segment& pv1) {
  const spot to{d.encounter, "class"};
  const std::string_view raw = pv1[2].component(1), code = trim(raw);
  for (const auto& row : classes) {
    if (row.code != code) continue;
    (to / "system").set("http://terminology.hl7.org/CodeSystem/v3-ActCode");
    (to / "code").set(d.values.as(raw, std::string(row.act_code)));
    return;
  }
  (to / "system").set("http://terminology.hl7.org/CodeSystem/v2-0004");
  (to / "code").set(code.empty() ? sourced("U") : d.values.get(raw));
}

std::string_view status_of(const decoding& d, const segment& pv1) {
  const segment msh = d.of.at(0);
  if (trim(msh[9].component(1)) == "ADT") {
    for (const auto& row : statuses) {
      if (row.trigger == trim(msh[9].component(2))) return row.status;
    }
  }
  if (!trim(pv1[45].text()).empty()) return "finished";
  const std::string_view patient_class = trim(pv1[2].component(1));
  return patient_class == "P" ? "planned" : patient_class == "U" ? "unknown" : "in-progress";
}

/// PL: its parts in one line as people say them, each carried to it.
void write_location(decoding& d, const field& place, std::string_view status) {
  const repetition location = place.first();
  std::string text;
  const spot to = spot{d.encounter, "location"}.next();
  for (const unsigned n : {4U, 7U, 8U, 1U, 2U, 3U, 9U}) {
    const std::string part = d.values.get(location.component(n)).text;
    if (part.empty()) continue;
    if (!text.empty()) text += " ";
    text += part;
  }
  if (text.empty()) return;
  (to / "location/display").set(text);
  (to / "status").set(status);
  for (const unsigned n : {4U, 7U, 8U, 1U, 2U, 3U, 9U})
    (to / "location/display").carry(d.values.get(location.component(n)));
}

void write_participants(decoding& d, const segment& pv1) {
  for (const auto& row : participants) {
    const field people = pv1[row.field];
    for (const auto piece : people.repetitions()) {
      const resource_ref who = write_person(d, people.as_repetition(piece));
      if (!who) continue;
      const spot to = spot{d.encounter, "participant"}.next();
      (to / "type/0/coding/0/system")
          .set(row.code == "PART" ? "http://terminology.hl7.org/CodeSystem/participant-type"
                                  : "http://terminology.hl7.org/CodeSystem/v3-ParticipationType");
      (to / "type/0/coding/0/code").set(row.code);
      to.ref.set_reference((to / "individual").path, who);
    }
  }
}

void write_numbers(decoding& d, const segment& pid, const segment& pv1) {
  const auto add = [&](const field& number) {
    for (const auto piece : number.repetitions()) {
      write_identifier(d, number.as_repetition(piece), spot{d.encounter, "identifier"}.next());
    }
  };
  add(pv1[19]);
  // The administrative file of PID-18 belongs to the stay in France (fhir-france 11.3).
  add(pid[18]);
  add(pv1[50]);
}

void write_period(decoding& d, const segment& pv1) {
  const spot period{d.encounter, "period"};
  write_time(d, pv1[44].component(1), period / "start");
  if (write_time(d, pv1[45].component(1), period / "end")) return;
  const segment msh = d.of.at(0);
  if (trim(msh[9].component(1)) != "ADT" || trim(msh[9].component(2)) != "A03") return;
  // PV1-45 is mostly empty in France: the time of the discharge in its documented order of precedence.
  const event_time when = time_of_event(d.of, d.zone, d.now);
  if (!when.fhir.empty()) (period / "end").set(d.values.as(when.from[when.field].component(1), when.fhir));
}

}  // namespace

void write_stay_place(decoding& d, const segment& pv1) { write_location(d, pv1[3], "active"); }

void write_encounter(decoding& d) {
  const segment pv1 = d.of.find("PV1"), pid = d.of.find("PID");
  if (!pv1) return;
  d.encounter = d.pivot.add("Encounter");
  d.owners[pv1.position()] = d.encounter;
  for (const char* name : {"PV2", "ZBE", "ZFV", "ZFM", "ZFS"}) {
    for (segment each = d.of.find(name); each; each = d.of.find(name, each.position() + 1))
      d.owners[each.position()] = d.encounter;
  }
  d.encounter.set("status", status_of(d, pv1));
  write_class(d, pv1);
  write_numbers(d, pid, pv1);
  if (d.patient) d.encounter.set_reference("subject", d.patient);
  const spot to{d.encounter, ""};
  write_concept(d, pv1[4].first(), to / "type/0");
  write_concept(d, pv1[10].first(), to / "serviceType");
  write_location(d, pv1[3], "active");
  write_location(d, pv1[6], "completed");
  write_participants(d, pv1);
  write_period(d, pv1);
  write_concept(d, pv1[14].first(), to / "hospitalization/admitSource");
  write_concept(d, pv1[36].first(), to / "hospitalization/dischargeDisposition");
  if (const segment pv2 = d.of.find("PV2")) write_concept(d, pv2[3].first(), spot{d.encounter, "reasonCode"}.next());
}

}  // namespace liaison::hl7v2
