// SPDX-License-Identifier: Apache-2.0
// FHIRPath (N1 as R4 uses it) over a tree: enough for the invariants of R4 and of profiles. Expressions come from our
// own tables or from packages that the operator names, never from a message; data comes from anywhere, so that
// evaluation is bounded in depth, in steps and in what a regular expression may look at.
#pragma once

#include "bundle.hpp"
#include "tables.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir::path {

enum class operation : std::uint8_t {
  literal_string,
  literal_number,
  literal_boolean,
  literal_date,
  empty_set,
  variable,
  name,
  call,
  step,
  index,
  negate,
  multiply,
  divide,
  integer_divide,
  modulo,
  add,
  subtract,
  concatenate,
  is,
  as,
  unite,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  equivalent,
  not_equivalent,
  in,
  contains,
  both,
  either,
  exclusive,
  implies
};

enum class function : std::uint8_t;

struct expression {
  operation op = operation::empty_set;
  path::function function{};
  std::string text;
  std::vector<std::unique_ptr<expression>> arguments;
};

/// Nothing, and a reason, when the text is no expression or uses what is not there.
struct compiled {
  std::unique_ptr<expression> root;
  std::string reason;
};
compiled compile(std::string_view text);

enum class value_kind : std::uint8_t { node, boolean, number, string, date };

struct item {
  value_kind kind = value_kind::node;
  bool flag = false;
  node_id id = none, extra = none;  ///< of a node: its value and its "_name" twin
  const type_definition* type = nullptr;
  std::string_view text;  ///< of everything that is no node
};
using collection = std::vector<item>;

/// What a whole evaluation knows.
struct environment {
  collection context;       ///< %context
  node_id resource = none;  ///< %resource
  node_id root_resource = none;
};

class evaluator {
 public:
  explicit evaluator(const bundle_view& of) : bundle_(of), tree_(of.source()), tables_(tables::r4()) {}

  /// Throws nothing but std::bad_alloc; an evaluation that was cut short sets `exhausted`.
  collection run(const expression& of, const collection& focus, const environment& in);

  /// The node as an item; `type` may be null for a resource.
  item make_item(node_id id, node_id extra, const type_definition* type) const;

  /// Children of that name; a choice by its name without type.
  collection named(const item& of, std::string_view name) { return children({of}, name); }

  /// Nothing when the collection is empty; anything but false is true.
  std::optional<bool> truth(const collection& of) const;

  bool exhausted() const { return exhausted_; }
  const tree& source() const { return tree_; }

 private:
  struct frame;
  collection evaluate(const expression& of, const frame& at);
  collection call(const expression& of, const collection& focus, const frame& at);
  collection call_with_criterion(const expression& of, const collection& focus, const frame& at);
  collection call_on_sets(const expression& of, const collection& focus, const frame& at);
  collection call_on_text(const expression& of, const collection& focus, const frame& at);
  collection binary(const expression& of, const frame& at);
  collection logic(const expression& of, const frame& at);
  collection variable(const expression& of, const frame& at);
  collection children(const collection& of, std::string_view name);
  void add_children(const item& of, std::string_view name, collection& into);
  void add_member(node_id object, node_id member, const type_definition* type, collection& into);
  collection descendants(const collection& of);
  collection distinct(collection of) const;
  bool is_type(const item& of, std::string_view name) const;
  bool has_value(const item& of) const;
  std::string_view text_of(const item& of) const;
  std::string key_of(const item& of) const;
  bool equal(const item& a, const item& b) const;
  std::optional<int> compare(const item& a, const item& b) const;
  item text_item(std::string text);
  static item flag_item(bool value);
  item number_item(double value);
  bool spend(std::size_t steps);

  const bundle_view& bundle_;
  const tree& tree_;
  const tables& tables_;
  std::deque<std::string> texts_;
  std::size_t steps_left_ = 20'000'000;
  unsigned depth_ = 0;
  bool exhausted_ = false;
};

}  // namespace liaison::fhir::path
