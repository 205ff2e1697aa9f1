// SPDX-License-Identifier: Apache-2.0
// JSON bytes to a tree: one pass, no recursion, limits on size, depth and nodes; stricter than RFC 8259 where FHIR
// is (R4, json.html): duplicate names, nulls, empty arrays, objects and strings are found while parsing.
#pragma once

#include "tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir {

struct parse_limits {
  std::size_t size_bytes_max = 100U << 20U;
  unsigned depth_max = 256;
  std::size_t nodes_max = 2'000'000;
};

/// What is wrong with the bytes. A `fatal` one ends the parse, the others leave a tree that can be used.
struct defect {
  enum class weight : std::uint8_t { fatal, error, warning };
  weight severity = weight::error;
  std::string code;
  std::string location;
  std::string diagnostics;
};

struct parsed {
  bool good = false;  ///< the tree is complete
  std::vector<defect> defects;
};

inline constexpr std::size_t defects_max = 200;

/// `bytes` must outlive `into`.
parsed parse_json(std::string_view bytes, tree& into, const parse_limits& limits = {});

}  // namespace liaison::fhir
