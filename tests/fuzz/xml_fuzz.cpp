// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_common
// XML of any sender through the reader that all translators use: a tree within the limits or a defect, no DTD, and an
// account in which each leaf has a place.
#include <liaison/common/account.hpp>
#include <liaison/common/charset.hpp>
#include <liaison/common/xml.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

void walk(const xmlNode* node, const xml_ledger& ledger, unsigned depth) {
  must(depth <= 64);
  for (; node != nullptr; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) continue;
    must(xml_location(node).starts_with("/"));
    (void)ledger.text(node);
    (void)ledger.attribute(node, "root");
    (void)all_text(node);
    walk(node->children, ledger, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const xml_parsed parsed = parse_xml(bytes, {1U << 20U, 64, 20'000});
  for (const auto& defect : parsed.defects) {
    must(!defect.code.empty());
    must(is_utf_8(defect.diagnostics));
  }
  if (!parsed.document) {
    must(!parsed.defects.empty());
    return 0;
  }
  must(parsed.document->intSubset == nullptr && parsed.document->extSubset == nullptr);
  account rows;
  const xml_ledger ledger(parsed.document.get(), &rows);
  const xmlNode* root = xmlDocGetRootElement(parsed.document.get());
  walk(root, ledger, 1);
  ledger.carry_all(root, "/entry/0");
  (void)rows.to_json();
  return 0;
}
