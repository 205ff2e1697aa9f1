// SPDX-License-Identifier: Apache-2.0
// A stay from admission to the letter that follows its discharge: how events and letters change it. Plain functions.
#pragma once

#include "core/identity/observation.hpp"
#include "core/identity/patient_table.hpp"

namespace liaison::identity {

/// What an event of the stay makes of it. Events come in the order in which they were told; one of an earlier message than
/// the last one heard changes nothing.
stay_row after_event(stay_row stay, const stay_told& told, model::message_id message);

/// A letter of this stay was accepted by someone outside of the house.
stay_row after_letter_left(stay_row stay, unix_ms at);

/// The deadline has passed and it was said so.
stay_row after_alert(stay_row stay, unix_ms at);

const char* name_of(stay_state state);    ///< "known", "admitted", "discharged", "cancelled"
const char* name_of(letter_clock clock);  ///< "none", "waiting", "overdue", "on-time", "late"

}  // namespace liaison::identity
