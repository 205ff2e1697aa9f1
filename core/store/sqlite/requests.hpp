// SPDX-License-Identifier: Apache-2.0
// The writing calls of the contract as values: they queue, are applied in a group, and carry their outcome to the
// callback.
#pragma once

#include "core/store/sqlite/disk.hpp"
#include "core/store/sqlite/kept_bytes.hpp"
#include "core/store/sqlite/sqlite_store.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace liaison::store::sqlite {

/// An intake is 900 bytes; what queues holds it by its address, so that a request stays small and is moved cheaply. Never empty
/// until its outcome is told.
using intake_box = std::unique_ptr<intake>;

template <class Value>
struct answerable {
  callback<result<Value>> then;
  std::optional<result<Value>> outcome;
};

struct take_in_request {
  intake_box what;
  callback<intake_outcome> then;
  std::optional<intake_outcome> outcome;
};

/// A record of the journal that gets its rows.
struct filing_request {
  std::uint64_t number = 0;
  intake_box what;
  kept_place place;
  std::optional<intake_outcome> outcome;
};

struct update_request : answerable<done> {
  delivery_update what;
};

struct retry_request : answerable<done> {
  model::delivery_id id = 0;
  unix_ms now = 0;
};

struct cancel_request : answerable<done> {
  model::delivery_id id = 0;
  unix_ms now = 0;
};

struct replay_request : answerable<std::vector<model::delivery_id>> {
  model::message_id id = 0;
  std::vector<new_delivery> deliveries;
  unix_ms now = 0;
};

struct expire_request : answerable<std::uint32_t> {
  std::string recipient;
  unix_ms created_before = 0, now = 0;
  std::uint32_t limit = 0;
};

struct end_waits_request : answerable<std::vector<std::string>> {
  unix_ms now = 0;
  unawaited how = unawaited::dead;
  std::uint32_t limit = 0;
};

/// Answered when what was kept before it has its rows.
struct filed_request : answerable<done> {};

struct settle_request : answerable<std::vector<intake_outcome>> {
  model::delivery_id ended = 0;
  std::vector<intake> follows;
};

struct patients_request : answerable<done> {
  std::function<void(identity::patient_table&)> change;
};

using request = std::variant<take_in_request, filing_request, update_request, retry_request, cancel_request, replay_request,
                             expire_request, end_waits_request, filed_request, settle_request,
                             patients_request>;

/// Not part of a group: it goes in slices between groups.
struct purge_request : answerable<std::uint32_t> {
  retention policy;
  unix_ms now = 0;
  std::uint32_t removed = 0;
  bool begun = false;
};

/// It is in the store, now or from before.
inline bool is_kept(const intake_outcome& outcome) {
  return outcome.verdict != intake_verdict::full && outcome.verdict != intake_verdict::failed;
}

/// Why nothing more may be taken in; none: there is room.
inline std::optional<failure> room_is_short(const sqlite_options& options) {
  if (options.free_bytes_min == 0) return std::nullopt;
  const auto room = free_bytes_at(options.directory);
  if (!room || *room >= options.free_bytes_min) return std::nullopt;
  return failure{"store-full", "less room is left on the store's disk than is kept in reserve"};
}

inline intake_outcome refused_intake(const failure& why) {
  intake_outcome outcome;
  outcome.verdict = why.code == "store-full" ? intake_verdict::full : intake_verdict::failed;
  outcome.text = why.text;
  return outcome;
}

/// The contract knows two ways to say no to a write.
inline failure as_write_failure(const failure& why) {
  return why.code == "store-full" ? why : failure{"store-failed", why.text};
}

}  // namespace liaison::store::sqlite
