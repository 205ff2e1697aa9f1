// SPDX-License-Identifier: Apache-2.0
// What must hold for every file of the tree. Each rule is a function and a row of the table, with files that break it:
// a rule that notices nothing is a defect.
#pragma once

#include "sources.hpp"

#include <span>

namespace tidy {

struct violation {
  std::size_t line = 0;  ///< 0: the file as a whole
  std::string text;
};

struct sample {
  const char* path;
  const char* text;
};

struct rule {
  const char* name;
  std::vector<violation> (*check)(const source_file&);
  std::vector<sample> bad;   ///< each must be noticed
  std::vector<sample> good;  ///< none may be
};

const std::vector<rule>& rules();

/// Files that break a rule with a reason, by rule name and path.
struct exception {
  const char *rule, *path, *reason;
};
std::span<const exception> exceptions();

}  // namespace tidy
