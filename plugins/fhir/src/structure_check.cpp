// SPDX-License-Identifier: Apache-2.0
// Recursion follows the depth of the message, which the parsers limit.
#include "structure_check.hpp"

#include "bundle_check.hpp"
#include "primitives.hpp"

#include <liaison/common/xml.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace liaison::fhir {
namespace {

constexpr std::size_t elements_max =
    128;  ///< of one type; ElementDefinition has the most, about 130 with choices folded

std::string text_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

class structure_checker {
 public:
  structure_checker(const bundle_view& of, findings& into, const std::function<void(const invariant_site&)>& on_site)
      : bundle_(of), tree_(of.source()), found_(into), on_site_(on_site), tables_(tables::r4()) {}

  void resource(node_id id, node_id root_resource, bool contained) {
    if (found_.full()) return;
    if (!tree_.is_object(id)) return found_.error("fhir-wrong-type", id, "a resource is an object");
    const std::string_view name = tree_.type_of(id);
    const type_definition* type = tables_.type(name);
    if (type == nullptr || type->kind != type_kind::resource)
      return found_.error("fhir-unknown-resource", id,
                          name.empty() ? "a resource without resourceType" : "this resource type does not exist in R4");
    const node_id outer = resource_;
    const node_id outer_root = root_resource_;
    resource_ = id;
    root_resource_ = root_resource == none ? id : root_resource;
    if (contained) check_contained(id);
    object(id, *type);
    if (!contained) check_contained_are_used(id);
    resource_ = outer;
    root_resource_ = outer_root;
  }

 private:
  void object(node_id id, const type_definition& type);
  void member(node_id id, const type_definition& type, std::array<bool, elements_max>& seen);
  void list(node_id id, const type_definition::found& of);
  void value(node_id id, const type_definition::found& of, node_id extra);
  void primitive_value(node_id id, const type_definition::found& of, node_id extra);
  void extra_value(node_id id, const type_definition::found& of);
  void twin(node_id id, const type_definition::found& of);
  void missing(node_id id, const type_definition& type, const std::array<bool, elements_max>& seen);
  void extension(node_id id, bool modifier);
  void reference(node_id id, const type_use& use);
  void binding(node_id id, const element_definition& element, std::string_view type);
  void narrative(node_id div);
  void check_contained(node_id id);
  void check_contained_are_used(node_id id);
  void site(node_id id, node_id extra, const type_definition& type, const std::vector<invariant>& invariants) {
    if (!invariants.empty()) on_site_({id, extra, &type, &invariants, resource_, root_resource_});
  }

