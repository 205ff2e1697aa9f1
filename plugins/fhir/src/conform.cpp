// SPDX-License-Identifier: Apache-2.0
#include "conform.hpp"

#include "tree_edit.hpp"

#include <liaison/common/text.hpp>

#include <string>

namespace liaison::fhir {
namespace {

constexpr std::size_t codings_max = 20;  ///< of one concept; more is no concept that anybody wrote

bool same(const tree& of, node_id a, node_id b) {
  std::string left, right;
  write_json(of, a, left);
  write_json(of, b, right);
  return left == right;
}

bool has_value(const tree& of, node_id observation) {
  for (node_id id = of[observation].first; id != none; id = of[id].next) {
    if (of[id].name.starts_with("value")) return true;
  }
  return false;
}

std::size_t part_component(tree& of, node_id observation) {
  std::size_t changes = 0;
  if (!has_value(of, observation)) return 0;
  const node_id own = of.find(observation, "code/coding");
  of.each(of.child(observation, "component"), [&](node_id component) {
    std::size_t seen = 0;
    of.each(of.find(component, "code/coding"), [&](node_id coding) {
      bool twice = false;
      if (++seen > codings_max) return;
      std::size_t others = 0;
      of.each(own, [&](node_id other) { twice = twice || (++others <= codings_max && same(of, coding, other)); });
      if (!twice || of.child(coding, "userSelected") != none) return;
      of.add(coding, "userSelected", kind::boolean, "false");
      ++changes;
    });
  });
  return changes;
}

std::string with_single_blanks(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      made += c;
    } else if (!made.empty() && made.back() != ' ') {
      made += ' ';
    }
  }
  while (made.ends_with(' ')) made.pop_back();
  return made;
}

bool is_section(const tree& of, node_id id) {
  const node_id list = of[id].parent;
  return of[id].kind == kind::object && of.is_array(list) && of[list].name == "section";
}

std::size_t fill_section(tree& of, node_id section, account& ledger) {
  for (const std::string_view name : {"text", "entry", "section"}) {
    if (of.child(section, name) != none) return 0;
  }
  const std::string_view title = of.text(section, "title");
  const std::string content = title.empty() ? std::string("(section sans contenu)") : escape_xml(title);
  const node_id text = of.add(section, "text", kind::object);
  of.add(text, "status", kind::string, "generated");
  of.add(text, "div", kind::string,
         of.keep("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" + content + "</p></div>"));
  ledger.added(of.pointer(text) + "/div", content, "a section must not be empty (cmp-1)");
  return 1;
}

std::size_t name_organization(tree& of, node_id organization, account& ledger) {
  for (const std::string_view name : {"name", "_name", "identifier"}) {
    if (of.child(organization, name) != none) return 0;
  }
  const node_id absent = add_absent(of, organization, "_name");
  ledger.added(of.pointer(absent), "unknown", "an Organization has a name or an identifier (org-1)");
  return 1;
}

bool in_coding(const tree& of, node_id code) {
  node_id above = of[code].parent;
  if (above != none && of.is_array(of[above].parent)) above = of[above].parent;
  return above != none && (of[above].name == "coding" || of[above].name == "valueCoding");
}

}  // namespace

std::size_t conform(tree& of, account& ledger) {
  std::size_t changes = 0;
  const std::size_t size = of.size();
  for (node_id id = 0; id < size; ++id) {
    if (of[id].kind == kind::object && of.type_of(id) == "Observation") changes += part_component(of, id);
    if (of[id].kind == kind::object && of.type_of(id) == "Organization") changes += name_organization(of, id, ledger);
    if (is_section(of, id)) changes += fill_section(of, id, ledger);
    if (of[id].kind != kind::string || of[id].name != "code" || !in_coding(of, id)) continue;
    const std::string clean = with_single_blanks(of[id].text);
    if (clean == of[id].text || clean.empty()) continue;
    of.at(id).text = of.keep(clean);
    ++changes;
  }
  return changes;
}

}  // namespace liaison::fhir
