// SPDX-License-Identifier: Apache-2.0
// HL7 v2 acknowledgements as the transport needs them: what a peer answered, and an honest answer of our own when no
// translator is there to write one. Reads a handful of header fields of hostile bytes, each bounded; knows no
// segment beyond MSH, MSA and ERR. Answers that speak for the content are the translator's (hl7v2 plugin).
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/model/transfer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::protocol {

/// HL7 table 0008.
enum class acknowledgement_code : std::uint8_t {
  accept,  ///< AA, CA
  error,   ///< AE, CE
  reject,  ///< AR, CR
};

struct acknowledgement {
  acknowledgement_code code = acknowledgement_code::reject;
  std::string code_text;   ///< as it came: "AA", "CE"
  std::string control_id;  ///< MSA-2; may be empty
  std::string error_code;  ///< ERR-3.1 of the first ERR that has a number there; may be empty
  std::string application_code;  ///< ERR-5.1, when it is of table 0533 of CI-SIS (900 to 906); else empty
};

/// Failure "acknowledgement-malformed" when there is no MSH, no MSA or no known code. Looks at the first 64 KiB.
result<acknowledgement> read_acknowledgement(std::string_view content);

/// MSH-10; empty when there is none.
std::string control_id_of(std::string_view content);

/// What the answer means for the delivery. One that names another message is a failure of the attempt; one that names
/// none is taken for the message in flight, since a connection never has two.
model::send_outcome outcome_of(const acknowledgement& answer, std::string_view sent_control_id);

/// Names an acknowledgement of our own. `id` becomes MSH-10, `reason` (a stable code, no sentence of the content)
/// ERR-5.
struct acknowledgement_stamp {
  unix_ms now = 0;
  std::string_view id;
};

/// An ACK for `content`, which may be anything: sender and recipient swapped, event, processing id and version
/// reflected, each cut to the length that the standard gives it and freed of control bytes. Nothing else of the content
/// is repeated.
std::string minimal_acknowledgement(std::string_view content, acknowledgement_code code, std::string_view reason,
                                    const acknowledgement_stamp& stamp);

}  // namespace liaison::protocol
