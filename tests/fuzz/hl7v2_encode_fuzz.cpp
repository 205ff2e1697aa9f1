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
  static constexpr std::string_view options[] = {
      R"({"now":"2026-03-02T10:15:01Z","account":true,"control_id":"1","charset":"8859/15"})",
      R"({"now":"2026-03-02T10:15:01Z","account":true,"control_id":"1","profile":"cisis-cda-hl7-lps"})"};
  static constexpr std::string_view document =
      R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><code code="11490-0"/><component/></ClinicalDocument>)";
  const liaison_part carried = {sizeof(liaison_part),
                                LIAISON_PART_EMBEDDED,
                                "",
                                "text/xml",
                                "cda",
                                {reinterpret_cast<const std::uint8_t*>(document.data()), document.size()}};
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, take_part, take_issue};
  for (const std::string_view option : options) {
    const liaison_call call = {sizeof(liaison_call),
                               {data, size},
                               {reinterpret_cast<const std::uint8_t*>(option.data()), option.size()},
                               &carried,
                               1,
                               &sink};
    table->encode(nullptr, &call);
  }
  return 0;
}
