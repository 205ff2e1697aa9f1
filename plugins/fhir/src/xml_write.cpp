// SPDX-License-Identifier: Apache-2.0
// R4, xml.html. Elements are written in the order of their definitions, as the schemas ask; unknown ones last. Depth is
// limited by the parsers that made the tree.
#include "xml_write.hpp"

#include "tables.hpp"

#include <liaison/common/text.hpp>
#include <liaison/common/xml.hpp>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace liaison::fhir {
namespace {

class xml_writer {
 public:
  explicit xml_writer(const tree& of) : tree_(of) {}

  std::string run() {
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    if (!tree_.empty()) resource(0, true);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  struct member {
    node_id value = none, extra = none;
    std::string_view name;
    const type_use* use = nullptr;
    unsigned ordinal = 0;
  };

  void resource(node_id id, bool root) {
    const std::string_view name = tree_.type_of(id);
    if (!is_name(name)) return;
    out_.append("<").append(name);
    if (root) out_ += " xmlns=\"http://hl7.org/fhir\"";
    out_ += '>';
    children(id, tables::r4().type(name));
    out_.append("</").append(name).append(">");
  }

  /// Names of unknown elements come from the message and must not break the document.
  static bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }) && !(text[0] >= '0' && text[0] <= '9');
  }

  std::vector<member> members(node_id object, const type_definition* type) const {
    std::vector<member> found;
    std::unordered_map<std::string_view, std::size_t> place;
    for (node_id id = tree_[object].first; id != none; id = tree_[id].next) {
      std::string_view name = tree_[id].name;
      const bool extra = name.starts_with('_');
      if (extra) name.remove_prefix(1);
      if (name == "resourceType" || name == "fhir_comments" || !is_name(name)) continue;
      const auto [known, is_new] = place.emplace(name, found.size());
      if (is_new) {
        const auto definition = type == nullptr ? type_definition::found{} : type->find(name);
        found.push_back(
            {none, none, name, definition.use, definition.element == nullptr ? 0xFFFFU : definition.element->ordinal});
      }
      member& of = found[known->second];
      (extra ? of.extra : of.value) = id;
    }
    std::ranges::stable_sort(found, {}, &member::ordinal);
    return found;
  }

  void children(node_id object, const type_definition* type) {
    const bool is_extension = type != nullptr && type->name == "Extension";
    for (const member& of : members(object, type)) {
      if (of.name == "id" && (type == nullptr || !type->is_a("Resource"))) continue;  // an attribute
      if (of.name == "url" && is_extension) continue;
      if (!tree_.is_array(of.value) && !tree_.is_array(of.extra)) {
        element(of, of.value, of.extra);
        continue;
      }
      node_id value = of.value == none ? none : tree_[of.value].first;
      node_id extra = of.extra == none ? none : tree_[of.extra].first;
      while (value != none || extra != none) {
        element(of, value, extra);
        if (value != none) value = tree_[value].next;
        if (extra != none) extra = tree_[extra].next;
      }
    }
  }

  void element(const member& of, node_id value, node_id extra) {
    if (of.use != nullptr && of.use->name == "xhtml") {
      narrative(tree_.text(value));
      return;
    }
    const bool holds_resource =
        of.use != nullptr && of.use->type != nullptr && of.use->type->kind == type_kind::abstract;
    if (tree_.is_array(value)) return;  // an array in an array is no FHIR
    out_.append("<").append(of.name);
    const node_id content = tree_.is_object(value) ? value : (tree_.is_object(extra) ? extra : none);
    if (content != none && !holds_resource) {
      attribute("id", tree_.text(content, "id"));
      if (of.use != nullptr && of.use->name == "Extension") attribute("url", tree_.text(content, "url"));
    }
    if (value != none && !tree_.is_object(value) && tree_[value].kind != kind::null)
      attribute("value", tree_[value].text);
    if (content == none) {
      out_ += "/>";
      return;
    }
    out_ += '>';
    if (holds_resource) {
      resource(content, false);
    } else {
      children(content, content == extra ? tables::r4().type("Element") : (of.use == nullptr ? nullptr : of.use->type));
    }
    out_.append("</").append(of.name).append(">");
  }

  /// The div goes in as it stands only when it is one well-formed element; a narrative that is not must not be able
  /// to add elements to the resource, and becomes plain text.
  void narrative(std::string_view div) {
    const xml_parsed checked = parse_xml(div);
    const xmlNode* root = checked.document == nullptr ? nullptr : xmlDocGetRootElement(checked.document.get());
    if (root == nullptr || local_name(root) != "div" || !trim(div).starts_with("<div")) {
      out_.append("<div xmlns=\"http://www.w3.org/1999/xhtml\"><pre>")
          .append(escape_xml(xhtml_text(div)))
          .append("</pre></div>");
      return;
    }
    for (const char c : div) {
      if (c == '\r') {
        out_ += "&#13;";
      } else {
        out_ += c;
      }
    }
  }

  void attribute(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out_.append(" ").append(name).append("=\"");
    // Line ends and tabs in an attribute would be read back as blanks.
    for (const char c : escape_xml(value)) {
      if (c == '\n') {
        out_ += "&#10;";
      } else if (c == '\r') {
        out_ += "&#13;";
      } else if (c == '\t') {
        out_ += "&#9;";
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  const tree& tree_;
  std::string out_;
};

}  // namespace

std::string write_fhir_xml(const tree& of) { return xml_writer(of).run(); }

}  // namespace liaison::fhir
