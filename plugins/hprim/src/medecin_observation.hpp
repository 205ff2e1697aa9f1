// SPDX-License-Identifier: Apache-2.0
// RES lines as Observations, every field in the account. A value whose exact writing the pivot cannot give back is kept
// beside it as a source-field.
#pragma once

#include "code_map.hpp"
#include "medecin_result.hpp"
#include "pivot_terms.hpp"

#include <array>

namespace liaison::hprim {

/// What all results of a message have in common.
struct observation_setting {
  std::string sender;  ///< whose local codes these are
  std::string date;
  resource_ref patient;  ///< false: nobody
};

class observation_writer {
 public:
  observation_writer(pivot_writer& pivot, account* ledger, findings& found, const code_map* codes,
                     observation_setting setting)
      : pivot_(pivot), ledger_(ledger), found_(found), codes_(codes), setting_(std::move(setting)) {}

  /// `second_row`: the row behind it that gives the same result in another unit; null when there is none.
  resource_ref write(const res_line& line, const res_line* second_row);

 private:
  using field_array = std::array<sourced, 15>;  // by number, 2 to 14

  sourced leaf(const std::string& location, std::string_view raw, std::string text);
  field_array fields_of(const res_line& line);
  void write_identity(const resource_ref& made, const medecin_result& result, const field_array& fields);
  bool write_measured(const resource_ref& made, std::string_view path, const measured& value, const sourced& raw_value,
                      const sourced& raw_unit, std::size_t unit_number);
  void write_type(const resource_ref& made, const medecin_result& result, const sourced& raw, bool quantity);
  void write_range(const resource_ref& made, std::string_view path, const measured& value, const sourced& raw_low,
                   const sourced& raw_high, std::size_t low_number);
  void write_flag(const resource_ref& made, std::string_view flag, const sourced& raw);
  void write_second(const resource_ref& made, const medecin_result& result, const measured& second);
  void write_second_row(const resource_ref& made, const medecin_result& result, const res_line& row);
  void keep(const resource_ref& made, std::size_t number, const sourced& value);

  pivot_writer& pivot_;
  account* ledger_;
  findings& found_;
  const code_map* codes_;
  observation_setting setting_;
};

}  // namespace liaison::hprim
