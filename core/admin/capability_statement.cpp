// SPDX-License-Identifier: Apache-2.0
// GET /fhir/metadata: only what this version does.
#include "core/admin/api.hpp"

#include <liaison/json_text.hpp>

namespace liaison::admin {

std::string capability_statement(const std::string& now) {
  std::string text;
  {
  detail::json_scope object(text, '{');
  object.text("resourceType", "CapabilityStatement");
  object.text("status", "active");
  object.text("date", now);
  object.text("kind", "instance");
  object.text("fhirVersion", "4.0.1");
  object.member("format") += "[\"application/fhir+json\",\"application/fhir+xml\"]";
  {
    detail::json_scope software(object.member("software"), '{');
    software.text("name", "liaison");
    software.text("version", LIAISON_VERSION);
  }
  {
    detail::json_scope implementation(object.member("implementation"), '{');
    implementation.text("description",
                        "A gateway: what is posted is kept and delivered to its recipients (202); it is not stored for reading back.");
  }
  object.member("rest") +=
      "[{\"mode\":\"server\",\"documentation\":\"POST [base] and POST [base]/Bundle take document, message and transaction "
      "Bundles for delivery.\",\"interaction\":[{\"code\":\"transaction\"}],\"resource\":[{\"type\":\"Bundle\","
      "\"interaction\":[{\"code\":\"create\"}]}]}]";
  }
  return text;
}

}  // namespace liaison::admin
