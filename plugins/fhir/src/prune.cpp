// SPDX-License-Identifier: Apache-2.0
#include "prune.hpp"

namespace liaison::fhir {
namespace {

/// A null may pad `given` beside `_given`, and the other way round.
bool has_twin(const tree& of, node_id array) {
  const node_id parent = of[array].parent;
  if (!of.is_object(parent)) return false;
  const std::string_view name = of[array].name;
  const std::string twin = name.starts_with('_') ? std::string(name.substr(1)) : "_" + std::string(name);
  return of.child(parent, twin) != none;
}

bool all_null(const tree& of, node_id array) {
  for (node_id id = of[array].first; id != none; id = of[id].next) {
    if (of[id].kind != kind::null) return false;
  }
  return true;
}

bool is_void(const tree& of, node_id id) {
  const node& here = of[id];
  switch (here.kind) {
    case kind::null:
      return !of.is_array(here.parent) || !has_twin(of, here.parent);
    case kind::string:
      return here.text.empty();
    case kind::object:
      return here.first == none;
    case kind::array:
      return here.first == none || all_null(of, id);
    default:
      return false;
  }
}

}  // namespace

std::size_t prune(tree& of, const std::vector<node_id>& unwanted) {
  std::vector<bool> marked(of.size(), false);
  for (const node_id id : unwanted) marked[id] = true;
  std::size_t taken = 0;
  // Children come after their parents, so one walk from the end meets what became empty after what emptied it.
  // Each list is rebuilt once, when its parent is met.
  for (std::size_t i = of.size(); i-- > 0;) {
    const auto parent = static_cast<node_id>(i);
    node_id kept_last = none;
    node_id id = of[parent].first;
    of.at(parent).first = none;
    while (id != none) {
      const node_id next = of[id].next;
      if (marked[id] || is_void(of, id)) {
        of.at(id).parent = of.at(id).next = none;
        ++taken;
      } else {
        of.at(id).ordinal = kept_last == none ? 0 : of[kept_last].ordinal + 1;
        if (kept_last == none) {
          of.at(parent).first = id;
        } else {
          of.at(kept_last).next = id;
        }
        of.at(id).next = none;
        kept_last = id;
      }
      id = next;
    }
    of.at(parent).last = kept_last;
  }
  return taken;
}

std::size_t prune(tree& of) { return prune(of, {}); }

}  // namespace liaison::fhir
