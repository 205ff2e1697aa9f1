// SPDX-License-Identifier: Apache-2.0
// Loads a shared object and looks at every pointer that the interface promises before anything is called.
#include "core/plugin/host/loaded_plugin.hpp"

#include <dlfcn.h>

#include <cstddef>
#include <string_view>
#include <unordered_set>

namespace liaison::plugin::hosted {
namespace {

failure refused(std::string why) { return {"plugin-refused", std::move(why)}; }

bool is_empty(const char* text) { return text == nullptr || *text == '\0'; }

constexpr operation operations[] = {operation::inspect,  operation::decode,      operation::encode,
                                    operation::validate, operation::acknowledge, operation::render};

/// Null when the table ends before it.
const char* const* wraps_of(const liaison_translator& translator) {
  constexpr std::size_t end = offsetof(liaison_translator, wraps) + sizeof(translator.wraps);
  return translator.size >= end ? translator.wraps : nullptr;
}

/// Stops counting one beyond the limit.
std::size_t count(const char* const* names) {
  std::size_t found = 0;
  while (names != nullptr && names[found] != nullptr && found <= wire::profiles_max) ++found;
  return found;
}

result<done> check(const liaison_translator& translator) {
  if (translator.size < offsetof(liaison_translator, render) + sizeof(translator.render))
    return refused("a translator's table is smaller than version 1 of the interface");
  if (is_empty(translator.format)) return refused("a translator has no format");
  const std::string format = translator.format;
  if (translator.recognise == nullptr) return refused("translator " + format + " has no recognise");
  if (translator.profiles == nullptr) return refused("translator " + format + " has no list of profiles");
  for (const char* const* names : {translator.profiles, wraps_of(translator)})
    if (count(names) > wire::profiles_max) return refused("translator " + format + " has too many profiles");
  return done{};
}

liaison_status ignore_part(void*, const liaison_part*) { return LIAISON_OK; }

liaison_status keep_first_reason(void* self, const liaison_issue* found) {
  auto& reason = *static_cast<std::string*>(self);
  if (reason.empty() && found != nullptr && found->diagnostics != nullptr) reason = found->diagnostics;
  return LIAISON_OK;
}

}  // namespace

result<loaded_plugin> load(const std::string& file) {
  void* object = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    const char* why = dlerror();
    return refused(std::string("cannot be loaded: ") + (why == nullptr ? "unknown reason" : why));
  }
  void* symbol = dlsym(object, LIAISON_PLUGIN_ENTRY_NAME);
  if (symbol == nullptr) return refused("is no plugin of liaison: it has no symbol " LIAISON_PLUGIN_ENTRY_NAME);
  const auto entry = reinterpret_cast<liaison_plugin_entry_function>(symbol);
  loaded_plugin made;
  made.table = entry(LIAISON_TRANSLATOR_ABI);
  if (made.table == nullptr)
    return refused(
        "was built for another version of the plugin interface; this gateway speaks " LIAISON_TRANSLATOR_ABI);
  const liaison_plugin& table = *made.table;
  if (table.size < offsetof(liaison_plugin, destroy) + sizeof(table.destroy))
    return refused("its table is smaller than version 1 of the interface");
  if (is_empty(table.id) || is_empty(table.version)) return refused("has no id or no version");
  if (table.create == nullptr) return refused("has no create");
  if (table.translators == nullptr || table.translator_count == 0) return refused("offers no translator");
  if (table.translator_count > wire::translators_max) return refused("offers too many translators");
  std::unordered_set<std::string> formats;
  for (std::size_t i = 0; i < table.translator_count; ++i) {
    if (table.translators[i] == nullptr) return refused("a translator is NULL");
    if (auto checked = check(*table.translators[i]); !checked) return checked.error();
    if (!formats.insert(table.translators[i]->format).second)
      return refused("offers the format " + std::string(table.translators[i]->format) + " twice");
    made.translators.push_back(table.translators[i]);
  }
  return made;
}

result<done> create(loaded_plugin& what, const std::string& configuration_json) {
  std::string reason;
  const liaison_sink sink = {sizeof(liaison_sink), &reason, ignore_part, keep_first_reason};
  const liaison_bytes configuration = {reinterpret_cast<const std::uint8_t*>(configuration_json.data()),
                                       configuration_json.size()};
  const liaison_status status = what.table->create(configuration, &sink, &what.self);
  if (status == LIAISON_OK) return done{};
  return refused("did not start (status " + std::to_string(static_cast<int>(status)) + ")" +
                 (reason.empty() ? "" : ": " + reason));
}

liaison_operation operation_of(const liaison_translator& translator, operation what) {
  switch (what) {
    case operation::recognise:
      return nullptr;
    case operation::inspect:
      return translator.inspect;
    case operation::decode:
      return translator.decode;
    case operation::encode:
      return translator.encode;
    case operation::validate:
      return translator.validate;
    case operation::acknowledge:
      return translator.acknowledge;
    case operation::render:
      return translator.render;
  }
  return nullptr;
}

wire::ready description_of(const loaded_plugin& what) {
  wire::ready told;
  told.plugin_id = what.table->id;
  told.plugin_version = what.table->version;
  for (const liaison_translator* translator : what.translators) {
    wire::offered& one = told.translators.emplace_back();
    one.format = translator->format;
    one.profiles.assign(translator->profiles, translator->profiles + count(translator->profiles));
    if (const char* const* wraps = wraps_of(*translator)) one.wraps.assign(wraps, wraps + count(wraps));
    for (const operation each : operations)
      if (operation_of(*translator, each) != nullptr) one.operations.push_back(each);
  }
  return told;
}

}  // namespace liaison::plugin::hosted
