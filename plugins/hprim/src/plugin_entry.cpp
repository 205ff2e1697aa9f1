// SPDX-License-Identifier: Apache-2.0
// The plugin `fr.liaison.hprim`: what the host finds when it opens the shared object.
#include "hxml_translator.hpp"
#include "medecin_translator.hpp"
#include "sante_translator.hpp"

#include <cstring>

namespace {

using namespace liaison;

liaison_status create(liaison_bytes, const liaison_sink*, void** self) {
  *self = nullptr;
  return LIAISON_OK;
}

void destroy(void*) {}

const liaison_plugin& plugin() {
  static const liaison_translator* const translators[] = {&export_translator<hprim::medecin_translator>(),
                                                          &export_translator<hprim::sante_translator>(),
                                                          &export_translator<hprim::hxml_translator>()};
  static const liaison_plugin table = {
      sizeof(liaison_plugin), "fr.liaison.hprim", "0.1.0", translators, std::size(translators), create, destroy};
  return table;
}

}  // namespace

extern "C" const liaison_plugin* liaison_plugin_entry(const char* abi) {
  return abi != nullptr && std::strcmp(abi, LIAISON_TRANSLATOR_ABI) == 0 ? &plugin() : nullptr;
}
