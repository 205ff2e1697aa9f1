// SPDX-License-Identifier: Apache-2.0
// Segments being written: fields set by place, in any order, and put into text with the usual separators.
#pragma once

#include "message.hpp"

#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace liaison::hl7v2 {

class out_segment {
 public:
  out_segment(std::string name, unsigned ordinal, unsigned rank)
      : name_(std::move(name)), ordinal_(ordinal), rank_(rank) {}

  /// Plain text; it is escaped on the way out.
  void set(const place& where, std::string_view text) {
    if (!text.empty()) values_[key_of(where)] = escape(text, {});
  }
  /// Text that holds no separators and may be very long (base64).
  void set_unescaped(const place& where, std::string text) { values_[key_of(where)] = std::move(text); }
  bool has(const place& where) const;
  bool has_field(unsigned number) const;
  /// What was written there, escaped as it stands; empty when nothing was.
  std::string_view written(const place& where) const;
  /// Number of the first repetition of a field that nothing was written to.
  unsigned next_repetition(unsigned number) const;

  std::string location(const place& where) const;
  const std::string& name() const { return name_; }
  unsigned ordinal() const { return ordinal_; }
  unsigned rank() const { return rank_; }
  void append_to(std::string& out) const;  ///< with its final CR

 private:
  using key = std::tuple<unsigned, unsigned, unsigned, unsigned>;  // field, repetition, component, sub-component
  static key key_of(const place& where) {
    return {where.field, where.repetition, where.component == 0 ? 1 : where.component,
            where.subcomponent == 0 ? 1 : where.subcomponent};
  }
  std::string name_;
  unsigned ordinal_;
  unsigned rank_;
  std::map<key, std::string> values_;
};

}  // namespace liaison::hl7v2
