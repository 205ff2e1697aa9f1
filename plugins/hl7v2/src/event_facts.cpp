// SPDX-License-Identifier: Apache-2.0
#include "event_facts.hpp"

#include "consents.hpp"
#include "inspect.hpp"
#include "people.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <initializer_list>

namespace liaison::hl7v2 {
namespace {

using facts::identifier;
using facts::identifier_kind;

constexpr std::size_t events_max = 1000;  // choices or merges that one message may tell of

struct cancelling {
  std::string_view trigger, cancelled;
};
// HL7 2.5, chapter 3, and the Z-events of PAM.FR, which pair even numbers with the odd ones that cancel them.
constexpr cancelling cancellings[] = {
    {"A11", "A01"}, {"A12", "A02"}, {"A13", "A03"}, {"A25", "A16"}, {"A26", "A15"}, {"A27", "A14"},
    {"A32", "A10"}, {"A33", "A09"}, {"A38", "A05"}, {"A52", "A21"}, {"A53", "A22"}, {"A55", "A54"},
    {"Z81", "Z80"}, {"Z83", "Z82"}, {"Z85", "Z84"}, {"Z87", "Z86"}, {"Z89", "Z88"},
};

struct action_code {
  std::string_view code, action;
};
constexpr action_code action_codes[] = {
    {"INSERT", "insert"}, {"UPDATE", "update"}, {"CANCEL", "cancel"}, {"DELETE", "cancel"}};

/// What a merging event takes from whom: whole patients, or the stays and files of one.
enum class scope : std::uint8_t { patient, stay };
struct merging {
  std::string_view trigger, action;
  scope of;
};
constexpr merging mergings[] = {
    {"A18", "merge", scope::patient},  {"A24", "link", scope::patient},   {"A30", "merge", scope::patient},
    {"A34", "merge", scope::patient},  {"A35", "merge", scope::stay},     {"A36", "merge", scope::patient},
    {"A37", "unlink", scope::patient}, {"A39", "merge", scope::patient},  {"A40", "merge", scope::patient},
    {"A41", "merge", scope::stay},     {"A42", "merge", scope::stay},     {"A43", "move", scope::patient},
    {"A44", "move", scope::stay},      {"A45", "move", scope::stay},      {"A46", "change", scope::patient},
    {"A47", "change", scope::patient}, {"A48", "change", scope::patient}, {"A49", "change", scope::stay},
    {"A50", "change", scope::stay},    {"A51", "change", scope::stay},
};

std::string_view trigger_of(const message& of) { return trim(of.at(0)[9].component(2)); }

/// Calls `visit(segment, patient)` for each segment called one of `names`, with the index of the patient whose PID
/// stands last before it, as far as `into` knows that patient.
template <class Visit>
void each_of_patients(const message& of, std::initializer_list<std::string_view> names,
                      const facts::message_facts& into, Visit&& visit) {
  std::uint32_t pids = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const segment each = of.at(i);
    const std::string_view name = each.name();
    if (name == "PID" && ++pids > into.patients.size()) return;
    if (std::find(names.begin(), names.end(), name) != names.end()) visit(each, pids == 0 ? 0 : pids - 1);
  }
}

/// XON of a unit: its code stands in component 10, in component 1 when there is nothing else.
std::string unit_of(const field& unit) {
  const repetition xon = unit.first();
  std::string code = value_of(xon.component(10), xon.by());
  if (code.empty()) code = value_of(xon.component(3), xon.by());
  return code.empty() ? value_of(xon.component(1), xon.by()) : code;
}

bool same(const identifier& a, const identifier& b) { return a.value == b.value && a.system == b.system; }

/// Identifiers of a field of CX that `known` does not hold any more.
std::vector<identifier> identifiers_of(const field& list, const std::vector<identifier>& known) {
  std::vector<identifier> out;
  for (const auto piece : list.repetitions()) {
    if (out.size() >= 64) break;
    identifier each = patient_identifier(list.as_repetition(piece));
    if (each.value.empty()) continue;
    if (std::any_of(known.begin(), known.end(), [&](const auto& other) { return same(each, other); })) continue;
    out.push_back(std::move(each));
  }
  return out;
}

void read_choices_of(const segment& from, std::uint32_t patient, std::string_view zone, facts::message_facts& into,
                     findings& found) {
  for (const choice& row : choices()) {
    const std::string_view code = trim(from[row.field].component(1));
    if (row.segment != from.name() || code.empty()) continue;
    const std::string_view value = value_of_choice(row, code);
    if (value.empty()) {
      found.warning("hl7v2-consent-unknown", location(from, {row.field}),
                    "the choice of the patient has a code that is not known; it counts as not collected");
    }
    facts::consent made{patient,
                        std::string(row.kind),
                        std::string(value.empty() ? "not-collected" : value),
                        {},
                        location(from, {row.field})};
    // What was not collected has no date: the one beside it belongs to the question (pfi-hl7v2, section 14).
    if (row.date != 0 && made.value != "not-collected")
      made.date = fhir_from_hl7(trim(from[row.date].component(1)), zone).value_or(std::string{});
    into.consents.push_back(std::move(made));
  }
}

}  // namespace

