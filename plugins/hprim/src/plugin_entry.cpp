// SPDX-License-Identifier: Apache-2.0
// The plugin `fr.liaison.hprim`: what the host finds when it opens the shared object.
#include "code_map.hpp"
#include "hxml_schema.hpp"
#include "hxml_translator.hpp"
#include "medecin_translator.hpp"
#include "sante_translator.hpp"

#include <rapidjson/document.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace liaison;

liaison_status refuse(const liaison_sink* sink, const char* code, const std::string& location, const std::string& why) {
  const liaison_issue issue = {sizeof(liaison_issue), LIAISON_ERROR, code, location.c_str(), why.c_str()};
  if (sink != nullptr && sink->issue != nullptr) (void)sink->issue(sink->self, &issue);
  return LIAISON_REJECT;
}

/// Configuration: "schema_directory", the folder of schemas/hprim (without it XML is read but not validated by schema),
/// and "code_maps", an object from names to CSV files, chosen by an endpoint's option "code_map".
liaison_status create(liaison_bytes configuration, const liaison_sink* sink, void** self) {
  *self = nullptr;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reinterpret_cast<const char*>(configuration.data), configuration.size);
  if (document.HasParseError() || !document.IsObject()) return LIAISON_OK;
  std::string why;
  const auto folder = document.FindMember("schema_directory");
  if (folder != document.MemberEnd() && folder->value.IsString() &&
      !hprim::load_hxml_schema(folder->value.GetString(), why))
    return refuse(sink, "hprim-schema-unreadable", "schema_directory", why);
  const auto maps = document.FindMember("code_maps");
  if (maps == document.MemberEnd() || !maps->value.IsObject()) return LIAISON_OK;
  for (const auto& one : maps->value.GetObject()) {
    const std::string location = std::string("code_maps.") + one.name.GetString();
    std::ifstream in(one.value.IsString() ? one.value.GetString() : "", std::ios::binary);
    if (!in) return refuse(sink, "hprim-code-map-unreadable", location, "the file cannot be opened");
    const std::string csv{std::istreambuf_iterator<char>(in), {}};
    hprim::code_map table;
    if (!hprim::parse_code_map(csv, table, why)) return refuse(sink, "hprim-code-map-invalid", location, why);
    hprim::keep_code_map(one.name.GetString(), std::move(table));
  }
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
