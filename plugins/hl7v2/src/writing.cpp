// SPDX-License-Identifier: Apache-2.0
#include "writing.hpp"

namespace liaison::hl7v2 {

bool out_segment::has(const place& where) const { return values_.contains(key_of(where)); }

bool out_segment::has_field(unsigned number) const {
  const auto found = values_.lower_bound(key{number, 0, 0, 0});
  return found != values_.end() && std::get<0>(found->first) == number;
}

std::string_view out_segment::written(const place& where) const {
  const auto found = values_.find(key_of(where));
  return found == values_.end() ? std::string_view{} : std::string_view(found->second);
}

unsigned out_segment::next_repetition(unsigned number) const {
  const auto behind = values_.lower_bound(key{number + 1, 0, 0, 0});
  if (behind == values_.begin()) return 1;
  const key& last = std::prev(behind)->first;
  return std::get<0>(last) == number ? std::get<1>(last) + 1 : 1;
}

std::string out_segment::location(const place& where) const {
  // The same words as for a message that is read: only the segment's name and number matter for them.
  static constexpr std::string_view once[] = {"MSH", "EVN", "PID", "PD1", "PV1", "PV2", "TXA",
                                              "SCH", "ZBE", "ZFA", "ZFV", "ZFD", "ZFM", "MRG"};
  std::string out = name_;
  bool single = false;
  for (const auto name : once) single = single || name == name_;
  if (ordinal_ > 1 || !single) out += "[" + std::to_string(ordinal_) + "]";
  out += "-" + std::to_string(where.field);
  if (where.repetition > 1) out += "[" + std::to_string(where.repetition) + "]";
  if (where.component > 0) out += "." + std::to_string(where.component);
  if (where.subcomponent > 0) out += "." + std::to_string(where.subcomponent);
  return out;
}

void out_segment::append_to(std::string& out) const {
  out += name_;
  const bool is_header = name_ == "MSH";
  unsigned field_at = is_header ? 1 : 0, repetition_at = 1, component_at = 1, subcomponent_at = 1;
  if (is_header) out += "|^~\\&", field_at = 2;
  for (const auto& [where, text] : values_) {
    const auto& [number, repetition_number, component, subcomponent] = where;
    if (number != field_at) {
      out.append(number - field_at, '|');
      field_at = number;
      repetition_at = component_at = subcomponent_at = 1;
    }
    if (repetition_number != repetition_at) {
      out.append(repetition_number - repetition_at, '~');
      repetition_at = repetition_number;
      component_at = subcomponent_at = 1;
    }
    if (component != component_at) {
      out.append(component - component_at, '^');
      component_at = component;
      subcomponent_at = 1;
    }
    out.append(subcomponent - subcomponent_at, '&');
    subcomponent_at = subcomponent;
    out += text;
  }
  out += '\r';
}

}  // namespace liaison::hl7v2
