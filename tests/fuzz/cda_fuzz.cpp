// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_cda
// Every operation of the CDA translator on arbitrary bytes, and the encoder on what the decoder made of them.
#include <liaison/translator.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::string pivot;

liaison_status take_part(void*, const liaison_part* part) {
  if (part->role == LIAISON_PART_DOCUMENT) {
    pivot.assign(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
  }
  return LIAISON_OK;
}
liaison_status take_issue(void*, const liaison_issue*) { return LIAISON_OK; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const liaison_translator* const table = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
  static constexpr std::string_view options =
      R"({"now":"2026-03-02T10:15:01Z","values":true,"account":true,"endpoint":{"trusted":true}})";
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, take_part, take_issue};
  const liaison_bytes option_bytes = {reinterpret_cast<const std::uint8_t*>(options.data()), options.size()};
  const liaison_call call = {sizeof(liaison_call), {data, size}, option_bytes, nullptr, 0, &sink};
  table->recognise(nullptr, call.input);
  pivot.clear();
  for (const liaison_operation operation : {table->inspect, table->decode, table->validate, table->render}) {
    operation(nullptr, &call);
  }
  table->encode(nullptr, &call);
  if (!pivot.empty()) {
    const std::string decoded = pivot;
    const liaison_call again = {sizeof(liaison_call),
                                {reinterpret_cast<const std::uint8_t*>(decoded.data()), decoded.size()},
                                option_bytes,
                                nullptr,
                                0,
                                &sink};
    table->encode(nullptr, &again);
  }
  return 0;
}
