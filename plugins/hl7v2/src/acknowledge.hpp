// SPDX-License-Identifier: Apache-2.0
// Technical acknowledgements: ACK^<event>^ACK with MSA and ERR (pfi-hl7v2, section 9).
#pragma once

#include "message.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/plugin.hpp>

#include <span>
#include <string>
#include <string_view>

namespace liaison::hl7v2 {

enum class answer : std::uint8_t { accept, reject, retry };

struct acknowledgement_request {
  const message& of;  ///< only its MSH is needed
  charset from;       ///< the answer is written in the character set of the request
  answer outcome;
  std::string_view now;         ///< RFC 3339; empty: MSH-7 is repeated
  std::string_view control_id;  ///< empty: "A" and the control id of the request
  std::span<const issue> issues;
};

/// Segments end in CR. Issues of severity information are not told to the peer.
std::string acknowledgement(const acknowledgement_request& request);

liaison_status acknowledge_message(const call& request);

/// Label of a code of SMTPERRORCODE or applicationErrorCondition (900 to 906); empty: it is of neither.
std::string_view label_of_error(std::string_view code);

/// ZAM^Z01, Z02 or Z03 for the document message in `request`, as its option "answer" says (pfi-hl7v2, section 10).
liaison_status acknowledge_business(const call& request);

}  // namespace liaison::hl7v2
