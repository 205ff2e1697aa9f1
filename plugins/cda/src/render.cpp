// SPDX-License-Identifier: Apache-2.0
// Title, patient, people, then each section with its narrative; files are named with type and size.
#include "render.hpp"

#include "facts_reader.hpp"
#include "narrative.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

void line(std::string& out, std::string_view label, std::string_view value) {
  if (!value.empty()) {
    out.append(label).append(value).append("\n");
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

void head(std::string& out, const facts::message_facts& found) {
  line(out, "", found.document.title.empty() ? found.document.type.display : found.document.title);
  line(out, "Date : ", found.document.created);
  for (const facts::patient& patient : found.patients) {
    std::string name = patient.family;
    if (!patient.birth_family.empty() && patient.birth_family != patient.family) {
      name += " (naissance : " + patient.birth_family + ")";
    }
    line(out, "Patient : ", name + " " + joined(patient.given));
    line(out, "Naissance : ", french_from_iso_date(patient.birth_date));
  }
  for (const facts::party& author : found.authors) {
    line(out, "Auteur : ", author.name + (author.organization.empty() ? "" : ", " + author.organization));
  }
  for (const facts::party& to : found.recipients) {
    line(out, "Destinataire : ", to.name.empty() ? to.organization : to.name);
  }
}

void section(std::string& out, const xmlNode* node, unsigned level) {
  const std::string title(trim(all_text(child(node, "title"))));
  if (!title.empty()) {
    out += '\n' + title + '\n' + std::string(level == 0 ? 40 : 20, level == 0 ? '=' : '-') + '\n';
  }
  if (const xmlNode* text = child(node, "text")) {
    const std::string plain = xhtml_text(narrative_html(text));
    if (!plain.empty()) {
      out += plain + '\n';
    }
  }
  for (const xmlNode* component = child(node, "component"); component != nullptr;
       component = next(component, "component")) {
    for (const xmlNode* inner = child(component, "section"); inner != nullptr; inner = next(inner, "section")) {
      section(out, inner, level + 1);  // no deeper than parse_xml lets a document be
    }
  }
}

}  // namespace

std::string render_text(const call& of, const opened& file) {
  std::string out;
  bool two_ins = false;
  head(out, read_facts(of, file, two_ins));
  const xmlNode* component = child(file.document, "component");
  for (const media& body : find_media(child(component, "nonXMLBody"))) {
    const auto bytes = media_bytes(of, body);
    if (bytes && body.content_type.starts_with("text/plain")) {
      out += '\n' + detect_and_decode(*bytes).text + '\n';
    }
  }
  const xmlNode* structured = child(component, "structuredBody");
  for (const xmlNode* part = child(structured, "component"); part != nullptr; part = next(part, "component")) {
    if (const xmlNode* inner = child(part, "section")) {
      section(out, inner, 0);
    }
  }
  for (const media& body : find_media(file.document)) {
    if (!body.content_type.starts_with("text/plain")) {
      const auto bytes = media_bytes(of, body);
      out += "\n[" + body.content_type + (bytes ? ", " + std::to_string(bytes->size()) + " bytes" : "") + "]\n";
    }
  }
  return out;
}

}  // namespace liaison::cda
