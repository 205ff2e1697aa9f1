// SPDX-License-Identifier: Apache-2.0
// One fuzz round for a dialect of HPRIM: everything that reads foreign bytes, and the way back from what was decoded.
// A status QUARANTINE means a bug of ours (an exception nobody expected), so it ends the run.
#pragma once

#include <liaison/translator.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace liaison::hprim_fuzz {

inline constexpr std::string_view options =
    R"({"now":"2026-03-02T10:15:01Z","outcome":"reject","values":true,"acknowledge":true,"account":true,"control_id":"1"})";

inline const liaison_translator* translator_of(const char* format) {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  for (std::size_t i = 0; i < plugin->translator_count; ++i) {
    if (std::strcmp(plugin->translators[i]->format, format) == 0) return plugin->translators[i];
  }
  std::abort();
}

/// Runs an operation; returns its DOCUMENT.
inline std::string run(liaison_operation operation, std::string_view input) {
  std::string document;
  if (operation == nullptr) return document;
  liaison_sink sink = {};
  sink.size = sizeof sink;
  sink.self = &document;
  sink.part = [](void* self, const liaison_part* part) {
    if (part->role == LIAISON_PART_DOCUMENT)
      static_cast<std::string*>(self)->assign(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
    return LIAISON_OK;
  };
  sink.issue = [](void*, const liaison_issue*) { return LIAISON_OK; };
  liaison_call call = {};
  call.size = sizeof call;
  call.input = {reinterpret_cast<const std::uint8_t*>(input.data()), input.size()};
  call.options = {reinterpret_cast<const std::uint8_t*>(options.data()), options.size()};
  call.sink = &sink;
  if (operation(nullptr, &call) == LIAISON_QUARANTINE) std::abort();
  return document;
}

inline int round(const char* format, const std::uint8_t* data, std::size_t size) {
  const liaison_translator* table = translator_of(format);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  table->recognise(nullptr, {data, size});
  run(table->inspect, input);
  run(table->validate, input);
  run(table->render, input);
  run(table->acknowledge, input);
  const std::string pivot = run(table->decode, input);
  if (pivot.empty()) return 0;
  run(translator_of("hprim-medecin")->encode, pivot);
  run(translator_of("hprim-sante")->encode, pivot);
  return 0;
}

}  // namespace liaison::hprim_fuzz
