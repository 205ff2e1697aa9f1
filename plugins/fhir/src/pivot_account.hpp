// SPDX-License-Identifier: Apache-2.0
// The account of a translation between two trees of the same kind: whole subtrees that were copied, and subtrees
// that were left out.
#pragma once

#include "tree.hpp"

#include <liaison/common/account.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::fhir {

struct placements {
  /// Everything at and below `source` is found below `target`, a JSON pointer; a subtree may go to several places.
  struct copy {
    node_id source;
    std::string target;
  };
  std::vector<copy> copies;
  std::unordered_map<node_id, std::string> dropped;  ///< subtree → reason; wins over a copy of something above it

  void copied(node_id source, std::string target) {
    if (source != none) copies.push_back({source, std::move(target)});
  }
};

/// How the source's places are named: JSON has pointers, XML the FHIRPath that issues use too.
enum class source_places : std::uint8_t { pointers, fhirpath };

/// One row for each scalar below the root of `source`; `otherwise` is said of what was neither copied nor dropped.
void write_account(const tree& source, const placements& where, account& into,
                   std::string_view otherwise = "has no place in the target",
                   source_places named = source_places::pointers);

}  // namespace liaison::fhir
