// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include "xml_read.hpp"

#include <algorithm>

namespace liaison::fhir {

namespace {

std::string_view without_leading_blanks(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view{} : head.substr(start);
}

bool names_fhir_namespace(std::string_view head) {
  constexpr std::string_view name = "http://hl7.org/fhir";
  for (std::size_t at = head.find(name); at != std::string_view::npos; at = head.find(name, at + 1)) {
    const std::size_t after = at + name.size();
    if (after < head.size() && (head[after] == '"' || head[after] == '\'')) return true;
  }
  return false;
}

}  // namespace

syntax syntax_of(std::string_view head) {
  const std::string_view text = without_leading_blanks(head.substr(0, 64U << 10U));
  if (text.starts_with('{')) return syntax::json;
  if (text.starts_with('<') && names_fhir_namespace(text.substr(0, 8192))) return syntax::xml;
  return syntax::unknown;
}

bool read_message(std::string_view bytes, message& into) {
  into.syntax = syntax_of(bytes);
  if (into.syntax == syntax::unknown) return false;
  into.result = into.syntax == syntax::json ? parse_json(bytes, into.resource) : parse_fhir_xml(bytes, into.resource);
  if (into.resource.empty()) return into.syntax == syntax::xml;
  // What is cut off may still have lost its resourceType; that it was meant to be JSON is then for the defects to say.
  return !into.result.good || !into.resource.type_of(0).empty();
}

liaison_status report_defects(const call& of, const message& read) {
  bool usable = read.result.good;
  for (const defect& found : read.result.defects) {
    const severity level = found.severity == defect::weight::warning ? severity::warning : severity::error;
    of.report(level, found.code, found.location, found.diagnostics);
    usable = usable && found.severity != defect::weight::fatal && found.code != "fhir-json-duplicate-name";
  }
  return usable ? LIAISON_OK : LIAISON_REJECT;
}

}  // namespace liaison::fhir
