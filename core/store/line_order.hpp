// SPDX-License-Identifier: Apache-2.0
// The order of a line by what its documents say of each other. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace liaison::store {

template <class Name>
struct line_entry {
  std::optional<Name> brings;
  std::vector<Name> follows;  ///< names of documents or sets that it replaces, removes or belongs to
};

/// Positions of the entries so that none stands before the one that brings what it follows; otherwise as they stand
/// now. What follows itself in a circle stays as it stands. Time: quadratic.
template <class Name>
std::vector<std::size_t> line_order(const std::vector<line_entry<Name>>& now) {
  std::map<Name, std::size_t> brought_by;
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i].brings) brought_by.try_emplace(*now[i].brings, i);
  std::vector<std::size_t> order;
  std::vector<bool> placed(now.size());
  const auto may_stand = [&](std::size_t at) {
    for (const Name& name : now[at].follows) {
      const auto first = brought_by.find(name);
      if (first != brought_by.end() && first->second != at && !placed[first->second] && name != now[at].brings)
        return false;
    }
    return true;
  };
  while (order.size() < now.size()) {
    std::optional<std::size_t> next;
    for (std::size_t i = 0; i < now.size() && !(next && may_stand(*next)); ++i)
      if (!placed[i] && (!next || may_stand(i))) next = i;
    placed[*next] = true;
    order.push_back(*next);
  }
  return order;
}

}  // namespace liaison::store
