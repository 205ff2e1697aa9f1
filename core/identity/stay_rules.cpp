// SPDX-License-Identifier: Apache-2.0
#include "core/identity/stay_rules.hpp"

#include <array>

namespace liaison::identity {

namespace {

void stop_clock(stay_row& stay) {
  stay.deadline = stay.alerted_at = 0;
  stay.clock = letter_clock::none;
}

void discharge(stay_row& stay, const stay_told& told) {
  const bool is_same = stay.state == stay_state::discharged && stay.discharged_at == told.discharged_at;
  stay.state = stay_state::discharged;
  stay.discharged_at = told.discharged_at;
  stay.discharged_from = told.discharged_from;
  // The same discharge told again neither starts the clock anew nor takes an alert back.
  if (is_same && stay.deadline == told.deadline) return;
  stop_clock(stay);
  stay.deadline = told.deadline;
  if (stay.deadline == 0) return;
  stay.clock = stay.letter_left_at == 0                ? letter_clock::waiting
               : stay.letter_left_at <= stay.deadline ? letter_clock::on_time
                                                      : letter_clock::late;
}

}  // namespace

stay_row after_event(stay_row stay, const stay_told& told, model::message_id message) {
  if (message < stay.told_by) return stay;
  if (!told.patient_class.empty()) stay.patient_class = told.patient_class;
  if (told.admitted_at != 0) stay.admitted_at = told.admitted_at;
  switch (told.event) {
    case stay_event::none: return stay;
    case stay_event::admission:
      if (stay.state != stay_state::discharged) stay.state = stay_state::admitted;
      break;
    case stay_event::discharge: discharge(stay, told); break;
    case stay_event::cancelled_discharge:
      stay.state = stay_state::admitted;
      stay.discharged_at = 0;
      stay.discharged_from.clear();
      stop_clock(stay);
      break;
    case stay_event::cancelled_admission:
      stay.state = stay_state::cancelled;
      stop_clock(stay);
      break;
  }
  stay.told_by = message;
  return stay;
}

stay_row after_letter_left(stay_row stay, unix_ms at) {
  if (stay.letter_left_at != 0) return stay;
  stay.letter_left_at = at;
  if (stay.clock == letter_clock::waiting) stay.clock = at <= stay.deadline ? letter_clock::on_time : letter_clock::late;
  if (stay.clock == letter_clock::overdue) stay.clock = letter_clock::late;
  return stay;
}

stay_row after_alert(stay_row stay, unix_ms at) {
  if (stay.clock != letter_clock::waiting) return stay;
  stay.clock = letter_clock::overdue;
  stay.alerted_at = at;
  return stay;
}

const char* name_of(stay_state state) {
  constexpr std::array<const char*, 4> names{"known", "admitted", "discharged", "cancelled"};
  return names[static_cast<std::size_t>(state)];
}

const char* name_of(letter_clock clock) {
  constexpr std::array<const char*, 5> names{"none", "waiting", "overdue", "on-time", "late"};
  return names[static_cast<std::size_t>(clock)];
}

}  // namespace liaison::identity
