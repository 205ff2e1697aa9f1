// SPDX-License-Identifier: Apache-2.0
// Writing HPRIM Santé: segments from values at places, separators kept out of the data, lines of 220 bytes with
// addenda.
#pragma once

#include "pivot_terms.hpp"
#include "safe_text.hpp"
#include "sante_grid.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace liaison::hprim {

/// What to do with a separator inside data: most readers know no escape, so a blank is the default.
enum class escape_rule : std::uint8_t { blank, escape };

/// A source-field of this format on a resource: where the value stood.
struct kept_value {
  std::string segment;
  unsigned ordinal = 0;
  place at;
  bool is_clear = false;
  sourced value;
};
std::vector<kept_value> kept_values(const pivot_reader& pivot, const json_value* node);

class sante_lines;

/// One segment being filled. Later values win; `apply` lets kept values win over translated ones.
class segment_builder {
 public:
  segment_builder(std::string name, account* ledger) : name_(std::move(name)), ledger_(ledger) {}

  void set(const place& at, const sourced& value);
  void set(std::uint16_t field, const sourced& value) { set(place{field, 1, 1, 1}, value); }
  void set(std::uint16_t field, std::string_view value) { set(place{field, 1, 1, 1}, sourced(std::string(value))); }
  void set(std::uint16_t field, std::uint16_t component, const sourced& value) {
    set(place{field, 1, component, 1}, value);
  }
  void clear(std::uint16_t field);
  void apply(const std::vector<kept_value>& kept, std::string_view segment, unsigned ordinal = 0);
  bool empty() const { return values_.empty(); }
  const std::string& name() const { return name_; }

 private:
  friend class sante_lines;
  std::string name_;
  account* ledger_;
  std::map<place, std::string> values_;
};

/// The message as it grows: counts what L must say.
class sante_lines {
 public:
  sante_lines(charset to, escape_rule rule, safe_text& safe) : to_(to), rule_(rule), safe_(safe) {}

  void add(const segment_builder& segment);
  /// L with true counts, and the bytes of all: CRLF, addenda where a line would pass 220 bytes.
  std::string finish(const segment_builder& end);
  /// Fields that are longer than the tables of the format allow, "OBX-3"; they are written whole.
  const std::set<std::string>& long_fields() const { return long_fields_; }

 private:
  void note_long_fields(const std::string& name, std::string_view text);

  std::string text_of(const segment_builder& segment);
  std::string piece_of(std::string_view value);
  void write(std::string_view line, std::string& out) const;

  charset to_;
  escape_rule rule_;
  safe_text& safe_;
  std::vector<std::string> segments_;
  std::set<std::string> long_fields_;
  std::size_t patients_ = 0;
};

}  // namespace liaison::hprim
