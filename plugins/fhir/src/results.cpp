// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>

namespace liaison::fhir {
namespace {

std::string_view first_text(const tree& of, node_id from, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths) {
    if (const auto found = of.text(from, path); !found.empty()) return found;
  }
  return {};
}

node_id value_of(const tree& of, node_id observation) {
  if (observation == none) return none;
  for (node_id id = of[observation].first; id != none; id = of[id].next) {
    const std::string_view name = of[id].name;
    if (name.size() > 5 && name.starts_with("value") && name[5] >= 'A' && name[5] <= 'Z') return id;
  }
  return none;
}

void read_quantity(const tree& of, node_id quantity, std::string& value, std::string& unit) {
  value = std::string(of.text(quantity, "comparator")).append(of.text(quantity, "value"));
  unit = first_text(of, quantity, {"unit", "code"});
}

void read_value(const tree& of, node_id value, facts::value& into) {
  if (value == none) return;
  const std::string_view name = of[value].name;
  if (of[value].kind != kind::object) {
    into.value = of[value].text;
  } else if (name == "valueQuantity") {
    read_quantity(of, value, into.value, into.unit);
  } else if (name == "valueCodeableConcept") {
    into.value = first_text(of, value, {"text", "coding/0/display", "coding/0/code"});
  } else if (name == "valueRange") {
    into.value = std::string(of.text(value, "low/value")).append(" - ").append(of.text(value, "high/value"));
    into.unit = first_text(of, value, {"low/unit", "high/unit"});
  } else if (name == "valueRatio") {
    into.value = std::string(of.text(value, "numerator/value")).append("/").append(of.text(value, "denominator/value"));
    into.unit = of.text(value, "numerator/unit");
  } else if (name == "valuePeriod") {
    into.value = std::string(of.text(value, "start")).append(" - ").append(of.text(value, "end"));
  }
}

void read_range(const tree& of, node_id holder, std::string& low, std::string& high) {
  node_id range = of.child(holder, "referenceRange");
  if (of.is_array(range)) range = of[range].first;
  low = of.text(range, "low/value");
  high = of.text(range, "high/value");
}

bool same_code(const tree& of, node_id a, node_id b) {
  const std::string_view code = of.text(a, "code/coding/0/code");
  if (!code.empty()) return code == of.text(b, "code/coding/0/code");
  return of.text(a, "code/text") == of.text(b, "code/text");
}

}  // namespace

bool is_result(const tree& of, node_id observation) {
  return value_of(of, observation) != none || of.child(observation, "component") != none ||
         of.child(observation, "hasMember") == none;
}

facts::value value_facts(const tree& of, node_id observation) {
  facts::value found;
  found.label = first_text(of, observation, {"code/text", "code/coding/0/display"});
  found.code = of.text(observation, "code/coding/0/code");
  read_value(of, value_of(of, observation), found);
  read_range(of, observation, found.low, found.high);
  found.flag = first_text(of, observation, {"interpretation/0/coding/0/code", "interpretation/0/text"});
  found.status = of.text(observation, "status");
  return found;
}

namespace {

void list_result(const tree& of, node_id observation, std::uint32_t patient, std::vector<facts::value>& into) {
  facts::value main = value_facts(of, observation);
  main.patient = patient;
  std::vector<facts::value> others;
  of.each(of.child(observation, "component"), [&](node_id component) {
    if (value_of(of, component) == none) return;
    facts::value part = value_facts(of, component);
    // The pivot keeps the same result in a second unit as a component with the Observation's own code.
    if (!main.value.empty() && !main.second && same_code(of, observation, component)) {
      main.second = facts::second_value{part.value, part.unit, part.low, part.high};
      return;
    }
    part.patient = patient;
    part.status = main.status;
    others.push_back(std::move(part));
  });
  if (!main.value.empty() || others.empty()) into.push_back(std::move(main));
  std::ranges::move(others, std::back_inserter(into));
}

}  // namespace

void read_results(const bundle_view& of, const std::vector<node_id>& patients, result_values values,
                  facts::message_facts& into) {
  const tree& source = of.source();
  for (const auto& entry : of.entries()) {
    if (entry.resource == none || source.type_of(entry.resource) != "Observation" || !is_result(source, entry.resource))
      continue;
    ++into.results;
    if (values != result_values::listed) continue;
    std::uint32_t owner = 0;
    if (patients.size() > 1) {
      const node_id subject = of.resolve(source.child(entry.resource, "subject"));
      const auto found = std::ranges::find(patients, subject);
      if (found != patients.end()) owner = static_cast<std::uint32_t>(found - patients.begin());
    }
    list_result(source, entry.resource, owner, into.values);
  }
}

}  // namespace liaison::fhir
