// SPDX-License-Identifier: Apache-2.0
// A FHIR resource as a tree of elements, read from JSON or XML or made by hand. All nodes lie in one vector and
// name each other by number; texts are views into the bytes that were parsed or into the tree's own pages. Nothing
// here knows FHIR but for the form of locations.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir {

using node_id = std::uint32_t;
inline constexpr node_id none = 0xFFFFFFFF;

enum class kind : std::uint8_t { object, array, string, number, boolean, null };

struct node {
  std::string_view name;  ///< name of the member; empty for the root and for the elements of an array
  std::string_view text;  ///< scalars: the string without escapes, the digits as written, "true" or "false"
  node_id parent = none, first = none, last = none, next = none;
  std::uint32_t ordinal = 0;         ///< position among its siblings
  std::uint32_t begin = 0, end = 0;  ///< where the value stood in the bytes parsed; both 0 when it did not
  fhir::kind kind = kind::null;
};

class tree {
 public:
  tree() = default;
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;

  bool empty() const { return nodes_.empty(); }
  std::size_t size() const { return nodes_.size(); }
  node_id root() const { return nodes_.empty() ? none : 0; }
  const node& operator[](node_id id) const { return nodes_[id]; }
  node& at(node_id id) { return nodes_[id]; }
  void reserve(std::size_t nodes) { nodes_.reserve(nodes); }

  /// Appends a child; `parent` none makes the root. `name` and `text` must outlive the tree: `keep` them if unsure.
  node_id add(node_id parent, std::string_view name, fhir::kind kind, std::string_view text = {});
  /// Copies the text into the tree.
  std::string_view keep(std::string_view text);

  /// Takes the node out of its parent's list. It stays in the vector, unreachable.
  void detach(node_id id);
  /// Puts a detached node as first child.
  void prepend(node_id parent, node_id id);

  node_id child(node_id of, std::string_view name) const;
  std::size_t child_count(node_id of) const;
  /// "name/0/family"; none when absent. In an array a number is an index; a name means its first element.
  node_id find(node_id of, std::string_view path) const;
  /// Text of the scalar at `path`; empty when absent.
  std::string_view text(node_id of, std::string_view path) const;
  std::string_view text(node_id of) const { return of == none ? std::string_view{} : nodes_[of].text; }
  std::string_view type_of(node_id resource) const { return text(resource, "resourceType"); }

  bool is_object(node_id id) const { return id != none && nodes_[id].kind == kind::object; }
  bool is_array(node_id id) const { return id != none && nodes_[id].kind == kind::array; }
  bool is_string(node_id id) const { return id != none && nodes_[id].kind == kind::string; }

  /// Calls `visit(id)` for each element of the array `of`, or once when it is a single value, not at all for none.
  template <class Visit>
  void each(node_id of, Visit visit) const {
    if (of == none) return;
    if (nodes_[of].kind != kind::array) return visit(of);
    for (node_id id = nodes_[of].first; id != none; id = nodes_[id].next) visit(id);
  }

  std::string pointer(node_id id) const;   ///< "/entry/0/resource/name"
  std::string location(node_id id) const;  ///< "Bundle.entry[0].resource.name"

 private:
  std::vector<node> nodes_;
  std::vector<std::unique_ptr<char[]>> pages_;
  std::size_t page_used_ = 0, page_size_ = 0;
};

/// Compact JSON of the node. Scalars keep their text; order is the tree's.
void write_json(const tree& of, node_id from, std::string& out);
/// As above; `instead_of(id)` gives the text of a string to write in place of its own, or nothing.
void write_json(const tree& of, node_id from, std::string& out,
                const std::function<std::optional<std::string>(node_id)>& instead_of);

void append_json_string(std::string& out, std::string_view text);

}  // namespace liaison::fhir
