// SPDX-License-Identifier: Apache-2.0
#include "medecin_observation.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hprim {
namespace {

constexpr std::string_view no_label = "(sans libellé)";

struct status_row {
  std::string_view written, observation;
};

constexpr status_row statuses[] = {{"F", "final"}, {"R", "preliminary"}, {"C", "corrected"}};

std::string_view observation_status(std::string_view written) {
  for (const status_row& row : statuses) {
    if (row.written == written) return row.observation;
  }
  return "unknown";
}

bool has_bounds(const measured& value) {
  return !value.bounds.low.empty() || !value.bounds.high.empty() || !value.bounds.text.empty();
}

}  // namespace

sourced observation_writer::leaf(const std::string& location, std::string_view raw, std::string text) {
  if (ledger_ == nullptr) return sourced(std::move(text));
  return {std::move(text), ledger_->add(location, raw)};
}

observation_writer::field_array observation_writer::fields_of(const res_line& line) {
  field_array out;
  for (std::size_t number = 2; number <= 14; ++number) {
    const std::string_view raw = trim(line.field(number));
    if (raw.empty()) continue;
    if (ledger_ == nullptr) {
      out[number] = sourced(shown(raw));
    } else {
      out[number] = leaf(line.line->location() + " RES-" + std::to_string(number), raw, shown(raw));
    }
  }
  return out;
}

void observation_writer::keep(const resource_ref& made, std::size_t number, const sourced& value) {
  add_source_field(made, "hprim-medecin.RES." + std::to_string(number), value);
}

resource_ref observation_writer::write(const res_line& line, const res_line* second_row) {
  const medecin_result result = read_result(line, nullptr);
  const resource_ref made = pivot_.add("Observation");
  const std::string place = "/entry/" + std::to_string(pivot_.entry_count() - 1) + "/resource";
  const field_array fields = fields_of(line);
  write_identity(made, result, fields);
  const bool quantity = write_measured(made, "", result.first, fields[5], fields[6], 6);
  write_type(made, result, fields[4], quantity);
  write_range(made, "", result.first, fields[7], fields[8], 7);
  write_flag(made, result.flag, fields[9]);
  if (!result.second.empty() || !fields[11].empty()) {
    write_second(made, result, result.second);
    write_measured(made, "component/0", result.second, fields[11], fields[12], 12);
    write_range(made, "component/0", result.second, fields[13], fields[14], 13);
  }
  if (second_row != nullptr) write_second_row(made, result, *second_row);
  if (!line.excess.empty())
    keep(made, 15, leaf(line.line->location() + " RES-15", line.excess, std::string(line.excess)));
  const std::string second_unit =
      second_row == nullptr ? result.second.unit : read_result(*second_row, nullptr).first.unit;
  if (apply_code_map(codes_, made, result.code, {result.first.unit, second_unit}, ledger_, place))
    found_.add(finding::code_mapped, line.line->location());
  return made;
}

void observation_writer::write_identity(const resource_ref& made, const medecin_result& result,
                                        const field_array& fields) {
  made.set("status", observation_status(result.status));
  if (is_known_status(result.status)) {
    made.carry("status", fields[10]);
  } else {
    keep(made, 10, fields[10]);
  }
  made.set("code/text", sourced(result.label));
  made.carry("code/text", fields[2]);
  if (result.label.empty()) keep(made, 2, fields[2]);
  if (!result.code.empty()) {
    made.set("code/coding/0/system", local_system(setting_.sender));
    made.set("code/coding/0/code", fields[3]);
  }
  if (!made.has("code")) made.set("code/text", no_label);
  if (setting_.patient) made.set_reference("subject", setting_.patient);
  made.set("effectiveDateTime", setting_.date);
}

bool observation_writer::write_measured(const resource_ref& made, std::string_view path, const measured& value,
                                        const sourced& raw_value, const sourced& raw_unit, std::size_t unit_number) {
  bool quantity = false;
  if (!value.text.empty()) {
    measured_text text;
    text.value = raw_value;
    text.understood = value.text;
    text.json_number = value.quantity.json;
    text.comparator = value.quantity.comparator;
    text.unit = value.unit;
    text.unit_source = raw_unit;
    quantity = set_value(made, path, text);
    // What the way back would write otherwise: "<5.0" for "< 5.0" is the same value, "7" for "007" is not.
    if (quantity && value.quantity.json != value.quantity.number) keep(made, unit_number - 1, raw_value);
    if (value.quantity.marked) keep(made, unit_number - 1, raw_value);
  }
  const bool unit_carried = quantity && !value.unit.empty() && value.unit == raw_unit.text;
  if (!raw_unit.empty() && !unit_carried) keep(made, unit_number, raw_unit);
  return quantity;
}

