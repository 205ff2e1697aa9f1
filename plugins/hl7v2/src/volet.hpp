// SPDX-License-Identifier: Apache-2.0
// The rules of the volet "Transmission de document(s) CDA en HL7v2" (2.1.2) and of its return path towards practice
// software (1.1.2): coherence, metadata, destinations, and the known deviations of real senders, each with its own
// code `hl7v2-pfi-tNN` (pfi-hl7v2, section 12: what a tolerant link takes and a strict one refuses).
#pragma once

#include "findings.hpp"
#include "message.hpp"
#include "observations.hpp"
#include "people.hpp"

#include <liaison/facts.hpp>

#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

/// Which contract a message follows, by MSH-21 and content.
enum class contract : std::uint8_t { none, cda_hl7v2, cda_lps, pam_fr };
contract contract_of(const message& of);
const char* profile_of(contract which);

/// The endpoint's own options that the volet knows: {"volet": "2.0"} for a link of the older sets.
struct volet_options {
  bool is_older_volet = false;
};
volet_options volet_options_of(std::string_view endpoint_json);

/// Reads the metadata OBX; reports aliases, disorder and missing ones.
metadata read_metadata(const message& of, contract which, findings& found);

struct volet_view {
  const message& of;
  contract which;
  volet_options options;
  const metadata& flags;
  const std::vector<participant>& participants;
  const std::vector<segment>& participant_segments;
  const facts::patient& patient;
};
void check_volet(const volet_view& view, findings& found);
/// The documents inside, held against the message: number, type, replaced document.
void check_documents(const volet_view& view, const std::vector<file>& files, findings& found);

/// Event of the order control: initial, replacement, deletion by ORC-1 (NW, RO, CA).
std::string_view document_status_of_order(std::string_view order_control);

}  // namespace liaison::hl7v2
