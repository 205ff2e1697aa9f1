// SPDX-License-Identifier: Apache-2.0
// Opening a document and the small questions that every part of the plugin asks its tree.
#include "reading.hpp"

#include <liaison/common/text.hpp>
#include "cda_findings.hpp"

#include <libxml/parser.h>

namespace liaison::cda {

const xmlNode* following(const xmlNode* node, const xmlNode* root) {
  if (node->children != nullptr) {
    return node->children;
  }
  while (node != root && node->next == nullptr) {
    node = node->parent;
  }
  return node == root ? nullptr : node->next;
}

namespace {

const xmlNode* find_document(const xmlNode* root) {
  for (const xmlNode* node = root; node != nullptr; node = following(node, root)) {
    if (is_named(node, "ClinicalDocument")) {
      return node;
    }
  }
  return nullptr;
}

std::string collapsed(std::string_view text) {
  std::string out;
  bool blank = false;
  for (const char c : trim(text)) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      blank = true;
      continue;
    }
    if (blank) {
      out += ' ';
      blank = false;
    }
    out += c;
  }
  return out;
}

}  // namespace

open_result open_document(const call& of) {
  open_result result;
  std::string_view bytes = of.input();
  while (!bytes.empty() && (bytes[0] == ' ' || bytes[0] == '\n' || bytes[0] == '\r' || bytes[0] == '\t')) {
    bytes.remove_prefix(1);
  }
  if (bytes.empty()) {
    tell(of, finding::empty, "line 1");
    result.status = LIAISON_REJECT;
    return result;
  }
  if (bytes[0] != '<' && bytes.find('<') == std::string_view::npos) {
    result.status = LIAISON_NOT_MINE;
    return result;
  }
  result.file.parsed = parse_xml(bytes);
  for (const xml_defect& defect : result.file.parsed.defects) {
    // The table holds each code of the reader with this prefix for "xml-".
    of.report(severity::error, "cda-" + defect.code.substr(defect.code.find('-') + 1), defect.location,
              defect.diagnostics);
  }
  if (!result.file.parsed.document) {
    result.status = LIAISON_REJECT;
    return result;
  }
  result.file.document = find_document(xmlDocGetRootElement(result.file.parsed.document.get()));
  if (result.file.document == nullptr) {
    result.status = LIAISON_NOT_MINE;
  }
  return result;
}

id_index::id_index(const xmlNode* document) {
  for (const xmlNode* node = document; node != nullptr; node = following(node, document)) {
    if (node->type != XML_ELEMENT_NODE) {
      continue;
    }
    for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
      if (std::string_view(reinterpret_cast<const char*>(attribute->name)) == "ID") {
        by_id_.emplace(attribute_text(node, "ID"), node);
      }
    }
  }
}

const xmlNode* id_index::find(std::string_view reference) const {
  if (reference.starts_with('#')) {
    reference.remove_prefix(1);
  }
  const auto found = by_id_.find(std::string(reference));
  return found == by_id_.end() ? nullptr : found->second;
}

void reading::structure(const xmlNode* node) const {
  seen.insert(node);
  for (const char* name : {"classCode", "moodCode", "typeCode", "determinerCode", "contextControlCode",
                           "contextConductionInd", "type", "operator", "inversionInd"}) {
    ledger.envelope(node, name);
  }
  for (const xmlNode* part : elements(node)) {
    if (is_named(part, "templateId") || is_named(part, "typeId") || is_named(part, "realmCode")) {
      ledger.envelope(part);
    }
  }
}

void reading::added(const spot& place, std::string_view value, std::string_view reason) const {
  if (book == nullptr) {
    return;
  }
  std::size_t entry = 0;
  while (entry < pivot.entry_count() && pivot.at(entry).full_url() != place.ref.full_url()) {
    ++entry;
  }
  book->added("/entry/" + std::to_string(entry) + "/resource/" + std::string(std::string_view(place.path)), value, reason);
}

bool is_named(const xmlNode* node, std::string_view name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && local_name(node) == name;
}

bool has_template(const xmlNode* node, std::string_view root) {
  for (const xmlNode* part = child(node, "templateId"); part != nullptr; part = next(part, "templateId")) {
    if (attribute_text(part, "root") == root) {
      return true;
    }
  }
  return false;
}

std::string value_type(const xmlNode* value) {
  const std::string type = attribute_text(value, "type");
  if (!type.empty()) {
    return type.substr(type.rfind(':') == std::string::npos ? 0 : type.rfind(':') + 1);
  }
  if (!attribute_text(value, "representation").empty() || !attribute_text(value, "mediaType").empty()) {
    return "ED";
  }
  if (!attribute_text(value, "unit").empty() || is_json_number(attribute_text(value, "value"))) {
    return "PQ";
  }
  if (child(value, "low") != nullptr || child(value, "high") != nullptr) {
    return "IVL_PQ";
  }
  const std::string boolean = attribute_text(value, "value");
  if (boolean == "true" || boolean == "false") {
    return "BL";
  }
  return attribute_text(value, "code").empty() && child(value, "originalText") == nullptr ? "ST" : "CD";
}

bool is_null(const xmlNode* node) { return !attribute_text(node, "nullFlavor").empty(); }

std::string referenced_text(const id_index& ids, const xmlNode* node) {
  if (node == nullptr) {
    return {};
  }
  std::string text = collapsed(all_text(node));
  if (text.empty()) {
    const xmlNode* target = ids.find(attribute_text(child(node, "reference"), "value"));
    constexpr std::size_t text_size_max = 4096;  // a reference to a whole table is no label
    text = target == nullptr ? std::string() : collapsed(all_text(target));
    if (text.size() > text_size_max) {
      text.clear();
    }
  }
  return text;
}

}  // namespace liaison::cda
