// SPDX-License-Identifier: Apache-2.0
// The life of a document as its messages tell it: versions, what replaced or removed which, what holds now. And what is
// wrong with a message that replaces or removes: CI-SIS CDA en HL7v2, codes 900, 901 and 904. Pure functions.
#pragma once

#include "core/model/facts.hpp"
#include "core/model/issue.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::routing {

/// OIDs and UUIDs name a document everywhere; a bare number only among those of its sender.
std::string name_for_all(const std::string& id, const std::string& source);

enum class document_change : std::uint8_t {
  initial,
  replacement,
  masking,  ///< a replacement that only changes who may see it
  deletion,
};
const char* name_of(document_change change);
document_change change_of(const model::message_facts& facts);

/// Id of what the message replaces or removes; empty: neither, or it does not say.
std::string target_of(const model::message_facts& facts);

enum class version_state : std::uint8_t {
  current,
  replaced,
  deleted,
  removal,  ///< the message removed another version, and is none itself
  waiting,  ///< for the version that it replaces or removes
};
const char* name_of(version_state state);

struct life_version {
  model::message_id message = 0;
  document_change change = document_change::initial;
  version_state state = version_state::current;
  std::string id, target;            ///< as in the facts
  model::message_id changed_by = 0;  ///< the message that replaced or removed it
  model::message_facts facts;
};

/// One for each message of the line, in its order.
std::vector<life_version> life_of(const std::vector<store::document_version>& line);

/// Of a line: "current", "deleted", "waiting", or "unknown" when it is empty.
const char* state_of(const std::vector<life_version>& life);

/// Findings on a message that replaces or removes, before it is taken in; `line` is that of its target. Errors stop it:
///   error    document-patient-differs   904: the version that it refers to is another patient's
///   error in strict, else warning:
///            document-not-latest        900: that version was replaced or removed before
///            document-author-differs    901: neither the author nor the organisation is that of the version
///   warning  document-original-unknown  that version has not come
/// Nothing that is not known on both sides is compared. No value is quoted.
std::vector<model::issue> judge(const model::message_facts& incoming, const std::string& source,
                                const std::vector<store::document_version>& line, std::string_view strictness);

}  // namespace liaison::routing
