// SPDX-License-Identifier: Apache-2.0
// Facts of PAM.FR events: stay and movement, choices of the patient, identities that give way to others.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <liaison/facts.hpp>

#include <string>
#include <string_view>

namespace liaison::hl7v2 {

/// What an event does to a movement: of an A13, "cancel" of "A03"; of a Z99 with ZBE-6 A03, "update" of "A03".
struct movement {
  std::string_view action;   ///< insert, update, cancel; empty when the event is no movement
  std::string_view trigger;  ///< the one that `action` speaks of
};
movement movement_of(const message& of);

/// PV1, PV2, ZBE. `into.event` has been read before.
void read_stay(const message& of, std::string_view zone, std::string_view now, facts::message_facts& into,
               findings& found);
/// ZFA and ZFD-3, for the patient that they follow.
void read_consents(const message& of, std::string_view zone, facts::message_facts& into, findings& found);
/// MRG, and the second PID of A24 and A37.
void read_merges(const message& of, facts::message_facts& into);

}  // namespace liaison::hl7v2
