// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_hl7v2
// Writing from a pivot that anybody may have made: no crash, no hang, and a message or a reason.
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
  static constexpr std::string_view options =
      R"({"now":"2026-03-02T10:15:01Z","account":true,"control_id":"1","charset":"8859/15"})";
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, take_part, take_issue};
  const liaison_call call = {sizeof(liaison_call),
                             {data, size},
                             {reinterpret_cast<const std::uint8_t*>(options.data()), options.size()},
                             nullptr,
                             0,
                             &sink};
  table->encode(nullptr, &call);
  return 0;
}
