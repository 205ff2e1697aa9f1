// SPDX-License-Identifier: Apache-2.0
// R4, xml.html: an element's value is its attribute `value`; a primitive with id or extension has two places in JSON
// ("birthDate" and "_birthDate"); a resource inside another is wrapped in an element of its type; the narrative's div
// is XHTML as it stands. Elements that repeat are collected into an array where the first one stood.
#include "xml_read.hpp"

#include "tables.hpp"

#include <liaison/common/text.hpp>
#include <liaison/common/xml.hpp>

#include <cstring>
#include <unordered_map>

namespace liaison::fhir {
namespace {

constexpr std::string_view fhir_namespace = "http://hl7.org/fhir";
constexpr unsigned depth_max = 250;

bool in_fhir(const xmlNode* node) {
  return node->ns != nullptr && node->ns->href != nullptr &&
         fhir_namespace == reinterpret_cast<const char*>(node->ns->href);
}

class xml_reader {
 public:
  xml_reader(tree& into, parsed& result) : tree_(into), result_(result) {}

  void read_resource(const xmlNode* node, node_id parent, std::string_view name, unsigned depth) {
    const std::string_view type_name = tree_.keep(local_name(node));
    const type_definition* type = tables::r4().type(type_name);
    if (type == nullptr || (type->kind != type_kind::resource)) {
      note(node, "fhir-unknown-resource", "this resource type does not exist in R4");
      type = tables::r4().type("DomainResource");
    }
    const node_id made = tree_.add(parent, name, kind::object);
    tree_.add(made, "resourceType", kind::string, type_name);
    read_children(node, made, type, depth);
  }

 private:
  void note(const xmlNode* node, std::string_view code, std::string_view why) {
    if (result_.defects.size() < defects_max)
      result_.defects.push_back({defect::weight::error, std::string(code), xml_location(node), std::string(why)});
  }

  /// Per object and name: where the arrays of a repeating element stand (`given` and `_given`), how many there were.
  struct lists {
    node_id values = none, extras = none;
    std::size_t count = 0;
  };

  void read_children(const xmlNode* node, node_id object, const type_definition* type, unsigned depth) {
    if (depth > depth_max) return note(node, "fhir-too-deep", "elements are nested deeper than the limit");
    std::unordered_map<std::string_view, lists> repeated;
    for (const xmlNode* at = node->children; at != nullptr; at = at->next) {
      if (at->type == XML_TEXT_NODE && !trim(reinterpret_cast<const char*>(at->content)).empty())
        note(node, "fhir-xml-text", "text stands between elements");
      if (at->type != XML_ELEMENT_NODE) continue;
      read_element(at, object, type, repeated, depth);
    }
  }

  void read_element(const xmlNode* node, node_id object, const type_definition* type,
                    std::unordered_map<std::string_view, lists>& repeated, unsigned depth) {
    const auto found = type == nullptr ? type_definition::found{} : type->find(local_name(node));
    const std::string_view name = found.element != nullptr && found.element->is_choice
                                      ? tree_.keep(local_name(node))
                                      : (found.element != nullptr ? found.element->name : tree_.keep(local_name(node)));
    if (found.use != nullptr && found.use->name == "xhtml") {
      tree_.add(object, name, kind::string, tree_.keep(serialise(node)));
      return;
    }
    if (!in_fhir(node)) note(node, "fhir-xml-namespace", "the element is not in the namespace of FHIR");
    const type_definition* target = found.use == nullptr ? nullptr : found.use->type;
    const bool repeats = found.element != nullptr && found.element->repeats;
    const bool is_primitive = target != nullptr && target->kind == type_kind::primitive;
    if (is_primitive) return read_primitive(node, object, name, *target, repeats, repeated, depth);
    lists& of = repeated[name];
    if (!repeats && of.count++ > 0) return note(node, "fhir-cardinality", "the element stands more than once");
    node_id parent = object;
    std::string_view name_here = name;
    if (repeats) {
      if (of.values == none) of.values = tree_.add(object, name, kind::array);
      parent = of.values;
      name_here = {};
    }
    if (target != nullptr && (target->kind == type_kind::abstract)) {
      // contained, Bundle.entry.resource, Parameters.parameter.resource: the type is an element of its own.
      const xmlNode* inner = node->children;
      while (inner != nullptr && inner->type != XML_ELEMENT_NODE) inner = inner->next;
      if (inner == nullptr) return note(node, "fhir-empty-element", "a resource was expected inside");
      return read_resource(inner, parent, name_here, depth + 1);
    }
    const node_id made = tree_.add(parent, name_here, kind::object);
    read_attributes(node, made);
    const std::string plain = target == nullptr ? attribute_text(node, "value") : std::string{};
    // An unknown element keeps its value, for the report and for those who know it.
    if (!plain.empty()) tree_.add(made, "value", kind::string, tree_.keep(plain));
    read_children(node, made, target, depth + 1);
  }

  void read_attributes(const xmlNode* node, node_id object) {
    for (const char* attribute : {"id", "url"}) {
      const std::string text = attribute_text(node, attribute);
      if (!text.empty()) tree_.add(object, attribute, kind::string, tree_.keep(text));
    }
  }

