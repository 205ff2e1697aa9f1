// SPDX-License-Identifier: Apache-2.0
#include "tree_edit.hpp"

#include <string>

namespace liaison::fhir {

node_id ensure(tree& in, node_id parent, std::string_view name, kind of) {
  const node_id found = in.child(parent, name);
  return found != none ? found : in.add(parent, name, of);
}

node_id copy_node(tree& in, node_id from, node_id parent, std::string_view name) {
  const node_id made = in.add(parent, name, in[from].kind, in[from].text);
  std::vector<std::pair<node_id, node_id>> open{{from, made}};
  while (!open.empty()) {
    const auto [source, target] = open.back();
    open.pop_back();
    for (node_id id = in[source].first; id != none; id = in[id].next) {
      if (id == made) continue;  // a copy into its own source
      open.emplace_back(id, in.add(target, in[id].name, in[id].kind, in[id].text));
    }
  }
  return made;
}

node_id add_text(tree& in, node_id parent, std::string_view name, std::string_view text) {
  return in.add(parent, name, kind::string, in.keep(text));
}

node_id add_concept(tree& in, node_id parent, std::string_view name, std::string_view system, std::string_view code,
                    std::string_view display) {
  const node_id made = in.add(parent, name, kind::object);
  const node_id coding = in.add(in.add(made, "coding", kind::array), {}, kind::object);
  add_text(in, coding, "system", system);
  add_text(in, coding, "code", code);
  if (!display.empty()) add_text(in, coding, "display", display);
  return made;
}

node_id add_reference(tree& in, node_id parent, std::string_view name, std::string_view url) {
  const node_id made = in.add(parent, name, kind::object);
  add_text(in, made, "reference", url);
  return made;
}

node_id add_absent(tree& in, node_id parent, std::string_view name, std::string_view reason) {
  const node_id made = in.add(parent, name, kind::object);
  const node_id extension = add_extension(in, made, "http://hl7.org/fhir/StructureDefinition/data-absent-reason");
  add_text(in, extension, "valueCode", reason);
  return made;
}

node_id add_extension(tree& in, node_id element, std::string_view url) {
  const node_id made = in.add(ensure(in, element, "extension", kind::array), {}, kind::object);
  add_text(in, made, "url", url);
  return made;
}

void claim_profile(tree& in, node_id resource, std::string_view profile) {
  const node_id list = ensure(in, ensure(in, resource, "meta", kind::object), "profile", kind::array);
  for (node_id id = in[list].first; id != none; id = in[id].next) {
    if (in[id].text == profile) return;
  }
  add_text(in, list, {}, profile);
}

node_id add_entry(tree& in, std::string_view full_url, std::string_view type) {
  const node_id entry = in.add(ensure(in, 0, "entry", kind::array), {}, kind::object);
  add_text(in, entry, "fullUrl", full_url);
  const node_id resource = in.add(entry, "resource", kind::object);
  add_text(in, resource, "resourceType", type);
  return resource;
}

bool same_content(const tree& in, node_id a, node_id b) {
  std::string left, right;
  write_json(in, a, left);
  write_json(in, b, right);
  return left == right;
}

bool share_element(const tree& in, node_id a, node_id b) {
  bool shared = false;
  in.each(a, [&](node_id one) { in.each(b, [&](node_id other) { shared = shared || same_content(in, one, other); }); });
  return shared;
}

std::string_view full_url_of(const tree& in, node_id resource) {
  return resource == none ? std::string_view{} : in.text(in[resource].parent, "fullUrl");
}

bool has_value_of(const tree& in, node_id element, std::string_view prefix) {
  for (node_id id = in[element].first; id != none; id = in[id].next) {
    std::string_view name = in[id].name;
    if (name.starts_with('_')) name.remove_prefix(1);
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace liaison::fhir
