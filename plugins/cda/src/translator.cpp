// SPDX-License-Identifier: Apache-2.0
// Recognition and the operations; what they do lives in the files they call.
#include "translator.hpp"

#include "body.hpp"
#include "cda_findings.hpp"
#include "encode.hpp"

#include "facts_reader.hpp"
#include "header.hpp"
#include "official.hpp"
#include "parties.hpp"
#include "render.hpp"
#include "validate.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <libxml/parser.h>

#include <rapidjson/document.h>

namespace liaison::cda {
namespace {

/// ASCII of a UTF-16 head: enough to find names in it.
std::string without_nul(bytes_view head) {
  std::string out;
  for (const char c : head.substr(0, 8192)) {
    if (c != '\0') {
      out += c;
    }
  }
  return out;
}

}  // namespace

int cda_translator::recognise(bytes_view head) {
  std::string narrow;
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF") ||
      head.substr(0, 4).find('\0') != bytes_view::npos) {
    narrow = without_nul(head);
    head = narrow;
    head.remove_prefix(std::min(head.size(), head.find('<')));
  }
  if (head.starts_with("\xEF\xBB\xBF")) {
    head.remove_prefix(3);
  }
  head = trim(head);
  if (!head.starts_with('<')) {
    return 0;
  }
  const bool v3 = head.find("urn:hl7-org:v3") != bytes_view::npos;
  std::size_t at = 0;
  while ((at = head.find("ClinicalDocument", at)) != bytes_view::npos) {
    const bool starts_tag = at > 0 && (head[at - 1] == '<' || head[at - 1] == ':');
    if (starts_tag && head[at - 1] != '/') {
      return v3 ? 100 : 90;
    }
    at += 16;
  }
  // A self-presenting document has a style sheet of any length in front.
  return v3 ? 40 : 0;
}

liaison_status cda_translator::inspect(const call& of) {
  const open_result opened_file = open_document(of);
  if (opened_file.file.document == nullptr) {
    return opened_file.status;
  }
  bool two_ins = false;
  facts::message_facts found = read_facts(of, opened_file.file, two_ins);
  of.emit(found);
  return two_ins ? LIAISON_REJECT : LIAISON_OK;
}

liaison_status cda_translator::decode(const call& of) {
  open_result opened_file = open_document(of);
  if (opened_file.file.document == nullptr) {
    return opened_file.status;
  }
  const xmlNode* document = opened_file.file.document;
  const xmlNode* target = child(document, "recordTarget");
  identity_result identity = read_identity(of, child(target, "patientRole"));
  if (identity.two_ins || next(target, "recordTarget") != nullptr) {
    if (!identity.two_ins) {
      tell(of, finding::two_identities, "/ClinicalDocument/recordTarget[2]");
    }
    return LIAISON_REJECT;
  }
  account book(of.options().form_of_source());
  account* ledger = of.options().account ? &book : nullptr;
  const std::string seed = of.options().id_seed.empty() ? sha256_hex(of.input()) : of.options().id_seed;
  pivot_writer pivot("document", seed, ledger);
  reading r{of,
            document,
            ledger,
            xml_ledger(document, ledger),
            id_index(document),
            pivot,
            {},
            {},
            {},
            std::move(identity.patient),
            {},
            {}};
  r.composition = pivot.add("Composition");
  r.patient = pivot.add("Patient");
  write_patient(r, target);
  write_header(r);
  write_body(r);
  opened_file.file.parsed.document.reset();  // the tree of a large document makes room for its pivot
  of.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json", nullptr, "fhir");
  if (ledger != nullptr) {
    of.emit(book, &pivot);
  }
  return LIAISON_OK;
}

liaison_status cda_translator::encode(const call& of) { return encode_document(of); }

liaison_status cda_translator::validate(const call& of) {
  const open_result opened_file = open_document(of);
  if (opened_file.file.document == nullptr) {
    return opened_file.status;
  }
  return validate_document(of, opened_file.file);
}

liaison_status cda_translator::render(const call& of) {
  const open_result opened_file = open_document(of);
  if (opened_file.file.document == nullptr) {
    return opened_file.status;
  }
  of.emit(LIAISON_PART_TEXT, render_text(of, opened_file.file), "text/plain; charset=utf-8");
  return LIAISON_OK;
}

}  // namespace liaison::cda

namespace {

void tell_host(const liaison_sink* sink, const std::string& location, const std::string& why) {
  const char* code = liaison::cda::row_of(liaison::cda::finding::official_file).code;
  const liaison_issue issue = {sizeof(liaison_issue), LIAISON_ERROR, code, location.c_str(), why.c_str()};
  if (sink != nullptr && sink->issue != nullptr) {
    (void)sink->issue(sink->self, &issue);
  }
}

/// Configuration: "schema", the path of CDA_extended.xsd; "schematrons", paths of schematrons of XPath 1. A file that
/// was named and cannot be used is an error, not a check left out.
liaison_status create(liaison_bytes configuration, const liaison_sink* sink, void** self) {
  xmlInitParser();  // while files may still be opened
  *self = nullptr;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reinterpret_cast<const char*>(configuration.data), configuration.size);
  if (document.HasParseError() || !document.IsObject()) {
    return LIAISON_OK;
  }
  std::string why;
  const auto schema = document.FindMember("schema");
  if (schema != document.MemberEnd() && schema->value.IsString() &&
      !liaison::cda::load_official_schema(schema->value.GetString(), why)) {
    tell_host(sink, "schema", why);
    return LIAISON_REJECT;
  }
  if (document.HasMember("schematrons")) {
    tell_host(sink, "schematrons", "schematrons of XPath 2 cannot be run: use the official tool for them");
    return LIAISON_REJECT;
  }
  return LIAISON_OK;
}

void destroy(void*) {}

}  // namespace

extern "C" LIAISON_PLUGIN_EXPORT const liaison_plugin* liaison_plugin_entry(const char* abi) {
  if (abi == nullptr || std::string_view(abi) != LIAISON_TRANSLATOR_ABI) {
    return nullptr;
  }
  static const liaison_translator* const translators[] = {&liaison::export_translator<liaison::cda::cda_translator>()};
  static const liaison_plugin plugin = {
      sizeof(liaison_plugin), "fr.liaison.cda", "0.1.0", translators, 1, create, destroy};
  return &plugin;
}
