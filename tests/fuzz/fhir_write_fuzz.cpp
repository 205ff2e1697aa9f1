// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_fhir
// Every profile written from any pivot, with a document to carry; and any submission read with pivots for what it
// holds.
#include <liaison/translator.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

liaison_status keep_names(void* self, const liaison_part* part) {
  if (part->role == LIAISON_PART_EMBEDDED && self != nullptr)
    static_cast<std::vector<std::string>*>(self)->emplace_back(part->name == nullptr ? "" : part->name);
  return LIAISON_OK;
}
liaison_status ignore_issue(void*, const liaison_issue*) { return LIAISON_OK; }

liaison_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

liaison_part part_of(liaison_part_role role, const char* name, const char* format, const std::string& bytes) {
  return {sizeof(liaison_part), role, name, "", format, bytes_of(bytes)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const liaison_translator& of = *liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
  static const std::string document =
      R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.29"/><recordTarget/></ClinicalDocument>)";
  static const std::string pivot =
      R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Composition","title":"t"}},{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000002","resource":{"resourceType":"Patient","birthDate":"1979-03-12"}}]})";
  std::vector<std::string> names;
  const liaison_sink sink = {sizeof(liaison_sink), &names, keep_names, ignore_issue};
  const auto run = [&](liaison_operation operation, const std::string& options,
                       const std::vector<liaison_part>& parts) {
    const liaison_call call = {sizeof(liaison_call), {data, size}, bytes_of(options),
                               parts.data(),         parts.size(), &sink};
    operation(nullptr, &call);
  };
  const std::vector<liaison_part> carried = {part_of(LIAISON_PART_EMBEDDED, "", "cda", document)};
  for (const char* profile : {"pdsm-iti65", "pdsm-iti105", "eu-lab", "eu-hdr", "message"}) {
    const std::string options = R"({"now":"2024-03-01T12:00:00+01:00","account":true,"profile":")" +
                                std::string(profile) + R"(","endpoint":{"custodian_id":"1"}})";
    run(of.encode, options, carried);
    run(of.encode, options, {});
  }
  run(of.inspect, "{}", {});
  const std::vector<std::string> found = names;
  std::vector<liaison_part> pivots;
  pivots.reserve(found.size());
  for (const std::string& name : found) pivots.push_back(part_of(LIAISON_PART_DOCUMENT, name.c_str(), "fhir", pivot));
  run(of.decode, R"({"now":"2024-03-01T12:00:00+01:00","account":true})", pivots);
  return 0;
}
