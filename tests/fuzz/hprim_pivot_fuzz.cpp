// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_hprim
// Encoders on pivots of any origin: a Bundle may come from another gateway's FHIR interface.
#include "hprim_round.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const char* format : {"hprim-medecin", "hprim-sante", "hprim-xml"}) {
    liaison::hprim_fuzz::run(liaison::hprim_fuzz::translator_of(format)->encode, input);
  }
  return 0;
}
