// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_xdm
// Every reading operation on arbitrary bytes; and, since random bytes are no archive, the same bytes as METADATA.XML
// and as a document inside one, decoded and written again.
#include "zip_writer.hpp"

#include <liaison/translator.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view options =
    R"({"now":"2026-03-02T10:15:01Z","account":true,"id_seed":"s","endpoint":{"trusted":true}})";
std::string pivot;

liaison_status take_part(void*, const liaison_part* part) {
  if (part->role == LIAISON_PART_DOCUMENT)
    pivot.assign(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
  return LIAISON_OK;
}
liaison_status take_issue(void*, const liaison_issue*) { return LIAISON_OK; }

liaison_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void read_all(std::string_view archive, std::string_view document) {
  static const liaison_translator* const table = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, take_part, take_issue};
  const liaison_call call = {sizeof(liaison_call), bytes_of(archive), bytes_of(options), nullptr, 0, &sink};
  table->recognise(nullptr, call.input);
  pivot.clear();
  for (const liaison_operation operation : {table->inspect, table->validate, table->render, table->decode})
    operation(nullptr, &call);
  if (pivot.empty()) return;
  const std::string decoded = pivot;
  const liaison_part part = {sizeof(liaison_part), LIAISON_PART_EMBEDDED, "", "text/xml", "cda", bytes_of(document)};
  const liaison_call again = {sizeof(liaison_call), bytes_of(decoded), bytes_of(options), nullptr, 0, &sink};
  table->encode(nullptr, &again);
  const liaison_call wrap = {sizeof(liaison_call), bytes_of(decoded), bytes_of(options), &part, 1, &sink};
  table->encode(nullptr, &wrap);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read_all(input, input);
  liaison::xdm::zip_writer zip("");
  zip.add("IHE_XDM/SUBSET01/METADATA.XML", input);
  zip.add("IHE_XDM/SUBSET01/DOC0001.XML", input);
  zip.add("IHE_XDM/SUBSET01/DOC0001.PDF", "%PDF-1.4");
  read_all(std::move(zip).finish(), input);
  return 0;
}
