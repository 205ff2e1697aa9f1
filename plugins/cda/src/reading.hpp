// SPDX-License-Identifier: Apache-2.0
// One CDA document being read: the parsed tree with its ClinicalDocument, and, for decode, everything
// that the parts of the translation share (ledger, pivot, index of narrative ids). Plain data; the
// mapping lives in the files that use it.
#pragma once

#include <liaison/common/pivot_terms.hpp>
#include <liaison/common/plugin.hpp>
#include <liaison/common/xml.hpp>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace liaison::cda {

/// The tree and the ClinicalDocument in it, whatever stands around it (style sheet, signature).
struct opened {
  xml_parsed parsed;
  const xmlNode* document = nullptr;
};

/// Parses and finds the document; what is wrong is reported. `document` is null when it cannot be read:
/// return `status` then.
struct open_result {
  opened file;
  liaison_status status = LIAISON_OK;
};
open_result open_document(const call& of);

/// Elements by their ID attribute, for references from entries into the narrative.
class id_index {
 public:
  explicit id_index(const xmlNode* document);
  /// Of "#x" or "x"; null when nothing has that ID.
  const xmlNode* find(std::string_view reference) const;

 private:
  std::unordered_map<std::string, const xmlNode*> by_id_;
};

using terms::extension_base;
using terms::spot;

/// What the parts of decode share. Lives as long as the call.
struct reading {
  const call& of;
  const xmlNode* document;
  account* book;  ///< null when no account is wanted
  xml_ledger ledger;
  id_index ids;
  pivot_writer& pivot;
  resource_ref composition;
  resource_ref patient;
  resource_ref encounter;
  facts::patient identity;
  std::unordered_map<std::string, resource_ref> parties;  ///< the same person or organisation once, by content
  std::map<const xmlNode*, resource_ref> media;           ///< observationMedia → its DocumentReference
  std::unordered_set<std::string> organizations{};        ///< fullUrls: where FHIR wants a person
  mutable std::unordered_set<const xmlNode*> seen{};      ///< elements that became a resource or an element of one

  sourced attribute(const xmlNode* node, const char* name) const { return ledger.attribute(node, name); }
  sourced text(const xmlNode* node) const { return ledger.text(node); }
  /// Class, mood and type codes, templates and xsi:type of an element that became a resource of its own kind.
  void structure(const xmlNode* node) const;
  void drop(const xmlNode* node, std::string_view reason) const { ledger.drop_all(node, reason); }
  void added(const spot& place, std::string_view value, std::string_view reason) const;
};

/// Element children, for loops: `for (const xmlNode* n : elements(node))`.
class elements {
 public:
  explicit elements(const xmlNode* parent) : first_(parent == nullptr ? nullptr : parent->children) {}
  struct iterator {
    const xmlNode* at;
    const xmlNode* operator*() const { return at; }
    iterator& operator++() {
      at = skip(at->next);
      return *this;
    }
    bool operator!=(const iterator& other) const { return at != other.at; }
  };
  iterator begin() const { return {skip(first_)}; }
  iterator end() const { return {nullptr}; }

 private:
  static const xmlNode* skip(const xmlNode* node) {
    while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
  }
  const xmlNode* first_;
};

/// Next node in document order below `root`; without recursion.
const xmlNode* following(const xmlNode* node, const xmlNode* root);
bool has_template(const xmlNode* node, std::string_view root);
bool is_named(const xmlNode* node, std::string_view name);
/// `xsi:type` without prefix; guessed from the attributes when the namespace was misspelled and the type lost.
std::string value_type(const xmlNode* value);
/// Attribute nullFlavor is set.
bool is_null(const xmlNode* node);
/// Text of the element or of the narrative that its `reference` points to.
std::string referenced_text(const id_index& ids, const xmlNode* node);

}  // namespace liaison::cda
