// SPDX-License-Identifier: Apache-2.0
// Validation by the official schema, with libxml2. Its messages hold values of the document: only their place and
// number leave.
#include "official.hpp"

#include <libxml/xmlschemas.h>
#include "cda_findings.hpp"

#include <memory>

namespace liaison::cda {
namespace {

struct free_schema {
  void operator()(xmlSchema* schema) const { xmlSchemaFree(schema); }
};
struct free_document {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

std::unique_ptr<xmlSchema, free_schema>& schema() {
  static std::unique_ptr<xmlSchema, free_schema> one;
  return one;
}
constexpr std::size_t findings_max = 100;

/// What libxml2 tells while it validates.
struct listener {
  const call& of;
  std::size_t told = 0;

  static void hear(void* self, xmlError* error) {
    auto& to = *static_cast<listener*>(self);
    if (error == nullptr || ++to.told > findings_max) {
      return;
    }
    const auto* node = static_cast<const xmlNode*>(error->node);
    tell(to.of, finding::xsd, node == nullptr ? "/ClinicalDocument" : xml_location(node),
         "libxml2 " + std::to_string(error->code));
  }
};

void stay_quiet(void*, xmlError*) {}

}  // namespace

bool load_official_schema(const std::string& path, std::string& why) {
  xmlSchemaParserCtxt* parser = xmlSchemaNewParserCtxt(path.c_str());
  if (parser == nullptr) {
    why = "the schema cannot be read";
    return false;
  }
  xmlSchemaSetParserStructuredErrors(parser, stay_quiet, nullptr);
  schema().reset(xmlSchemaParse(parser));
  xmlSchemaFreeParserCtxt(parser);
  why = schema() == nullptr ? "the file is no XML schema, or one that it includes cannot be read" : "";
  return schema() != nullptr;
}

void drop_official_files() { schema().reset(); }

void check_official(const call& of, const opened& file) {
  if (schema() == nullptr) {
    return;
  }
  // The schema speaks of the ClinicalDocument alone, whatever stands around it.
  std::unique_ptr<xmlDoc, free_document> alone;
  xmlDoc* document = file.document->doc;
  if (xmlDocGetRootElement(document) != file.document) {
    alone.reset(xmlNewDoc(BAD_CAST "1.0"));
    xmlDocSetRootElement(alone.get(), xmlDocCopyNode(const_cast<xmlNode*>(file.document), alone.get(), 1));
    document = alone.get();
  }
  listener to{of};
  xmlSchemaValidCtxt* validator = xmlSchemaNewValidCtxt(schema().get());
  xmlSchemaSetValidStructuredErrors(validator, listener::hear, &to);
  (void)xmlSchemaValidateDoc(validator, document);
  xmlSchemaFreeValidCtxt(validator);
}

}  // namespace liaison::cda
