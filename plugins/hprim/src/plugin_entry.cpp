// SPDX-License-Identifier: Apache-2.0
// The plugin `fr.liaison.hprim`: what the host finds when it opens the shared object.
#include "hxml_schema.hpp"
#include "hxml_translator.hpp"
#include "medecin_translator.hpp"
#include "sante_translator.hpp"

#include <rapidjson/document.h>

#include <cstring>
#include <string>

namespace {

using namespace liaison;

/// "schema_directory" of the plugin's configuration: the folder of schemas/hprim. Without it, XML is read but not
/// validated by schema.
liaison_status create(liaison_bytes configuration, const liaison_sink* sink, void** self) {
  *self = nullptr;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reinterpret_cast<const char*>(configuration.data), configuration.size);
  if (document.HasParseError() || !document.IsObject()) return LIAISON_OK;
  const auto found = document.FindMember("schema_directory");
  if (found == document.MemberEnd() || !found->value.IsString()) return LIAISON_OK;
  std::string why;
  if (hprim::load_hxml_schema(found->value.GetString(), why)) return LIAISON_OK;
  const liaison_issue issue = {sizeof(liaison_issue), LIAISON_ERROR, "hprim-schema-unreadable", "schema_directory",
                               why.c_str()};
  if (sink != nullptr && sink->issue != nullptr) (void)sink->issue(sink->self, &issue);
  return LIAISON_REJECT;
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
