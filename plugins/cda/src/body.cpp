// SPDX-License-Identifier: Apache-2.0
// nonXMLBody and structuredBody. Files in them become Binary and DocumentReference, byte for byte.
#include "body.hpp"

#include "cda_findings.hpp"
#include "entries.hpp"
#include "facts_reader.hpp"
#include "narrative.hpp"
#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

constexpr std::string_view div_start = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";

/// The body as text that may be shown, in UTF-8: the payload keeps a character set of its own.
std::string readable_text(std::string_view bytes) {
  std::string text = detect_and_decode(bytes).text;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') {
      return {};
    }
  }
  return trim(text).empty() ? std::string() : text;
}

/// Text of a body in its own character set as XHTML.
std::string text_div(std::string_view text) {
  return std::string(div_start) + "<pre>" + escape_xml(text) + "</pre></div>";
}

/// Binary and DocumentReference of a body; false when its bytes cannot be read.
resource_ref write_media(reading& r, const media& body, std::string_view title) {
  auto read = media_bytes(r.of, body);
  if (!read || read->empty()) {
    r.drop(body.holder, read ? "the body has no bytes" : "the base64 cannot be decoded");
    return {};
  }
  const std::string_view bytes = r.pivot.keep(std::move(*read));
  const std::string type = body.content_type.empty() ? "application/octet-stream" : body.content_type;
  const resource_ref binary = r.pivot.add("Binary");
  binary.set("contentType", type);
  binary.carry("contentType", r.attribute(body.value, "mediaType"));
  binary.set_base64("data", bytes);
  binary.carry("data", r.ledger.row_of(body.value->children));  // the row only: the text may be megabytes
  r.ledger.envelope(body.value, "representation");
  r.ledger.envelope(body.value, "type");
  const resource_ref reference = r.pivot.add("DocumentReference");
  reference.set("status", "current");
  write_identifiers(r, body.holder, {reference, "identifier"});
  reference.set_reference("subject", r.patient);
  reference.set("content/0/attachment/contentType", type);
  reference.set("content/0/attachment/url", binary.full_url());
  reference.set_number("content/0/attachment/size", sourced(std::to_string(bytes.size())));
  reference.set("content/0/attachment/hash", sha1_base64(bytes));
  reference.set("content/0/attachment/title", title);
  reference.carry("content/0/attachment/url", r.attribute(body.holder, "ID"));
  reference.set("content/0/attachment/language", r.attribute(child(body.holder, "languageCode"), "code"));
  r.structure(body.holder);
  r.media.emplace(body.holder, reference);
  return reference;
}

void write_body_file(reading& r, const xmlNode* body) {
  r.structure(body);
  const std::vector<media> found = find_media(body);
  const spot section{r.composition, "section/0"};
  section.ref.set(section.path + "/code/coding/0/system", "http://loinc.org");
  section.ref.set(section.path + "/code/coding/0/code", "55108-5");
  const std::string title(trim(all_text(child(r.document, "title"))));
  const xmlNode* text = child(body, "text");
  const bool is_text = !found.empty() && found.front().content_type.starts_with("text/plain");
  if (is_text) {
    // A letter as plain text is read, not opened: it is the section's narrative and stays a file beside it.
    if (const auto bytes = media_bytes(r.of, found.front())) {
      const std::string readable = readable_text(*bytes);
      if (!readable.empty()) {
        section.ref.set(section.path + "/text/status", "generated");
        sourced div = r.ledger.row_of(text->children);
        div.text = text_div(readable);
        (section / "text/div").set(div);
      }
    }
  }
  const resource_ref reference = found.empty() ? resource_ref() : write_media(r, found.front(), title);
  if (reference) {
    (section / "entry/0").refer(reference);
  } else if (!section.ref.has(section.path + "/text/div")) {
    section.ref.set(section.path + "/text/status", "empty");
    section.ref.set(section.path + "/text/div", std::string(div_start) + "<p>—</p></div>");
    r.added(section / "text/div", "—", "the body has nothing that can be read");
  }
}

