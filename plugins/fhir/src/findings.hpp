// SPDX-License-Identifier: Apache-2.0
// Where the checks leave what they find: located, without values, and no more than a reader can use.
#pragma once

#include "tree.hpp"

#include <liaison/common/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir {

class findings {
 public:
  static constexpr std::size_t count_max = 500;

  explicit findings(const tree& of) : tree_(of) {}

  void error(std::string_view code, node_id where, std::string_view text) {
    add(severity::error, code, where, {}, text);
  }
  void warning(std::string_view code, node_id where, std::string_view text) {
    add(severity::warning, code, where, {}, text);
  }
  /// `member` is an element that should be below `where`.
  void add(severity level, std::string_view code, node_id where, std::string_view member, std::string_view text);

  /// A required code that no value set at hand can judge; told once.
  void note_unchecked_code() { unchecked_code_ = true; }
  bool has_unchecked_code() const { return unchecked_code_; }

  bool full() const { return found_.size() >= count_max; }
  const std::vector<issue>& list() const { return found_; }

 private:
  const tree& tree_;
  std::vector<issue> found_;
  bool unchecked_code_ = false;
};

}  // namespace liaison::fhir
