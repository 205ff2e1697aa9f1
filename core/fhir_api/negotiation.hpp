// SPDX-License-Identifier: Apache-2.0
// What a client wants and what it sent: Accept and _format, Content-Type, Prefer (R4 http.html 3.1.0.1.9, RFC 7240).
#pragma once

#include "core/model/web.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::fhir_api {

enum class syntax : std::uint8_t { none, json, xml };

/// `_format` before Accept; no wish is JSON. `none`: neither of the two would be taken (406).
syntax wanted_syntax(const model::web_request& what);
/// Of a body: "application/fhir+json; charset=utf-8" and the names that clients use for it. `none`: something else.
syntax syntax_of_media_type(std::string_view content_type);

/// Whether Accept asks for bytes as they are rather than for a resource: it names neither syntax of FHIR.
bool wants_raw_bytes(const model::web_request& what);

struct preferences {
  enum class what : std::uint8_t { unstated, minimal, representation, operation_outcome };
  what result = what::unstated;
  bool asynchronous = false;
  bool strict = false;  ///< handling=strict: an unknown search parameter is an error
};
preferences preferences_of(const model::web_request& what);

/// "http://gateway:8480/fhir"
std::string base_of(const model::web_request& what);

}  // namespace liaison::fhir_api
