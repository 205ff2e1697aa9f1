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

namespace liaison::fhir {

using namespace liaison::test;

inline std::vector<std::filesystem::path> corpus_files(bool negative) {
  const auto folder = corpus_folder() / "fhir";
  std::vector<std::filesystem::path> found;
  if (!std::filesystem::exists(folder)) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto& path = entry.path();
    const bool is_negative = path.parent_path().filename() == "negative";
    // What another project made of HL7v2 and CDA is no sample of good FHIR.
    const bool hint = path.parent_path().filename() == "v2-cda-pairs";
    if (path.extension() == ".json" && is_negative == negative && !hint) found.push_back(path);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace liaison::fhir
