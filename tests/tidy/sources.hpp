// SPDX-License-Identifier: Apache-2.0
// The files of the tree that the rules look at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct source_file {
  std::string path;  ///< relative to the project
  std::string text;
  mutable std::string code{};  ///< see code_of
};

/// Every file of the project but what is built, generated or kept by version control.
std::vector<source_file> all_files(const std::string& root);

/// The text with comments and the contents of literals blanked out; lines stay where they are.
std::string code_only(std::string_view text);
const std::string& code_of(const source_file& file);  ///< the same, worked out once

/// What stands in each `#include`, with its line.
struct include_line {
  std::size_t line;
  std::string target;
};
std::vector<include_line> includes_of(std::string_view text);

bool is_code(const std::string& path);  ///< C and C++

}  // namespace tidy
