// SPDX-License-Identifier: Apache-2.0
// Documents that came another way than by FHIR, as resources made of the facts of intake.
#pragma once

#include "core/model/facts.hpp"
#include "core/model/message.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir_api {

/// A DocumentReference. The patient is contained, without a matricule: an INS leaves only with all its traits, which the
/// document itself has. `status`: empty for the document's own.
std::string document_reference(const model::message_facts& facts, const model::message& message, const std::string& status,
                               std::uint32_t version, const std::string& base);

/// Its values by search parameter, as the outline of a posted one has them.
std::map<std::string, std::vector<std::string>> search_values(const model::message_facts& facts, const model::message& message);

/// A Binary with the bytes in base64.
std::string binary_resource(const std::string& id, const std::string& content_type, std::string_view bytes);

std::string media_type_of(const std::string& format);
std::string base64_of(std::string_view bytes);

}  // namespace liaison::fhir_api
