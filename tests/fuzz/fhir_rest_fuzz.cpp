// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_fhir
// Bodies of the REST interface: whatever is posted has an outline that is JSON, and its parts are taken out without harm.
#include "message.hpp"
#include "rest_outline.hpp"
#include "rest_resource.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace liaison::fhir;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  message read;
  if (!read_message(bytes, read) || !read.result.good || read.resource.empty()) return 0;
  const std::string outline = outline_of(read.resource);
  tree again;
  if (!parse_json(outline, again).good) std::abort();
  const part_request::form forms[] = {part_request::form::entry, part_request::form::data, part_request::form::parameter,
                                      part_request::form::resource};
  for (const auto form : forms) {
    for (const std::uint32_t part : {0U, 1U, 2U, 7U}) {
      part_request what;
      what.as = form;
      what.part = part;
      what.ids = "12";
      what.version = "2";
      what.updated = "2026-01-01T00:00:00Z";
      what.status = "superseded";
      what.parameter = "input";
      what.base = "http://gateway/fhir";
      const part_found found = extract_part(read.resource, what);
      if (!found.found || form != part_request::form::resource) continue;
      tree resource;
      if (!parse_json(found.bytes, resource).good) std::abort();
    }
  }
  return 0;
}