/// Section elements that belong to no entry.
void write_section_head(reading& r, const xmlNode* node, const spot& section) {
  r.structure(node);
  const sourced title = r.text(child(node, "title"));
  (section / "title").set(title);
  write_concept(r, child(node, "code"), section / "code");
  const xmlNode* id = child(node, "id");
  const sourced root = r.attribute(id, "root");
  const sourced extension = r.attribute(id, "extension");
  if (!root.empty() && extension.empty()) {
    (section / "id").set(root);
  } else {
    r.drop(id, "a section's id in FHIR is one word");
  }
  r.drop(child(node, "subject"), "the subject of a section has no place in FHIR: its narrative says it");
  std::size_t authors = 0;
  for (const xmlNode* author = child(node, "author"); author != nullptr; author = next(author, "author")) {
    if (const resource_ref who = write_entity_of(r, author)) {
      (section / "author" / authors++).refer(who);
      r.structure(author);
      r.drop(child(author, "time"), "an author of a section has no time in FHIR");
    }
  }
  if (const xmlNode* confidentiality = child(node, "confidentialityCode")) {
    r.drop(confidentiality, "a section has no confidentiality of its own in FHIR");
  }
  if (const xmlNode* language = child(node, "languageCode")) {
    r.drop(language, "a section has no language of its own in FHIR");
  }
}

void write_section(reading& r, const xmlNode* node, const spot& section) {
  write_section_head(r, node, section);
  if (const xmlNode* text = child(node, "text")) {
    const std::string div = narrative_div(r, text, section / "text/div");
    if (!div.empty()) {
      section.ref.set(section.path + "/text/status", "additional");
      section.ref.set(section.path + "/text/div", div);
    }
  }
  for (const xmlNode* entry = child(node, "entry"); entry != nullptr; entry = next(entry, "entry")) {
    write_entry(r, entry, node, section);
  }
  std::size_t sections = 0;
  for (const xmlNode* component = child(node, "component"); component != nullptr;
       component = next(component, "component")) {
    if (const xmlNode* inner = child(component, "section")) {
      r.structure(component);
      write_section(r, inner, section / "section" / sections++);
    }
  }
  if (!section.ref.has(section.path + "/text") && !section.ref.has(section.path + "/entry") && sections == 0) {
    section.ref.set(section.path + "/emptyReason/coding/0/system",
                    "http://terminology.hl7.org/CodeSystem/list-empty-reason");
    section.ref.set(section.path + "/emptyReason/coding/0/code", "unavailable");
    section.ref.set(section.path + "/text/status", "empty");
    section.ref.set(section.path + "/text/div", std::string(div_start) + "<p>—</p></div>");
    r.added(section / "text/div", "—", "FHIR requires a section to hold something and the source's holds nothing");
  }
}

}  // namespace

bool write_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section) {
  r.ledger.envelope(entry, "contextConductionInd");
  r.structure(entry);
  bool said = false;
  for (const media& body : find_media(entry)) {
    if (r.media.count(body.holder) != 0) {
      continue;
    }
    if (const resource_ref reference =
            write_media(r, body, std::string(trim(all_text(child(section_node, "title")))))) {
      (section / "entry").next().refer(reference);
      said = true;
    }
  }
  if (is_result_entry(entry)) {
    return write_results(r, entry, section_node, section) || said;
  }
  return write_clinical_entry(r, entry, section_node, section) || said;
}

void write_body(reading& r) {
  const xmlNode* component = child(r.document, "component");
  r.structure(component);
  if (const xmlNode* body = child(component, "nonXMLBody")) {
    write_body_file(r, body);
    return;
  }
  const xmlNode* body = child(component, "structuredBody");
  if (body == nullptr) {
    tell(r.of, finding::body_missing, xml_location(r.document));
    return;
  }
  r.structure(body);
  std::size_t index = 0;
  for (const xmlNode* part = child(body, "component"); part != nullptr; part = next(part, "component")) {
    if (const xmlNode* section = child(part, "section")) {
      r.structure(part);
      write_section(r, section, spot{r.composition, "section"} / index++);
    }
  }
}

}  // namespace liaison::cda