  void read_primitive(const xmlNode* node, node_id object, std::string_view name, const type_definition& type,
                      bool repeats, std::unordered_map<std::string_view, lists>& repeated, unsigned depth) {
    const std::string value = attribute_text(node, "value");
    const bool has_extra = !attribute_text(node, "id").empty() || has_elements(node);
    const auto add_value = [&](node_id parent, std::string_view under) {
      const bool plain = type.json == primitive::string ||
                         (type.json == primitive::boolean && value != "true" && value != "false") ||
                         (type.json != primitive::boolean && !is_json_number(value));
      const kind of = plain ? kind::string : (type.json == primitive::boolean ? kind::boolean : kind::number);
      tree_.add(parent, under, of, tree_.keep(value));
    };
    const auto add_extra = [&](node_id parent, std::string_view under) {
      const node_id made = tree_.add(parent, under, kind::object);
      read_attributes(node, made);
      read_children(node, made, tables::r4().type("Element"), depth + 1);
    };
    if (!repeats) {
      if (repeated[name].count++ > 0) return note(node, "fhir-cardinality", "the element stands more than once");
      if (!value.empty()) add_value(object, name);
      if (has_extra) add_extra(object, tree_.keep("_" + std::string(name)));
      if (value.empty() && !has_extra) note(node, "fhir-empty-element", "the element has neither value nor content");
      return;
    }
    lists& of = repeated[name];
    if (of.values == none) of.values = tree_.add(object, name, kind::array);
    if (has_extra && of.extras == none) {
      of.extras = tree_.add(object, tree_.keep("_" + std::string(name)), kind::array);
      for (std::size_t i = 0; i < of.count; ++i) tree_.add(of.extras, {}, kind::null);
    }
    if (value.empty()) {
      tree_.add(of.values, {}, kind::null);
    } else {
      add_value(of.values, {});
    }
    if (has_extra) {
      add_extra(of.extras, {});
    } else if (of.extras != none) {
      tree_.add(of.extras, {}, kind::null);
    }
    ++of.count;
  }

  static bool has_elements(const xmlNode* node) {
    for (const xmlNode* at = node->children; at != nullptr; at = at->next) {
      if (at->type == XML_ELEMENT_NODE) return true;
    }
    return false;
  }

  /// The div with its namespace declared on itself and no prefixes, iteratively.
  static std::string serialise(const xmlNode* root) {
    std::string out;
    const xmlNode* at = root;
    for (;;) {
      if (at->type == XML_ELEMENT_NODE) {
        open_tag(at, at == root, out);
        if (at->children != nullptr) {
          out += '>';
          at = at->children;
          continue;
        }
        // Browsers read an empty element without end tag as one that goes on; only void ones may look like that.
        out += is_void(local_name(at)) ? "/>" : "></" + std::string(local_name(at)) + ">";
      } else if (at->type == XML_TEXT_NODE || at->type == XML_CDATA_SECTION_NODE) {
        out += escape_xml(reinterpret_cast<const char*>(at->content));
      }
      while (at != root && at->next == nullptr) {
        at = at->parent;
        out.append("</").append(local_name(at)).append(">");
      }
      if (at == root) return out;
      at = at->next;
    }
  }

  static bool is_void(std::string_view name) {
    return name == "br" || name == "hr" || name == "img" || name == "col" || name == "area";
  }

  static void open_tag(const xmlNode* node, bool is_root, std::string& out) {
    out.append("<").append(local_name(node));
    if (is_root) out += " xmlns=\"http://www.w3.org/1999/xhtml\"";
    for (const xmlAttr* at = node->properties; at != nullptr; at = at->next) {
      const auto* name = reinterpret_cast<const char*>(at->name);
      const bool xml_prefix = at->ns != nullptr && at->ns->prefix != nullptr &&
                              std::strcmp(reinterpret_cast<const char*>(at->ns->prefix), "xml") == 0;
      out.append(xml_prefix ? " xml:" : " ").append(name).append("=\"");
      out.append(escape_xml(attribute_text(node, name))).append("\"");
    }
  }

  tree& tree_;
  parsed& result_;
};

}  // namespace

parsed parse_fhir_xml(std::string_view bytes, tree& into) {
  parsed result;
  const xml_parsed read = parse_xml(bytes);
  for (const xml_defect& found : read.defects) {
    const bool fatal = read.document == nullptr;
    result.defects.push_back({fatal ? defect::weight::fatal : defect::weight::warning, "fhir-" + found.code,
                              found.location, found.diagnostics});
  }
  if (read.document == nullptr) return result;
  const xmlNode* root = xmlDocGetRootElement(read.document.get());
  if (root == nullptr || !in_fhir(root)) {
    result.defects.push_back(
        {defect::weight::fatal, "fhir-xml-namespace", "line 1", "the root element is not in the namespace of FHIR"});
    return result;
  }
  xml_reader(into, result).read_resource(root, none, {}, 0);
  result.good = true;
  return result;
}

}  // namespace liaison::fhir
