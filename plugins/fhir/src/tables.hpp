// SPDX-License-Identifier: Apache-2.0
// The compact tables of base R4 (tables/r4.txt), read once when they are first needed: types, their elements,
// bindings and invariants.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::fhir {

struct type_definition;

struct value_set {
  struct system_codes {
    std::string_view system;
    std::vector<std::string_view> codes;  ///< sorted
  };
  std::string_view url;
  std::vector<system_codes> systems;
  bool has_code(std::string_view code) const;
  bool has(std::string_view system, std::string_view code) const;
};

struct invariant {
  std::string_view key, human, expression;
  bool is_error = true;
};

/// One of the types that an element may have.
struct type_use {
  std::string_view name;
  const type_definition* type = nullptr;
  std::vector<std::string_view> targets;  ///< of a Reference; empty for any
};

struct element_definition {
  std::string_view name;  ///< without "[x]"
  std::uint16_t min = 0;
  bool repeats = false;
  bool is_choice = false;
  std::uint16_t ordinal = 0;  ///< position in its type, inherited elements first
  std::vector<type_use> types;
  const value_set* binding = nullptr;
  std::vector<invariant> invariants;
};

enum class type_kind : std::uint8_t { resource, abstract, complex, primitive, backbone };
enum class primitive : std::uint8_t { no, boolean, integer, decimal, string };

struct type_definition {
  std::string_view name, base_name;
  type_kind kind = type_kind::complex;
  fhir::primitive json = primitive::no;  ///< what a value of it is in JSON
  const type_definition* base = nullptr;
  std::vector<element_definition> elements;  ///< with the inherited ones
  std::vector<invariant> invariants;         ///< with the inherited ones

  struct found {
    const element_definition* element = nullptr;
    const type_use* use = nullptr;
  };
  /// The element that a JSON or XML name stands for: "valueQuantity" is value[x] with type Quantity.
  found find(std::string_view name) const;
  bool is_a(std::string_view ancestor) const;

 private:
  friend class table_reader;
  std::unordered_map<std::string_view, found> by_name_;
};

class tables {
 public:
  /// The tables that the plugin was built with.
  static const tables& r4();

  /// Reads the text of r4.txt, which must outlive the tables.
  explicit tables(std::string_view text);

  const type_definition* type(std::string_view name) const;
  bool is_resource(std::string_view name) const;
  std::size_t type_count() const { return types_.size(); }
  const std::unordered_map<std::string_view, std::unique_ptr<type_definition>>& all() const { return types_; }

 private:
  friend class table_reader;
  std::unordered_map<std::string_view, std::unique_ptr<type_definition>> types_;
  std::vector<std::unique_ptr<value_set>> value_sets_;
  std::vector<std::unique_ptr<char[]>> names_;  ///< choice names, "valueQuantity"
};

}  // namespace liaison::fhir
