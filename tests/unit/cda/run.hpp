// SPDX-License-Identifier: Apache-2.0
// Calls of the plugin, and where its public samples are.
#pragma once

#include "../../support/corpus.hpp"
#include "../../support/plugin_calls.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace liaison::cda {

using namespace liaison::test;

/// The public samples, when they are there: the CDA files of cda/ and of pfi/.
inline std::vector<std::filesystem::path> corpus_files() {
  const auto root = corpus_folder();
  std::vector<std::filesystem::path> found;
  for (const char* folder : {"cda", "pfi"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".xml" || extension == ".XML") found.push_back(entry.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace liaison::cda
