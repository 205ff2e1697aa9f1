// SPDX-License-Identifier: Apache-2.0
// The HPRIM files of the public samples.
#pragma once

#include "../../support/corpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace liaison::hprim::testing {

inline std::string corpus_folder() { return (test::corpus_folder() / "hprim").string(); }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Names of the files that have an expected result beside them.
inline std::vector<std::string> corpus_names() {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(corpus_folder(), none)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view suffix = ".expected.json";
    if (name.ends_with(suffix)) out.push_back(name.substr(0, name.size() - suffix.size()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace liaison::hprim::testing
