// SPDX-License-Identifier: Apache-2.0
// validate of hprim-xml. Messages without the namespace are checked too: a copy of the tree is put into it, since
// prefixes and missing namespaces are findings of their own and should not hide the others.
#include "hxml_schema.hpp"

#include "hxml_translator.hpp"

#include <libxml/xmlschemas.h>

#include <memory>

namespace liaison::hprim {
namespace {

struct schema_free {
  void operator()(xmlSchema* schema) const { xmlSchemaFree(schema); }
};
struct schema_parser_free {
  void operator()(xmlSchemaParserCtxt* context) const { xmlSchemaFreeParserCtxt(context); }
};
struct schema_valid_free {
  void operator()(xmlSchemaValidCtxt* context) const { xmlSchemaFreeValidCtxt(context); }
};

// Written once by `create`, read by every later call of the same thread.
std::unique_ptr<xmlSchema, schema_free>& loaded_schema() {
  static std::unique_ptr<xmlSchema, schema_free> schema;
  return schema;
}

void ignore_error(void*, const char*, ...) {}

struct sentence_row {
  int code;
  const char* sentence;
};

constexpr sentence_row sentences[] = {
    {XML_SCHEMAV_ELEMENT_CONTENT, "the element is not expected here, or one before it is missing"},
    {XML_SCHEMAV_CVC_COMPLEX_TYPE_4, "a required attribute is missing"},
    {XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1, "an attribute is not allowed here"},
    {XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_2, "an attribute is not allowed here"},
    {XML_SCHEMAV_CVC_COMPLEX_TYPE_2_3, "text is not allowed in this element"},
    {XML_SCHEMAV_CVC_ENUMERATION_VALID, "the value is not one of those allowed"},
    {XML_SCHEMAV_CVC_PATTERN_VALID, "the value has not the required form"},
    {XML_SCHEMAV_CVC_MAXLENGTH_VALID, "the value is too long"},
    {XML_SCHEMAV_CVC_MINLENGTH_VALID, "the value is too short"},
    {XML_SCHEMAV_CVC_LENGTH_VALID, "the value has not the required length"},
    {XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1, "the value is not of the required type (date, time, number)"},
    {XML_SCHEMAV_CVC_ELT_1, "the root element is not in the schema"}};

const char* sentence_of(int code) {
  for (const sentence_row& row : sentences) {
    if (row.code == code) return row.sentence;
  }
  return nullptr;
}

void take_violation(void* self, xmlErrorPtr error) {
  if (error == nullptr || error->code == XML_SCHEMAV_CVC_TYPE_3_1_2) return;  // repeats the finding before it
  const char* sentence = sentence_of(error->code);
  // libxml2's own message quotes the value: only number, line and element leave.
  const std::string detail = sentence != nullptr ? sentence : "rule " + std::to_string(error->code);
  const auto* node = static_cast<const xmlNode*>(error->node);
  if (node != nullptr && node->type == XML_ATTRIBUTE_NODE) node = node->parent;
  std::string location = "line " + std::to_string(node != nullptr ? xmlGetLineNo(node) : error->line);
  if (node != nullptr) location += " " + std::string(local_name(node));
  static_cast<findings*>(self)->add(finding::schema_violation, location, detail);
}

/// All elements into the namespace of HPRIM XML, whatever they were in.
void normalise(xmlDoc* document) {
  xmlNode* root = xmlDocGetRootElement(document);
  xmlNs* space = xmlNewNs(root, reinterpret_cast<const xmlChar*>(hprim_namespace.data()),
                          reinterpret_cast<const xmlChar*>("hprim"));
  if (space == nullptr)
    space = xmlSearchNsByHref(document, root, reinterpret_cast<const xmlChar*>(hprim_namespace.data()));
  for (xmlNode* node = root; node != nullptr;) {
    if (node->type == XML_ELEMENT_NODE) node->ns = space;
    if (node->type == XML_ELEMENT_NODE && node->children != nullptr) {
      node = node->children;
      continue;
    }
    while (node != root && node->next == nullptr) node = node->parent;
    node = node == root ? nullptr : node->next;
  }
}

}  // namespace

bool load_hxml_schema(const std::string& folder, std::string& why) {
  const std::string path = folder + "/hprim-xml.xsd";
  const std::unique_ptr<xmlSchemaParserCtxt, schema_parser_free> parser(xmlSchemaNewParserCtxt(path.c_str()));
  if (!parser) {
    why = "no schema could be opened at " + path;
    return false;
  }
  xmlSchemaSetParserErrors(parser.get(), ignore_error, ignore_error, nullptr);
  loaded_schema().reset(xmlSchemaParse(parser.get()));
  if (!loaded_schema()) why = path + " is missing or no schema";
  return loaded_schema() != nullptr;
}

bool has_hxml_schema() { return loaded_schema() != nullptr; }

void check_schema(const hxml_message& message, findings& found) {
  if (!has_hxml_schema()) {
    found.add(finding::schema_missing);
    return;
  }
  const std::unique_ptr<xmlDoc, xml_free> copy(xmlCopyDoc(message.parsed.document.get(), 1));
  if (!copy) throw std::bad_alloc();
  normalise(copy.get());
  const std::unique_ptr<xmlSchemaValidCtxt, schema_valid_free> context(xmlSchemaNewValidCtxt(loaded_schema().get()));
  if (!context) throw std::bad_alloc();
  xmlSchemaSetValidStructuredErrors(context.get(), take_violation, &found);
  (void)xmlSchemaValidateDoc(context.get(), copy.get());
}

liaison_status hxml_translator::validate(const call& host) {
  findings found;
  hxml_message message;
  const hxml_outcome outcome = read_hxml(host.input(), message, found);
  for (const xml_defect& defect : message.parsed.defects)
    host.report(severity::error, defect.code, defect.location, defect.diagnostics);
  if (outcome == hxml_outcome::read) check_schema(message, found);
  found.report_to(host);
  return outcome == hxml_outcome::read ? LIAISON_OK
                                       : (outcome == hxml_outcome::not_mine ? LIAISON_NOT_MINE : LIAISON_REJECT);
}

}  // namespace liaison::hprim
