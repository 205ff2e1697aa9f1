// SPDX-License-Identifier: Apache-2.0
// GET /fhir/metadata: what this version does, and nothing else. A test asks for each of it.
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"

#include <liaison/json_text.hpp>

#include <array>

namespace liaison::fhir_api {
namespace {

using detail::append_json_string;
using detail::json_scope;

struct search_row {
  const char* name;
  const char* type;
};
constexpr std::array<search_row, 21> document_search{{{"_id", "token"},
                                                      {"patient", "reference"},
                                                      {"patient.identifier", "token"},
                                                      {"identifier", "token"},
                                                      {"status", "token"},
                                                      {"type", "token"},
                                                      {"category", "token"},
                                                      {"date", "date"},
                                                      {"creation", "date"},
                                                      {"period", "date"},
                                                      {"author.family", "string"},
                                                      {"author.given", "string"},
                                                      {"facility", "token"},
                                                      {"setting", "token"},
                                                      {"event", "token"},
                                                      {"security-label", "token"},
                                                      {"format", "token"},
                                                      {"contenttype", "token"},
                                                      {"language", "token"},
                                                      {"related", "token"},
                                                      {"_count", "number"}}};

/// Types of documents' transactions and those that clients post by themselves; others are taken in the same way.
constexpr std::array<const char*, 10> posted{"Bundle", "Binary", "List", "Patient", "DiagnosticReport", "Observation",
                                             "ServiceRequest", "Communication", "Task", "Encounter"};

void write_interactions(json_scope& resource, std::initializer_list<const char*> codes) {
  json_scope list(resource.member("interaction"), '[');
  for (const char* code : codes) {
    json_scope one(list.element(), '{');
    one.text("code", code);
  }
}

void write_operation(json_scope& list, const char* name, const char* definition, const char* documentation) {
  json_scope one(list.element(), '{');
  one.text("name", name);
  one.text("definition", definition);
  one.text("documentation", documentation);
}

void write_resources(json_scope& rest) {
  json_scope list(rest.member("resource"), '[');
  {
    json_scope document(list.element(), '{');
    document.text("type", "DocumentReference");
    document.text("documentation", "ITI-105 by create, ITI-67 by search, GET and POST. A search names a patient, an identifier or _id.");
    write_interactions(document, {"create", "read", "vread", "search-type"});
    document.text("versioning", "versioned");
    document.member("conditionalCreate") += "true";
    json_scope parameters(document.member("searchParam"), '[');
    for (const auto& row : document_search) {
      json_scope one(parameters.element(), '{');
      one.text("name", row.name);
      one.text("type", row.type);
    }
  }
  for (const char* type : posted) {
    json_scope one(list.element(), '{');
    one.text("type", type);
    write_interactions(one, {"create", "read", "vread"});
    one.text("versioning", "versioned");
    one.member("conditionalCreate") += "true";
  }
  const auto trail = [&](const char* type, const char* parameter) {
    json_scope one(list.element(), '{');
    one.text("type", type);
    write_interactions(one, {"read", "search-type"});
    json_scope parameters(one.member("searchParam"), '[');
    json_scope only(parameters.element(), '{');
    only.text("name", parameter);
    only.text("type", "reference");
  };
  trail("Provenance", "target");
  trail("AuditEvent", "entity");
}

}  // namespace

std::string capability_statement(const std::string& now, const std::string& base) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "CapabilityStatement");
    object.text("status", "active");
    object.text("date", now);
    object.text("kind", "instance");
    {
      json_scope list(object.member("instantiates"), '[');
      append_json_string(list.element(), "https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentRecipient");
      append_json_string(list.element(), "https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentResponder");
    }
    {
      json_scope software(object.member("software"), '{');
      software.text("name", "liaison");
      software.text("version", LIAISON_VERSION);
    }
    {
      json_scope implementation(object.member("implementation"), '{');
      implementation.text("description",
                          "A gateway: what is posted is kept as it came and delivered to its recipients. Whoever asks reads what it "
                          "sent and what was delivered to it.");
      implementation.text("url", base);
    }
    object.text("fhirVersion", "4.0.1");
    object.member("format") += R"(["application/fhir+json","application/fhir+xml"])";
    object.member("patchFormat") += R"(["application/fhir+json"])";
    json_scope list(object.member("rest"), '[');
    json_scope rest(list.element(), '{');
    rest.text("mode", "server");
    rest.text("documentation",
              "Other resource types of R4 are created and read in the same way. Conditional creates take identifier=system|value. "
              "ITI-65 is a transaction; a PATCH in it may set the status of a replaced DocumentReference. Prefer: respond-async "
              "is answered 202 once the submission is on disk.");
    write_resources(rest);
    write_interactions(rest, {"transaction", "batch"});
    json_scope operations(rest.member("operation"), '[');
    write_operation(operations, "validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate", "Also of profiles that the gateway has loaded.");
    write_operation(operations, "process-message", "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message", "Answered when the message is on disk.");
    write_operation(operations, "convert", "http://hl7.org/fhir/OperationDefinition/Resource-convert", "Any format of the gateway in, FHIR or another out: ?to=FORMAT.");
  }
  return text;
}

}  // namespace liaison::fhir_api
