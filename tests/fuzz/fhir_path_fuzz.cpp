// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_fhir
// Any text as a FHIRPath expression over a small resource.
#include "fhirpath.hpp"
#include "json_parser.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace liaison::fhir;
  if (size > 4096) return 0;
  static constexpr std::string_view sample =
      R"({"resourceType":"Patient","id":"p","active":true,"name":[{"family":"A","given":["B","C"]}],"birthDate":"1950-03"})";
  tree resource;
  parse_json(sample, resource);
  const bundle_view bundle(resource);
  const auto made = path::compile({reinterpret_cast<const char*>(data), size});
  if (made.root == nullptr) return 0;
  path::evaluator work(bundle);
  const path::collection focus{work.make_item(0, none, nullptr)};
  (void)work.truth(work.run(*made.root, focus, {focus, 0, 0}));
  return 0;
}
