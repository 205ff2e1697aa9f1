// SPDX-License-Identifier: Apache-2.0
// The public samples, which are no part of this project and need not be there.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace liaison::test {

/// LIAISON_CORPUS, else shared/corpus beside the checkout.
inline std::filesystem::path corpus_folder() {
  const char* named = std::getenv("LIAISON_CORPUS");
  return named != nullptr ? named : LIAISON_SOURCE_DIRECTORY "/../shared/corpus";
}

}  // namespace liaison::test
