// SPDX-License-Identifier: Apache-2.0
// One OBX → Observation (fhir-france 11.6): value by its type, unit, range, interpretation, status.
#include "decode_results.hpp"

#include "codes.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

struct status_row {
  std::string_view code, status;
  bool is_exact;  ///< else the source's own code goes beside it
};
constexpr status_row statuses[] = {{"F", "final", true},
                                   {"P", "preliminary", true},
                                   {"C", "corrected", true},
                                   {"D", "entered-in-error", true},
                                   {"W", "entered-in-error", false},
                                   {"A", "amended", true},
                                   {"B", "amended", false},
                                   {"X", "cancelled", true},
                                   {"N", "registered", false},
                                   {"R", "preliminary", false},
                                   {"I", "registered", true},
                                   {"S", "registered", false},
                                   {"O", "registered", false},
                                   {"U", "final", false},
                                   {"V", "final", false}};

constexpr std::string_view interpretation_codes[] = {"L",   "LL",  "LU", "H",   "HH",  "HU", "N",  "A", "AA", "U",
                                                     "D",   "B",   "W",  "<",   ">",   "S",  "R",  "I", "MS", "VS",
                                                     "POS", "NEG", "ND", "DET", "IND", "RR", "WR", "NR"};

struct comparator_row {
  std::string_view sign, code;
};
constexpr comparator_row comparators[] = {{"<", "<"},   {"<=", "<="},           {">", ">"},
                                          {">=", ">="}, {"\xE2\x89\xA4", "<="}, {"\xE2\x89\xA5", ">="}};

std::string comparator_of(std::string_view sign) {
  for (const auto& row : comparators) {
    if (row.sign == trim(sign)) return std::string(row.code);
  }
  return {};
}

void write_unit(decoding& d, const segment& obx, const spot& quantity) {
  const repetition unit = obx[6].first();
  const sourced code = d.values.get(unit.component(1)), label = d.values.get(unit.component(2));
  if (code.empty() && label.empty()) return;
  (quantity / "unit").set(label.empty() ? code : label);
  if (label.empty()) {
    (quantity / "unit").carry(code);
  }
  const std::string_view raw_system = unit.component(3);
  // UCUM only when the sender says so: "g/l" looks like it and may not be (pivot, Results).
  if (system_of_coding(raw_system) == "http://unitsofmeasure.org" && !code.empty()) {
    (quantity / "system").set(d.values.as(raw_system, "http://unitsofmeasure.org"));
    (quantity / "code").set(code);
  } else if (!label.empty()) {
    (quantity / "code").set(code);
  }
}

/// "13,2" or "<0.5" as a Quantity; false when it is no number.
bool write_quantity(decoding& d, const segment& obx, std::string_view raw, const spot& to) {
  std::string text = value_of(raw, d.of.by());
  std::string comparator;
  const std::size_t digits = text.find_first_of("0123456789.,+-");
  if (digits != std::string::npos && digits > 0) {
    comparator = comparator_of(std::string_view(text).substr(0, digits));
    if (comparator.empty()) return false;
    text.erase(0, digits);
  }
  const std::string number = decimal_of(text);
  if (number.empty()) return false;
  if (!comparator.empty()) (to / "comparator").set(comparator);
  to.ref.set_number((to / "value").path, d.values.as(raw, number));
  write_unit(d, obx, to);
  return true;
}

/// SN: comparator, number, separator or suffix, number.
bool write_structured_number(decoding& d, const segment& obx, const repetition& sn, const spot& holder) {
  const std::string_view raw_sign = sn.component(1), raw_separator = sn.component(3);
  const std::string first = decimal_of(sn.component(2)), second = decimal_of(sn.component(4));
  const std::string sign(trim(raw_sign)), separator(trim(raw_separator));
  const auto number = [&](const spot& to, unsigned component, const std::string& digits) {
    to.ref.set_number((to / "value").path, d.values.as(sn.component(component), digits));
    write_unit(d, obx, to);
  };
  const bool has_sign = !sign.empty() && sign != "=";
  if (!first.empty() && separator.empty() && (!has_sign || !comparator_of(sign).empty())) {
    const spot to = holder / "valueQuantity";
    if (has_sign) (to / "comparator").set(d.values.as(raw_sign, comparator_of(sign)));
    number(to, 2, first);
    if (!has_sign) (to / "value").carry(d.values.get(raw_sign));
    return true;
  }
  if (first.empty() || second.empty() || has_sign) return false;
  if (separator == "-") {
    const spot to = holder / "valueRange";
    number(to / "low", 2, first);
    number(to / "high", 4, second);
    to.carry(d.values.get(raw_separator));
    return true;
  }
  if (separator == ":" || separator == "/") {
    const spot to = holder / "valueRatio";
    to.ref.set_number((to / "numerator/value").path, d.values.as(sn.component(2), first));
    to.ref.set_number((to / "denominator/value").path, d.values.as(sn.component(4), second));
    to.carry(d.values.get(raw_separator));
    return true;
  }
  return false;
}

/// Repetitions of text are its lines; all of them go into one string.
void write_text(decoding& d, const field& content, const spot& to) {
  std::string text;
  for (const auto piece : content.repetitions()) {
    const std::string line = value_of(piece, d.of.by());
    if (!text.empty()) text += '\n';
    text += line;
  }
  if (trim(text).empty()) return;
  to.set(text);
  d.values.carry_all(content.text(), (to).pointer());
}

