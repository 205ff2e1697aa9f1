// SPDX-License-Identifier: Apache-2.0
// Messages, deliveries and receipts: plain values, the words of the architecture.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/clock.hpp"
#include "core/model/issue.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace liaison::model {

using message_id = std::int64_t;   ///< ascending in the order of arrival; 0 is none
using delivery_id = std::int64_t;  ///< ascending; 0 is none

/// What became of a message at intake.
enum class message_state : std::uint8_t {
  routed,       ///< at least one delivery was made
  unrouted,     ///< no rule took it: kept and shown, never dropped
  quarantined,  ///< could not be processed: kept whole, the sender was told so
};
const char* name_of(message_state state);

/// One unit received. The bytes are kept beside it and never change.
struct message {
  message_id id = 0;
  std::string source;  ///< endpoint that it came in by
  std::string peer;    ///< "127.0.0.1:40412", or the file's name
  unix_ms received_at = 0;
  message_state state = message_state::unrouted;
  std::string format;
  std::string sha256;
  std::uint64_t size_bytes = 0;
  std::string control_id;  ///< of the message in its own format; may be empty, and need not be unique
  std::string facts_json;  ///< "{}" when none could be read
  std::vector<issue> issues;
  std::uint32_t times_received = 1;  ///< the same bytes under the same control id, counted
};

/// A name under which a message, or a part of it, is found again. The store keeps a hash of the text only.
struct mark {
  std::string text;
  std::int32_t part = 0;  ///< what the caller counts: an entry of a Bundle; 0: the message as a whole
};

enum class delivery_state : std::uint8_t {
  pending,    ///< waits for its turn, its time or its predecessor
  delivered,  ///< the recipient accepted it
  dead,       ///< dead letter: gave up, waits for a person, and holds what must not overtake it
  cancelled,  ///< a person said so
};
const char* name_of(delivery_state state);

/// One message to one recipient.
struct delivery {
  delivery_id id = 0;
  message_id message = 0;
  std::string recipient;  ///< endpoint
  std::string format;
  std::string profile;
  std::string order_key;  ///< deliveries of one recipient with the same key go one after another; empty: no order
  delivery_state state = delivery_state::pending;
  std::uint32_t attempts = 0;
  unix_ms created_at = 0;
  unix_ms waits_since = 0;  ///< created, let go by what it waited for, or retried by a person: from then on its time counts
  unix_ms next_attempt_at = 0;
  unix_ms finished_at = 0;
  bool awaits_document = false;  ///< held back: the document that it replaces or removes has not come
  bool prepared = false;  ///< a folder: the file is written under its temporary name, only the renaming is left
  std::string last_error;  ///< why the last attempt failed; without patient data
};

enum class receipt_kind : std::uint8_t {
  attempt_failed,  ///< not taken; will be tried again
  accepted,        ///< the recipient has it: AA, 2xx, the file is in place
  refused,         ///< the recipient will not have it: AE, 4xx
  translated,      ///< the translation's summary: account of leaves, translator and version
  operator_action, ///< a person's retry, cancel or replay
  held,            ///< waited for a document that had not come: what ended that
  reported,        ///< its end was told to the sender: a business acknowledgement
};
const char* name_of(receipt_kind kind);

/// What came back for a delivery, or happened to it.
struct receipt {
  delivery_id delivery = 0;
  unix_ms at = 0;
  receipt_kind kind = receipt_kind::attempt_failed;
  std::string code;  ///< "AA", "201", "io-error"
  std::string text;  ///< without patient data
};

}  // namespace liaison::model
