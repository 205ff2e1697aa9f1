// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_hprim
#include "hprim_round.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return liaison::hprim_fuzz::round("hprim-xml", data, size);
}