void observation_writer::write_type(const resource_ref& made, const medecin_result& result, const sourced& raw,
                                    bool quantity) {
  if (raw.empty()) return;
  const bool plain_number = quantity && result.first.quantity.comparator.empty();
  const std::string_view written = plain_number ? "N" : "A";
  if (raw.text == written && !result.first.text.empty()) {
    made.carry(quantity ? "valueQuantity" : "valueString", raw);
  } else {
    keep(made, 4, raw);
  }
}

void observation_writer::write_range(const resource_ref& made, std::string_view path, const measured& value,
                                     const sourced& raw_low, const sourced& raw_high, std::size_t low_number) {
  const std::string prefix = path.empty() ? std::string{} : std::string(path) + "/";
  const std::string at = prefix + "referenceRange/0";
  const bounds_text& bounds = value.bounds;
  const auto set_bound = [&](const char* name, const std::string& number) {
    if (number.empty()) return;
    made.set_number(at + "/" + name + "/value", sourced(number));
    if (!value.unit.empty()) made.set(at + "/" + name + "/unit", value.unit);
  };
  set_bound("low", bounds.low);
  set_bound("high", bounds.high);
  made.set(at + "/text", sourced(bounds.text));
  // What the way back would write, read again: when it says something else, the raw fields are kept.
  const bounds_text again = read_bounds(bounds.low.empty() ? bounds.text : bounds.low, bounds.high);
  const bool faithful = again.low == bounds.low && again.high == bounds.high && again.text == bounds.text &&
                        !bounds.low_sentinel && !bounds.high_sentinel;
  const auto account_for = [&](const sourced& raw, const std::string& number, const char* name, std::size_t position) {
    if (raw.empty()) return;
    if (!faithful || !made.has(at)) {
      keep(made, position, raw);
      return;
    }
    const quantity_text plain = read_quantity(raw.text);
    const bool own = plain.comparator.empty() && !number.empty() && plain.json == number;
    made.carry(own ? at + "/" + name + "/value" : at, raw);
  };
  account_for(raw_low, bounds.low, "low", low_number);
  account_for(raw_high, bounds.high, "high", low_number + 1);
}

void observation_writer::write_flag(const resource_ref& made, std::string_view flag, const sourced& raw) {
  if (raw.empty()) return;
  if (is_known_flag(flag)) {
    made.set("interpretation/0/coding/0/system", system_interpretation);
    made.set("interpretation/0/coding/0/code", raw);
  } else {
    made.set("interpretation/0/text", raw);
    keep(made, 9, sourced(raw.text));
  }
}

/// The component of the second unit, but for its value. A flag that only the second unit's bounds can explain stands
/// there as well.
void observation_writer::write_second(const resource_ref& made, const medecin_result& result, const measured& second) {
  if (!result.code.empty()) {
    made.set("component/0/code/coding/0/system", local_system(setting_.sender));
    made.set("component/0/code/coding/0/code", result.code);
  }
  made.set("component/0/code/text", result.label.empty() ? no_label : std::string_view(result.label));
  if (!is_known_flag(result.flag) || has_bounds(result.first) || !has_bounds(second)) return;
  made.set("component/0/interpretation/0/coding/0/system", system_interpretation);
  made.set("component/0/interpretation/0/coding/0/code", result.flag);
}

/// A row of its own becomes the component; its fields stay beside it, so that the way back makes a row of it again.
void observation_writer::write_second_row(const resource_ref& made, const medecin_result& result, const res_line& row) {
  const medecin_result second = read_result(row, nullptr);
  const field_array fields = fields_of(row);
  write_second(made, result, second.first);
  measured_text text;
  text.value = fields[5];
  text.understood = second.first.text;
  text.json_number = second.first.quantity.json;
  text.comparator = second.first.quantity.comparator;
  text.unit = second.first.unit;
  text.unit_source = fields[6];
  set_value(made, "component/0", text);
  const bounds_text& bounds = second.first.bounds;
  const std::string range = "component/0/referenceRange/0";
  if (!bounds.low.empty()) made.set_number(range + "/low/value", sourced(bounds.low));
  if (!bounds.high.empty()) made.set_number(range + "/high/value", sourced(bounds.high));
  made.set(range + "/text", bounds.text);
  if (is_known_flag(second.flag) && second.flag != result.flag) {
    made.set("component/0/interpretation/0/coding/0/system", system_interpretation);
    made.set("component/0/interpretation/0/coding/0/code", second.flag);
  }
  for (std::size_t number = 2; number <= 14; ++number)
    add_source_field(made, "hprim-medecin.ROW." + std::to_string(number), fields[number]);
  found_.add(finding::second_unit_row, row.line->location());
}

}  // namespace liaison::hprim
