// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_hl7v2
// Every operation that reads bytes from outside: nothing may crash, hang or read past its input.
#include <liaison/translator.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

liaison_status take_part(void*, const liaison_part*) { return LIAISON_OK; }
liaison_status take_issue(void*, const liaison_issue*) { return LIAISON_OK; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const liaison_translator* const table = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
  static constexpr std::string_view options[] = {
      R"({"now":"2026-03-02T10:15:01Z","outcome":"reject","values":true,"acknowledge":true,"account":true,"control_id":"1"})",
      R"({"now":"2026-03-02T10:15:01Z","strictness":"strict","answer":{"kind":"mail-read","outcome":"reject","recipient_index":0}})"};
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, take_part, take_issue};
  for (const std::string_view option : options) {
    const liaison_call call = {sizeof(liaison_call),
                               {data, size},
                               {reinterpret_cast<const std::uint8_t*>(option.data()), option.size()},
                               nullptr,
                               0,
                               &sink};
    table->recognise(nullptr, call.input);
    for (const liaison_operation operation :
         {table->inspect, table->acknowledge, table->decode, table->validate, table->render}) {
      operation(nullptr, &call);
    }
  }
  return 0;
}
