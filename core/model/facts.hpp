// SPDX-License-Identifier: Apache-2.0
// The facts of a message in the broker: the values of sdk/facts.hpp, read from a plugin's JSON.
#pragma once

#include "core/base/result.hpp"

#include <liaison/facts.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::model {

using liaison::facts::message_facts;

/// Reads the JSON of a part FACTS (schemas/facts.schema.json). Members of another type and unknown members are
/// ignored; text that is no JSON object, is nested deeper than 32 or longer than 16 MiB is a failure "facts-malformed".
result<message_facts> facts_from_json(std::string_view text);

/// The facts that a delivery asks for: whether it may leave and in which form it came. The rest is checked and skipped, which
/// costs half.
enum class wanted_facts : std::uint8_t { all, for_sending };

/// The same into `into`, which is empty; after a failure it holds what came before it.
result<done> read_facts(std::string_view text, message_facts& into, wanted_facts wanted = wanted_facts::all);

const char* name_of(liaison::facts::identifier_kind kind);    ///< "ins-nir" …
const char* name_of(liaison::facts::identity_status status);  ///< "qualified" …

/// Facts of a message that carries another one (a CDA inside OBX-5): the carried document says what it is and who
/// wrote it, the envelope says who sends it to whom and what happened. Patients: those of the envelope,
/// completed by the document's identifiers and traits that the envelope lacks. Identities are compared elsewhere
/// (identity/compare.hpp) and before.
message_facts merged(message_facts envelope, const message_facts& document);

}  // namespace liaison::model
