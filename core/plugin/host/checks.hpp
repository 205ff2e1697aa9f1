// SPDX-License-Identifier: Apache-2.0
// The checks of plugin-check, each run in a host process of its own, behind the same closed door as real messages.
#pragma once

#include "core/plugin/host/loaded_plugin.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin::hosted {

struct check_context {
  const std::string& file;
  const loaded_plugin& plugin;
  std::vector<std::string> samples;  ///< messages that the caller has for it; may be empty
  /// Says what comes next, so that a death can be told from its last words.
  std::function<void(const std::string&)> trying;
};

struct check_result {
  bool passed = true;
  std::string detail;
};

/// Before the sandbox closes: what needs the file itself. Nothing when no such check has this name.
std::optional<check_result> check_outside(std::string_view name, const std::string& file);
std::optional<check_result> check_inside(std::string_view name, const check_context& with);

/// Names of the symbols that the shared object exports, read from its ELF dynamic symbol table.
result<std::vector<std::string>> exported_symbols(const std::string& file);

}  // namespace liaison::plugin::hosted
