// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_fhir
// Every operation of the translator on any bytes: JSON by default, XML when they look like it.
#include <liaison/translator.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace {

liaison_status ignore_part(void*, const liaison_part*) { return LIAISON_OK; }
liaison_status ignore_issue(void*, const liaison_issue*) { return LIAISON_OK; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const liaison_translator& of = *liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
  static const char options[] = R"({"now":"2024-03-01T12:00:00+01:00","account":true,"values":true})";
  static const char xml[] = R"({"now":"2024-03-01T12:00:00+01:00","endpoint":{"syntax":"xml"}})";
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, ignore_part, ignore_issue};
  const auto run = [&](liaison_operation operation, const char* with, std::size_t with_size) {
    const liaison_call call = {sizeof(liaison_call),
                               {data, size},
                               {reinterpret_cast<const std::uint8_t*>(with), with_size},
                               nullptr,
                               0,
                               &sink};
    operation(nullptr, &call);
  };
  of.recognise(nullptr, {data, size});
  for (const auto operation : {of.inspect, of.decode, of.encode, of.validate, of.render})
    run(operation, options, sizeof(options) - 1);
  run(of.encode, xml, sizeof(xml) - 1);
  return 0;
}
