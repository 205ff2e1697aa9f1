// SPDX-License-Identifier: Apache-2.0
// What reading a configuration has to say: each finding with its place and its key.
#pragma once

#include "core/model/issue.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace liaison::config {

struct finding {
  model::severity severity = model::severity::error;
  std::string file{};        ///< or "--set KEY=…" for what was overridden
  std::uint32_t line = 0;    ///< from 1; 0 when it concerns no line
  std::uint32_t column = 0;  ///< in characters, from 1
  std::string key{};         ///< dotted, as for --set: "endpoints.gp.destination.folder.path"
  std::string text{};        ///< never a secret's value
};

bool has_error(const std::vector<finding>& findings);

/// "configs/demo.json:12:5: error: endpoints.gp.destinaton: unknown key; did you mean 'destination'?"
std::string to_text(const finding& one);

/// JSON array of {severity, file, line, column, key, text}; line and column are left out when 0.
std::string to_json(const std::vector<finding>& findings);

}  // namespace liaison::config
