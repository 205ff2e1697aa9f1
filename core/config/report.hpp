// SPDX-License-Identifier: Apache-2.0
// Collects findings and gives each its place: found in the tree by its key.
#pragma once

#include "core/config/json_tree.hpp"

#include <string>
#include <vector>

namespace liaison::config {

using key_path = std::vector<std::string>;  ///< names of members and indexes of items

std::string dotted(const key_path& path);
key_path parts_of(std::string_view dotted_key);

class report {
 public:
  report(std::string file, const std::vector<std::string>& overrides) : file_(std::move(file)), overrides_(overrides) {}

  /// At the key, or at the nearest thing around it that is written down. `root` is the tree to look in.
  void error(const node& root, const key_path& key, std::string text);
  void warning(const node& root, const key_path& key, std::string text);
  void information(const node& root, const key_path& key, std::string text);

  void add(model::severity how, const node& root, const key_path& key, std::string text);
  void error_at(const place& at, std::string key, std::string text);

  std::vector<finding> findings;

 private:
  std::string file_of(const place& at) const;

  std::string file_;
  const std::vector<std::string>& overrides_;
};

/// The value at a key; nullptr when it is not written down.
const node* find(const node& root, const key_path& key);

}  // namespace liaison::config
