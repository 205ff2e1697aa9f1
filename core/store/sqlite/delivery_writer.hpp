// SPDX-License-Identifier: Apache-2.0
// Deliveries as they are made, tried, ended, retried, cancelled, replayed and given up. Every call is one operation
// within the writer's transaction and throws storage_error. Thread: the writer's.
#pragma once

#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/order_lines.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/write_session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace liaison::store::sqlite {

class delivery_writer {
 public:
  delivery_writer(write_session& session, order_lines& lines);

  enum class made { at_intake, by_replay };

  /// `may_wait` false: nothing earlier can be in the line, so it is not looked for.
  model::delivery_id add(model::message_id message, const new_delivery& what, std::optional<std::int64_t> key,
                         unix_ms now, bool may_wait, made how);

  result<done> apply(const delivery_update& what);
  result<done> retry(model::delivery_id id, unix_ms now);
  result<done> cancel(model::delivery_id id, unix_ms now);
  result<std::vector<model::delivery_id>> replay(model::message_id id, const std::vector<new_delivery>& deliveries,
                                                 unix_ms now);
  std::uint32_t expire(const expire_request& what);

 private:
  struct row {
    model::delivery_id id = 0;
    std::int64_t recipient = 0;
    std::optional<std::int64_t> key;
    model::delivery_state state = model::delivery_state::pending;
    sqlite::lane lane = lane::none;
    std::int64_t attempts = 0, waits_since = 0, next_attempt_at = 0, finished_at = 0, prepared = 0, receipts = 0;
    std::string last_error;
  };
  std::optional<row> read(model::delivery_id id);
  void write(const row& what, model::delivery_state before);
  void add_receipts(row& to, const std::vector<model::receipt>& receipts);
  lane lane_of(const row& what, unix_ms now);
  void end(row& what, model::delivery_state state, unix_ms now);

  write_session& session_;
  order_lines& lines_;
  statement add_, read_, write_;
  statement add_receipt_, drop_receipt_;
  statement read_message_, set_routed_, oldest_;
};

}  // namespace liaison::store::sqlite
