// SPDX-License-Identifier: Apache-2.0
#include "core/model/message.hpp"

namespace liaison::model {

const char* name_of(message_state state) {
  switch (state) {
    case message_state::routed: return "routed";
    case message_state::unrouted: return "unrouted";
    case message_state::quarantined: return "quarantined";
  }
  return "quarantined";
}

const char* name_of(delivery_state state) {
  switch (state) {
    case delivery_state::pending: return "pending";
    case delivery_state::delivered: return "delivered";
    case delivery_state::dead: return "dead";
    case delivery_state::cancelled: return "cancelled";
  }
  return "pending";
}

const char* name_of(receipt_kind kind) {
  switch (kind) {
    case receipt_kind::attempt_failed: return "attempt-failed";
    case receipt_kind::accepted: return "accepted";
    case receipt_kind::refused: return "refused";
    case receipt_kind::translated: return "translated";
    case receipt_kind::operator_action: return "operator-action";
    case receipt_kind::held: return "held";
    case receipt_kind::reported: return "reported";
  }
  return "attempt-failed";
}

}  // namespace liaison::model
