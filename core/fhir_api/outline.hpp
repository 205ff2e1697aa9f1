// SPDX-License-Identifier: Apache-2.0
// A FHIR body as the plugin describes it (plugins/fhir, fhir-rest): types, what its entries ask for, identifiers and
// search values. The gateway itself reads no resource.
#pragma once

#include "core/base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir_api {

struct outline {
  struct issue {
    std::string severity, code, detail, location;
  };
  struct entry {
    std::string full_url, method, url, if_none_exist, if_match;
    std::string status, location;  ///< of an answer
    std::string type, id, content_type;
    std::string patched_status;            ///< a PATCH sets DocumentReference.status to this
    std::vector<std::string> identifiers;  ///< "system|value"; a masterIdentifier first
    std::map<std::string, std::vector<std::string>> search;  ///< of a DocumentReference, by search parameter
    std::vector<issue> issues;                               ///< of an answer
  };
  struct parameter {
    std::string name, kind, value;
    std::string resource;  ///< type, when it holds one
  };
  std::string type, id, bundle_type, total;
  std::vector<std::string> identifiers, profiles;  ///< of the Bundle; of the body
  std::string header_id, event_system, event_code, event_uri, source, response_code;  ///< of a MessageHeader
  std::vector<parameter> parameters;
  std::vector<issue> issues;  ///< of an OperationOutcome
  std::vector<entry> entries;

  bool is_transaction() const { return type == "Bundle" && (bundle_type == "transaction" || bundle_type == "batch"); }
  /// Entry `part`, counted from 1, of a transaction or batch; 0: the body, when it is a single resource.
  const entry* part(std::int32_t number) const;
};

/// Failure "fhir-outline": not what the plugin promises.
result<outline> outline_from_json(std::string_view text);

/// Value of a parameter by name, "" when it is not there.
std::string value_of(const outline& of, std::string_view parameter);

/// "12" or "12-3": the message and its part.
struct resource_id {
  std::int64_t message = 0;
  std::int32_t part = 0;
};
std::optional<resource_id> resource_id_of(std::string_view text);
std::string text_of(const resource_id& id);

/// "identifier=system|value" of a conditional create, and nothing else, as "system|value".
std::optional<std::string> identifier_condition(std::string_view query);

}  // namespace liaison::fhir_api