  const bundle_view& bundle_;
  const tree& tree_;
  findings& found_;
  const std::function<void(const invariant_site&)>& on_site_;
  const tables& tables_;
  node_id resource_ = none, root_resource_ = none;
};

void structure_checker::object(node_id id, const type_definition& type) {
  std::array<bool, elements_max> seen{};
  for (node_id at = tree_[id].first; at != none; at = tree_[at].next) member(at, type, seen);
  missing(id, type, seen);
  site(id, none, type, type.invariants);
}

void structure_checker::member(node_id id, const type_definition& type, std::array<bool, elements_max>& seen) {
  std::string_view name = tree_[id].name;
  if (name == "resourceType" && (type.kind == type_kind::resource)) return;
  const bool is_extra = name.starts_with('_');
  if (is_extra) name.remove_prefix(1);
  const auto of = type.find(name);
  if (of.element == nullptr) {
    found_.error("fhir-unknown-element", id, text_of({"no such element in ", type.name}));
    return;
  }
  const bool primitive_type =
      of.use != nullptr && of.use->type != nullptr && of.use->type->kind == type_kind::primitive;
  if (is_extra && !primitive_type)
    return found_.error("fhir-unknown-element", id, "only a primitive has a twin with an underscore");
  const std::size_t ordinal = of.element->ordinal % elements_max;
  const bool has_twin =
      primitive_type && seen[ordinal] &&
      (is_extra ? tree_.child(tree_[id].parent, name) : tree_.child(tree_[id].parent, "_" + std::string(name))) != none;
  if (seen[ordinal] && of.element->is_choice && !has_twin)
    found_.error("fhir-cardinality", id, text_of({of.element->name, "[x] may be there once, with one type"}));
  seen[ordinal] = true;
  const bool is_array = tree_.is_array(id);
  if (of.element->repeats && !is_array)
    return found_.error("fhir-not-an-array", id, "the element repeats and must be an array");
  if (!of.element->repeats && is_array)
    return found_.error("fhir-unexpected-array", id, "the element does not repeat and must not be an array");
  if (is_extra) return twin(id, of);
  if (is_array) return list(id, of);
  value(id, of, none);
}

/// "_name": ids and extensions of a primitive or of a list of them.
void structure_checker::twin(node_id id, const type_definition::found& of) {
  const node_id plain = tree_.child(tree_[id].parent, tree_[id].name.substr(1));
  if (!tree_.is_array(id)) {
    extra_value(id, of);
    if (plain == none && tree_.is_object(id) && tree_.child(id, "extension") == none)
      found_.error("fhir-empty-element", id, "an element has a value or extensions (ele-1)");
    return;
  }
  if (plain != none && tree_.child_count(plain) != tree_.child_count(id))
    found_.error("fhir-wrong-type", id, "the array is not as long as the one it belongs to");
  for (node_id at = tree_[id].first; at != none; at = tree_[at].next) {
    if (tree_[at].kind != kind::null) extra_value(at, of);
  }
}

void structure_checker::extra_value(node_id id, const type_definition::found&) {
  if (!tree_.is_object(id)) return found_.error("fhir-wrong-type", id, "an object with id or extension was expected");
  object(id, *tables_.type("Element"));
}

void structure_checker::list(node_id id, const type_definition::found& of) {
  const bool primitive_type = of.use->type != nullptr && of.use->type->kind == type_kind::primitive;
  const node_id twins = primitive_type ? tree_.child(tree_[id].parent, "_" + std::string(tree_[id].name)) : none;
  node_id extra = tree_.is_array(twins) ? tree_[twins].first : none;
  for (node_id at = tree_[id].first; at != none; at = tree_[at].next) {
    if (tree_[at].kind != kind::null) {
      value(at, of, extra);
    } else if (extra == none || tree_[extra].kind == kind::null) {
      found_.error("fhir-json-null", at, "null stands for no FHIR element");
    }
    if (extra != none) extra = tree_[extra].next;
    if (found_.full()) return;
  }
}

void structure_checker::value(node_id id, const type_definition::found& of, node_id extra) {
  const type_definition* type = of.use == nullptr ? nullptr : of.use->type;
  if (type == nullptr) return;
  if (type->kind == type_kind::primitive) return primitive_value(id, of, extra);
  if (type->kind == type_kind::abstract) {
    const bool contained = of.element->name == "contained" && type->name == "Resource";
    return resource(id, contained ? root_resource_ : none, contained);
  }
  if (!tree_.is_object(id))
    return found_.error("fhir-wrong-type", id, text_of({"an object (", type->name, ") was expected"}));
  object(id, *type);
  if (!of.element->invariants.empty()) site(id, none, *type, of.element->invariants);
  if (of.use->name == "Extension") extension(id, of.element->name == "modifierExtension");
  if (of.use->name == "Reference") reference(id, *of.use);
  if (of.use->name == "Attachment") check_file(tree_, found_, id, tree_.child(id, "data"));
  if (of.element->binding != nullptr) binding(id, *of.element, of.use->name);
}

void structure_checker::primitive_value(node_id id, const type_definition::found& of, node_id extra) {
  const type_definition& type = *of.use->type;
  const kind is = tree_[id].kind;
  const bool fits = type.json == primitive::boolean  ? is == kind::boolean
                    : type.json == primitive::string ? is == kind::string
                                                     : is == kind::number;
  if (!fits) {
    if (is == kind::null) return;  // told by the parser
    const std::string_view expected = type.json == primitive::boolean  ? "true or false"
                                      : type.json == primitive::string ? "a string"
                                                                       : "a number";
    return found_.error("fhir-wrong-type", id, text_of({expected, " (", type.name, ") was expected"}));
  }
  const std::string_view text = tree_[id].text;
  if (is == kind::string && text.empty()) return;  // told by the parser
  if (const auto why = primitive_defect(type.name, text); !why.empty()) found_.error("fhir-bad-value", id, why);
  if (type.name == "xhtml") narrative(id);
  if (of.element->binding != nullptr) binding(id, *of.element, type.name);
  if (!of.element->invariants.empty()) site(id, extra, type, of.element->invariants);
}

void structure_checker::missing(node_id id, const type_definition& type, const std::array<bool, elements_max>& seen) {
  for (const element_definition& element : type.elements) {
    if (element.min == 0 || seen[element.ordinal % elements_max]) continue;
    found_.add(severity::error, "fhir-missing-element", id,
               element.is_choice ? std::string(element.name) + "[x]" : std::string(element.name),
               text_of({type.name, " must have this element"}));
  }
}

/// ext-1 and the form of the url.
void structure_checker::extension(node_id id, bool modifier) {
  bool has_value = false;
  for (node_id at = tree_[id].first; at != none; at = tree_[at].next) {
    if (tree_[at].name.starts_with("value") || tree_[at].name.starts_with("_value")) has_value = true;
  }
  if (has_value == (tree_.child(id, "extension") != none))
    found_.error("fhir-extension", id, "an extension has either a value or extensions (ext-1)");
  const node_id url = tree_.child(id, "url");
  const bool nested = tree_[id].parent != none && tree_[tree_[id].parent].parent != none &&
                      tree_.child(tree_[tree_[id].parent].parent, "url") != none;
  if (url != none && !nested && tree_[url].text.find(':') == std::string_view::npos)
    found_.error("fhir-extension", url, "the url of an extension must be absolute");
  const bool own = tree_.text(url).starts_with("https://liaison.example/fhir/StructureDefinition/");
  if (modifier && !own)
    found_.error("fhir-unknown-modifier", id,
                 "a modifier extension changes what the resource means; this one is not known");
}

std::string_view type_in_reference(std::string_view url) {
  if (const std::size_t history = url.find("/_history/"); history != std::string_view::npos)
    url = url.substr(0, history);
  const std::size_t id = url.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  const std::size_t type = url.rfind('/', id - 1);
  return type == std::string_view::npos ? url.substr(0, id) : url.substr(type + 1, id - type - 1);
}

void structure_checker::reference(node_id id, const type_use& use) {
  const node_id url = tree_.child(id, "reference");
  const std::string_view text = tree_.text(url);
  std::string_view type;
  if (!text.empty()) {
    const node_id target = bundle_.resolve(id);
    const bool conditional = text.find('?') != std::string_view::npos;
    const bool urn = text.starts_with("urn:uuid:") || text.starts_with("urn:oid:");
    if (target != none) {
      type = tree_.type_of(target);
    } else if (text[0] == '#') {
      found_.error("fhir-broken-reference", url, "no contained resource has this id (ref-1)");
    } else if (urn && bundle_.is_bundle()) {
      found_.error("fhir-broken-reference", url, "no entry of the Bundle has this fullUrl");
    } else if (conditional) {
      type = text.substr(0, text.find('?'));
      if (!tables_.is_resource(type)) {
        found_.error("fhir-broken-reference", url, "a conditional reference begins with a resource type");
      } else if (bundle_.is_bundle() && bundle_.type() != "transaction") {
        found_.warning("fhir-conditional-reference", url,
                       "only a transaction may refer by a condition, and nothing here meets it");
      } else {
        found_.add(severity::information, "fhir-conditional-reference", url, {},
                   "nothing here meets the condition: the recipient must know exactly one that does");
      }
    } else if (!urn) {
      type = type_in_reference(text);
      if (!tables_.is_resource(type)) type = {};
      const bool relative = text.find(':') == std::string_view::npos;
      if (relative && type.empty())
        found_.error("fhir-broken-reference", url, "a relative reference has the form Type/id");
      else if (relative && bundle_.type() == "document" && bundle_.is_bundle())
        found_.warning("fhir-unresolved-reference", url, "the document does not hold what this points to");
    }
  }
  if (const node_id declared = tree_.child(id, "type"); declared != none) {
    if (!type.empty() && tree_[declared].text != type && tree_[declared].text.find(':') == std::string_view::npos)
      found_.error("fhir-reference-target", declared, "the type is not that of the resource referred to");
    if (type.empty()) type = tree_[declared].text;
  }
  if (type.empty() || use.targets.empty() || std::ranges::find(use.targets, type) != use.targets.end()) return;
  if (!tables_.is_resource(type)) return;
  std::string allowed;
  for (const std::string_view target : use.targets) allowed += (allowed.empty() ? "" : ", ") + std::string(target);
  found_.error("fhir-reference-target", id, text_of({"this must refer to one of: ", allowed}));
}

void structure_checker::binding(node_id id, const element_definition& element, std::string_view type) {
  const value_set& set = *element.binding;
  const auto complain = [&](node_id where) {
    found_.error("fhir-required-binding", where, text_of({"the code is not in the required value set ", set.url}));
  };
  if (type == "code" || type == "string" || type == "uri") {
    if (!set.has_code(tree_[id].text)) complain(id);
  } else if (type == "Coding") {
    if (tree_.child(id, "code") != none && !set.has(tree_.text(id, "system"), tree_.text(id, "code"))) complain(id);
  } else if (type == "CodeableConcept") {
    bool any = false, listed = false;
    tree_.each(tree_.child(id, "coding"), [&](node_id coding) {
      any = true;
      listed = listed || set.has(tree_.text(coding, "system"), tree_.text(coding, "code"));
    });
    if (any && !listed) complain(id);
  }
}

/// txt-1 and txt-2: XHTML that displays and nothing that acts.
void structure_checker::narrative(node_id div) {
  const xml_parsed read = parse_xml(tree_[div].text);
  const xmlNode* root = read.document == nullptr ? nullptr : xmlDocGetRootElement(read.document.get());
  if (root == nullptr) return found_.error("fhir-narrative", div, "the narrative is no well-formed XHTML");
  if (local_name(root) != "div" || root->ns == nullptr ||
      std::string_view(reinterpret_cast<const char*>(root->ns->href)) != "http://www.w3.org/1999/xhtml")
    return found_.error("fhir-narrative", div, "the narrative is no div of the XHTML namespace");
  constexpr std::string_view active[] = {"script", "form",   "base",  "link",  "xlink",  "iframe", "object",
                                         "embed",  "applet", "frame", "input", "button", "style",  "meta",
                                         "svg",    "video",  "audio", "html",  "body",   "head"};
  bool content = false;
  const xmlNode* at = root;
  for (;;) {
    if (at->type == XML_ELEMENT_NODE) {
      if (std::ranges::find(active, local_name(at)) != std::end(active))
        return found_.error("fhir-narrative", div, "the narrative holds an element that FHIR does not allow (txt-1)");
      if (local_name(at) == "img") content = true;
      for (const xmlAttr* attribute = at->properties; attribute != nullptr; attribute = attribute->next) {
        if (std::string_view(reinterpret_cast<const char*>(attribute->name)).starts_with("on"))
          return found_.error("fhir-narrative", div, "the narrative holds an event handler (txt-1)");
      }
    } else if (at->type == XML_TEXT_NODE && !content) {
      const std::string_view text = reinterpret_cast<const char*>(at->content);
      content = text.find_first_not_of(" \t\r\n") != std::string_view::npos;
    }
    if (at->type == XML_ELEMENT_NODE && at->children != nullptr) {
      at = at->children;
      continue;
    }
    while (at != root && at->next == nullptr) at = at->parent;
    if (at == root) break;
    at = at->next;
  }
  if (!content) found_.error("fhir-narrative", div, "the narrative is empty (txt-2)");
}

/// dom-2, dom-4, dom-5 and the id that makes a contained resource reachable.
void structure_checker::check_contained(node_id id) {
  if (tree_.child(id, "id") == none) found_.error("fhir-contained", id, "a contained resource must have an id");
  if (tree_.child(id, "contained") != none)
    found_.error("fhir-contained", id, "a contained resource must not contain another (dom-2)");
  if (tree_.find(id, "meta/versionId") != none || tree_.find(id, "meta/lastUpdated") != none)
    found_.error("fhir-contained", id, "a contained resource has neither versionId nor lastUpdated (dom-4)");
  if (tree_.find(id, "meta/security") != none)
    found_.error("fhir-contained", id, "a contained resource has no security label (dom-5)");
}

/// `src="#x"` and `href="#x"`: a narrative may show what the resource contains (R4, narrative.html#images).
void shown_in_narrative(std::string_view div, std::unordered_set<std::string_view>& used) {
  for (std::size_t at = div.find("=\"#"); at != std::string_view::npos; at = div.find("=\"#", at + 1)) {
    const std::size_t end = div.find('"', at + 3);
    if (end != std::string_view::npos) used.insert(div.substr(at + 3, end - at - 3));
  }
}

/// dom-3: what is contained is referred to from the container, or refers to it.
void structure_checker::check_contained_are_used(node_id id) {
  const node_id contained = tree_.child(id, "contained");
  if (!tree_.is_array(contained)) return;
  std::unordered_set<std::string_view> used;
  std::unordered_set<node_id> points_back;
  node_id at = id;
  node_id inside = none;
  for (;;) {
    if (tree_[at].parent == contained) inside = at;
    if (tree_[at].kind == kind::string && tree_[at].name == "div") {
      shown_in_narrative(tree_[at].text, used);
    } else if (tree_[at].kind == kind::string && tree_[at].text.starts_with('#')) {
      used.insert(tree_[at].text.substr(1));
      if (tree_[at].text == "#" && inside != none) points_back.insert(inside);
    }
    if (tree_[at].first != none) {
      at = tree_[at].first;
      continue;
    }
    while (at != id && tree_[at].next == none) {
      at = tree_[at].parent;
      if (at == contained) inside = none;
    }
    if (at == id) break;
    at = tree_[at].next;
  }
  tree_.each(contained, [&](node_id of) {
    if (!used.contains(tree_.text(of, "id")) && !points_back.contains(of))
      found_.error("fhir-contained", of, "nothing in the resource refers to what it contains (dom-3)");
  });
}

}  // namespace

void check_structure(const bundle_view& of, findings& into, const std::function<void(const invariant_site&)>& on_site) {
  structure_checker(of, into, on_site).resource(0, none, false);
}

}  // namespace liaison::fhir
