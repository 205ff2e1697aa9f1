// SPDX-License-Identifier: Apache-2.0
// The Bundle that a pivot_writer makes: nodes in one vector that name each other by number, texts in pages of their own.
#pragma once

#include <liaison/common/account.hpp>
#include <liaison/common/text_pages.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::detail {

class pivot_tree {
 public:
  using id = std::uint32_t;
  static constexpr id none = 0xFFFFFFFF;
  static constexpr id root = 0;
  enum class kind : std::uint8_t { null, object, array, string, number, boolean, file };

  struct node {
    std::string_view name;  ///< of a member; empty in an array
    std::string_view text;  ///< string, digits, "true"; of a file: its bytes, elsewhere
    id first = none, last = none, next = none;
    std::uint32_t size = 0;          ///< children
    value_range values = {};         ///< set by `write`
    pivot_tree::kind kind = kind::null;
  };

  pivot_tree() { clear(); }
  void clear();

  const node& operator[](id of) const { return nodes_[of]; }
  bool is_object(id of) const { return nodes_[of].kind == kind::object; }
  bool is_array(id of) const { return nodes_[of].kind == kind::array; }
  bool is_string(id of) const { return nodes_[of].kind == kind::string; }

  id child(id of, std::string_view name) const;
  id element(id of, std::size_t index) const;
  /// "name/0/family" below `from`; none when there is no such node.
  id find(id from, std::string_view path) const;
  /// As `find`; what is missing is made, null. std::logic_error when the path does not fit what is there.
  id place(id from, std::string_view path);
  id add(id parent, std::string_view name, kind type);  ///< `name` is copied
  id add_apart();                                                   ///< in no list

  void set(id of, kind type, std::string_view text);           ///< `text` is copied
  void set_borrowed(id of, kind type, std::string_view text);  ///< `text` outlives the tree
  void remove(id parent, std::string_view name);
  void move_last(id from_parent, id to_parent);  ///< all children, behind those that are there

  /// Reads a JSON object or array into a node that has nothing yet. False, and nothing read, when it is none; `why` then says so.
  bool read(id into, std::string_view json, std::string& why);

  /// As JSON; numbers its values.
  std::string write();
  std::size_t value_count() const { return values_; }
  /// Of what was written: the values at and below a JSON pointer; a value also stands for what would be below it.
  value_range range_of(std::string_view pointer) const;
  value_range range_of(id element) const { return nodes_[element].values; }

 private:
  class reading;
  id place_below(id from, std::string_view path);
  id nth(id of, std::size_t index) const;
  void append(id parent, id child);

  std::vector<node> nodes_;
  text_pages texts_;
  std::size_t text_size_bytes_ = 0;
  std::uint32_t values_ = 0;
  id recent_from_ = none, recent_at_ = none;  // where `place` was last, and the element that held the value
  std::string recent_path_;
  mutable id entries_of_ = none;      // what `entries_` holds the elements of
  mutable std::vector<id> entries_;  // so that thousands of pointers into one long list stay cheap
};

}  // namespace liaison::detail