movement movement_of(const message& of) {
  const std::string_view trigger = trigger_of(of);
  if (trim(of.at(0)[9].component(1)) != "ADT") return {};
  for (const auto& row : cancellings) {
    if (row.trigger == trigger) return {"cancel", row.cancelled};
  }
  const segment zbe = of.find("ZBE");
  if (!zbe) return {};
  const std::string_view code = trim(zbe[4].component(1)), original = trim(zbe[6].component(1));
  for (const auto& row : action_codes) {
    if (row.code == code) return {row.action, original.empty() ? trigger : original};
  }
  return {"insert", trigger};
}

void read_stay(const message& of, std::string_view zone, std::string_view now, facts::message_facts& into,
               findings& found) {
  const segment pv1 = of.find("PV1"), pv2 = of.find("PV2"), zbe = of.find("ZBE");
  facts::encounter& stay = into.encounter;
  const auto time = [&](const segment& from, unsigned number) {
    return from ? fhir_from_hl7(trim(from[number].component(1)), zone).value_or(std::string{}) : std::string{};
  };
  if (pv1) {
    stay.patient_class = value_of(pv1[2].component(1), of.by());
    stay.start = time(pv1, 44);
    stay.discharge_to = value_of(pv1[36].component(1), of.by());
  }
  stay.expected_end = time(pv2, 9);
  if (zbe) {
    stay.movement = id_of(zbe[1].first());
    stay.medical_unit = unit_of(zbe[7]);
    stay.care_unit = unit_of(zbe[8]);
  }
  const movement what = movement_of(of);
  into.event.action = what.action;
  into.event.of = what.trigger;
  if (what.action == "cancel" && what.trigger == "A03") return;  // the stay goes on, whatever PV1-45 still says
  if (is_discharge(of)) {
    const event_time when = time_of_event(of, zone, now);
    stay.end = when.fhir;
    if (when.from) stay.end_from = location(when.from, {when.field});
    if (discharge_times_differ(of)) {
      found.information("hl7v2-discharge-times-differ", stay.end_from,
                        "the times that a discharge can be read from are more than an hour apart");
    }
  } else if (!time(pv1, 45).empty()) {
    stay.end = time(pv1, 45);
    stay.end_from = "PV1-45";
  }
}

void read_consents(const message& of, std::string_view zone, facts::message_facts& into, findings& found) {
  if (into.patients.empty()) return;
  each_of_patients(of, {"ZFA", "ZFD"}, into, [&](const segment& from, std::uint32_t patient) {
    if (into.consents.size() < events_max) read_choices_of(from, patient, zone, into, found);
  });
}

void read_merges(const message& of, facts::message_facts& into) {
  if (into.patients.empty() || trim(of.at(0)[9].component(1)) != "ADT") return;
  const std::string_view trigger = trigger_of(of);
  const auto kind =
      std::find_if(std::begin(mergings), std::end(mergings), [&](const auto& row) { return row.trigger == trigger; });
  if (kind == std::end(mergings)) return;
  if (kind->action == "link" || kind->action == "unlink") {
    for (std::uint32_t other = 1; other < into.patients.size(); ++other)
      into.merges.push_back({0, other, std::string(kind->action), {}, {}});
    return;
  }
  each_of_patients(of, {"MRG"}, into, [&](const segment& mrg, std::uint32_t patient) {
    if (into.merges.size() >= events_max) return;
    facts::merge made;
    made.patient = patient;
    made.action = kind->action;
    made.prior = identifiers_of(mrg[1], into.patients[patient].identifiers);
    for (const unsigned number : {3U, 5U}) {
      for (identifier& stay : identifiers_of(mrg[number], {})) {
        stay.kind = identifier_kind::stay;
        made.prior_stays.push_back(std::move(stay));
      }
    }
    // Stays that are merged or renumbered leave their patient what he is; moved ones come from the patient of MRG-1.
    if (kind->of == scope::stay && kind->action != "move") made.prior.clear();
    if (!made.prior.empty() || !made.prior_stays.empty()) into.merges.push_back(std::move(made));
  });
}

}  // namespace liaison::hl7v2
