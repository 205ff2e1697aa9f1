// SPDX-License-Identifier: Apache-2.0
// Hardened XML reading over libxml2: no DTD, no external entity, no network, limits on size and depth, and every leaf
// in the account. Used by cda, hprim-xml and fhir; nothing else includes libxml2.
#pragma once

#include <liaison/common/account.hpp>
#include <liaison/common/pivot.hpp>

#include <libxml/tree.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

struct xml_limits {
  std::size_t size_bytes_max = 100U << 20;
  unsigned depth_max = 256;
  std::size_t nodes_max = 2'000'000;
};

struct xml_defect {
  std::string code;  ///< "xml-not-well-formed", "xml-dtd", "xml-too-deep", "xml-too-many-nodes", "xml-too-large"
  std::string location;  ///< "line 12, column 4"
  std::string diagnostics;
};

struct xml_free {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

struct xml_parsed {
  std::unique_ptr<xmlDoc, xml_free> document;  ///< null when `defects` has an error
  std::vector<xml_defect> defects;
};

/// Parses bytes of any declared encoding that `charset` knows (converted before libxml2 sees them); a DOCTYPE is refused.
xml_parsed parse_xml(std::string_view bytes, const xml_limits& limits = {});

/// "/ClinicalDocument/component/structuredBody/component[2]/section/code/@code": names without prefix, index when there are siblings of that name.
std::string xml_location(const xmlNode* node, std::string_view attribute = {});

/// Reads a tree and keeps the account: one row for each attribute and text with content (namespace
/// declarations, schemaLocation and processing instructions are envelope).
class xml_ledger {
 public:
  /// `ledger` may be null. `prefix` stands before each location, where one message holds several trees.
  xml_ledger(const xmlDoc* document, account* ledger, std::string_view prefix = {});
  /// Of one element and all below it only.
  xml_ledger(const xmlNode* root, account* ledger, std::string_view prefix = {});
  /// The attribute's value with its row; empty when absent.
  sourced attribute(const xmlNode* node, const char* name) const;
  /// Direct text of an element, blanks at both ends removed, with its row.
  sourced text(const xmlNode* node) const;
  /// Of a text node (mixed content): its row, with no copy of the text.
  sourced row_of(const xmlNode* text_node) const;
  /// Everything at and below `node`: carried to `place`, dropped for `reason`, or envelope.
  void carry_all(const xmlNode* node, std::string_view place) const;
  void drop_all(const xmlNode* node, std::string_view reason) const;
  void envelope(const xmlNode* node, const char* attribute_name = nullptr) const;

 private:
  struct rows;
  std::shared_ptr<rows> rows_;
  account* ledger_;
};

// Walking, without regard to prefixes; a null node gives null.
const xmlNode* child(const xmlNode* of, std::string_view local_name);
const xmlNode* next(const xmlNode* of, std::string_view local_name);  ///< following sibling of that name
const xmlNode* descend(const xmlNode* of, std::initializer_list<std::string_view> path);
std::string_view local_name(const xmlNode* node);
std::string attribute_text(const xmlNode* node, std::string_view name);  ///< empty when absent
std::string all_text(const xmlNode* node);

}  // namespace liaison
