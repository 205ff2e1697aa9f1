// SPDX-License-Identifier: Apache-2.0
// Numbers that stand in the database: they never change their meaning. The states are those of the model, in its order.
#pragma once

#include "core/model/message.hpp"

#include <cstdint>

namespace liaison::store::sqlite {

/// What holds the bytes of messages: a segment of the journal, a file of large payloads.
enum class holder_kind : std::uint8_t { segment = 0, large = 1 };

/// `none` is NULL in the database.
enum class lane : std::uint8_t { none = 0, due = 1, put_off = 2, behind = 3, awaiting = 4 };

static_assert(static_cast<int>(model::message_state::routed) == 0);
static_assert(static_cast<int>(model::message_state::unrouted) == 1);
static_assert(static_cast<int>(model::message_state::quarantined) == 2);
static_assert(static_cast<int>(model::delivery_state::pending) == 0);
static_assert(static_cast<int>(model::delivery_state::delivered) == 1);
static_assert(static_cast<int>(model::delivery_state::dead) == 2);
static_assert(static_cast<int>(model::delivery_state::cancelled) == 3);
static_assert(static_cast<int>(model::receipt_kind::attempt_failed) == 0);
static_assert(static_cast<int>(model::receipt_kind::accepted) == 1);
static_assert(static_cast<int>(model::receipt_kind::refused) == 2);
static_assert(static_cast<int>(model::receipt_kind::translated) == 3);
static_assert(static_cast<int>(model::receipt_kind::operator_action) == 4);
static_assert(static_cast<int>(model::receipt_kind::held) == 5);
static_assert(static_cast<int>(model::receipt_kind::reported) == 6);

template <class Code>
constexpr std::int64_t code(Code value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace liaison::store::sqlite