bool write_single(decoding& d, const segment& obx, std::string_view type, const repetition& value, const spot& holder) {
  if (type == "NM") return write_quantity(d, obx, value.component(1), holder / "valueQuantity");
  if (type == "SN") return write_structured_number(d, obx, value, holder);
  if (type == "CE" || type == "CWE" || type == "CNE" || type == "CF" || type == "IS") {
    return write_concept(d, value, holder / "valueCodeableConcept");
  }
  if (type == "DT" || type == "TS" || type == "DTM") return write_time(d, value.component(1), holder / "valueDateTime");
  if (type == "DR") {
    const bool start = write_time(d, value.component(1), holder / "valuePeriod/start");
    return write_time(d, value.component(2), holder / "valuePeriod/end") || start;
  }
  return false;
}

void write_value(decoding& d, const segment& obx, const spot& observation) {
  const std::string_view type = trim(obx[2].text());
  const field content = obx[5];
  if (content.empty()) return;
  std::size_t count = 0;
  for (const auto piece : content.repetitions()) {
    static_cast<void>(piece);
    if (++count > 1) break;
  }
  const bool is_text = type == "ST" || type == "TX" || type == "FT";
  if (count == 1 || is_text) {
    if (is_text || !write_single(d, obx, type, content.first(), observation))
      write_text(d, content, observation / "valueString");
    return;
  }
  // Several values of one code are components (fhir-france 11.6).
  for (const auto piece : content.repetitions()) {
    if (trim(piece).empty()) continue;
    const spot component = (observation / "component").next();
    write_concept(d, obx[3].first(), component / "code");
    if (!write_single(d, obx, type, content.as_repetition(piece), component)) {
      (component / "valueString").set(value_of(piece, d.of.by()));
      d.values.carry_all(piece, (component / "valueString").pointer());
    }
  }
}

void write_range(decoding& d, const segment& obx, const spot& observation) {
  const std::string_view raw = obx[7].component(1);
  const sourced text = d.values.get(raw);
  if (text.empty()) return;
  const range limits = read_range(text.text);
  const spot to = observation / "referenceRange/0";
  for (const auto& [name, digits] : {std::pair{"low", &limits.low}, std::pair{"high", &limits.high}}) {
    if (digits->empty()) continue;
    to.ref.set_number((to / name / "value").path, d.values.as(raw, *digits));
    write_unit(d, obx, to / name);
  }
  // A form that is not a plain range, or a single bound with its sign, stays as it was written.
  if (limits.low.empty() || limits.high.empty()) (to / "text").set(text);
}

void write_interpretation(decoding& d, const segment& obx, const spot& observation) {
  const field flags = obx[8];
  for (const auto piece : flags.repetitions()) {
    const sourced flag = d.values.get(flags.as_repetition(piece).component(1));
    if (flag.empty()) continue;
    const spot to = (observation / "interpretation").next();
    const bool is_known = std::find(std::begin(interpretation_codes), std::end(interpretation_codes), flag.text) !=
                          std::end(interpretation_codes);
    if (is_known) {
      (to / "coding/0/system").set("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation");
      (to / "coding/0/code").set(flag);
    } else {
      (to / "text").set(flag);
    }
    (to / (is_known ? "coding/0/display" : "text"))
        .set(is_known ? d.values.get(flags.as_repetition(piece).component(2)) : flag);
  }
}

}  // namespace

std::string_view observation_status(std::string_view code) {
  for (const auto& row : statuses) {
    if (row.code == trim(code)) return row.status;
  }
  return "unknown";
}

resource_ref write_observation(decoding& d, const segment& obx, std::string_view inherited_time) {
  const resource_ref made = d.pivot.add("Observation");
  d.owners[obx.position()] = made;
  const spot to{made, ""};
  const std::string_view raw_status = obx[11].component(1), code = trim(raw_status);
  made.set("status", d.values.as(raw_status, code.empty() ? "" : std::string(observation_status(code))));
  if (code.empty()) made.set("status", "unknown");
  const auto row =
      std::find_if(std::begin(statuses), std::end(statuses), [&](const auto& r) { return r.code == code; });
  if (!code.empty() && (row == std::end(statuses) || !row->is_exact)) {
    (to / "_status/extension/0/url").set(std::string(extension_base) + "source-code");
    (to / "_status/extension/0/valueString").set(d.values.get(raw_status));
  }
  if (!write_concept(d, obx[3].first(), to / "code")) made.set("code/text", "(not named)");
  if (d.patient) made.set_reference("subject", d.patient);
  if (d.encounter) made.set_reference("encounter", d.encounter);
  if (!write_time(d, obx[14].component(1), to / "effectiveDateTime") && !inherited_time.empty()) {
    if (auto time = fhir_from_hl7(inherited_time, d.zone)) made.set("effectiveDateTime", *time);
  }
  write_value(d, obx, to);
  write_interpretation(d, obx, to);
  write_range(d, obx, to);
  const field performers = obx[16];
  for (const auto piece : performers.repetitions()) {
    const resource_ref who = write_person(d, performers.as_repetition(piece));
    if (who) made.set_reference("performer/" + std::to_string(made.size_of("performer")), who);
  }
  if (const resource_ref organization = write_organization(d, obx[23].first())) {
    made.set_reference("performer/" + std::to_string(made.size_of("performer")), organization);
  }
  write_concept(d, obx[17].first(), to / "method");
  write_concept(d, obx[20].first(), to / "bodySite");
  write_entity_identifier(d, obx[21].first(), to / "identifier/0");
  return made;
}

}  // namespace liaison::hl7v2
