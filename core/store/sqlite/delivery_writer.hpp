// SPDX-License-Identifier: Apache-2.0
// Deliveries as they are made, tried, ended, retried, cancelled, replayed and given up. Every call is one operation
// within the writer's transaction and throws storage_error. Thread: the writer's.
#pragma once

#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/order_lines.hpp"
#include "core/store/sqlite/patient_rows.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/write_session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace liaison::store::sqlite {

class delivery_writer {
 public:
  delivery_writer(write_session& session, order_lines& lines, patient_rows& patients);

  enum class made { at_intake, by_replay };

  /// Where a new delivery goes.
  struct position {
    std::optional<std::int64_t> key;
    bool may_wait = true;   ///< false: nothing earlier can be in the line, so it is not looked for
    bool awaits = false;    ///< the document that it replaces or removes has not come
    std::int64_t turn = 0;  ///< 0: at the end
  };
  model::delivery_id add(model::message_id message, const new_delivery& what, const position& where, unix_ms now,
                         made how);

  /// Ends a delivery that must not be made any more, as a dead letter.
  void give_up(model::delivery_id id, std::string_view code, std::string_view text, unix_ms now);
  /// A delivery that waits for a document, or gave up waiting: it goes on. False: it is something else by now.
  bool let_go(model::delivery_id id, std::string_view code, std::string_view text, unix_ms now);
  std::optional<place> place_when_awaiting(model::delivery_id id);

  /// From the outcomes; false: it is not there.
  bool settle(model::delivery_id id);

  result<done> apply(const delivery_update& what);
  result<done> retry(model::delivery_id id, unix_ms now);
  result<done> cancel(model::delivery_id id, unix_ms now);
  result<std::vector<model::delivery_id>> replay(model::message_id id, const std::vector<new_delivery>& deliveries,
                                                 unix_ms now);
  std::uint32_t expire(const expire_request& what);

 private:
  struct row {
    model::delivery_id id = 0;
    model::message_id message = 0;
    std::int64_t recipient = 0;
    std::optional<std::int64_t> key;
    model::delivery_state state = model::delivery_state::pending;
    sqlite::lane lane = lane::none;
    std::int64_t attempts = 0, waits_since = 0, next_attempt_at = 0, finished_at = 0, prepared = 0, receipts = 0;
    std::int64_t turn = 0, reports = 0;
    std::string last_error;
  };
  std::optional<row> read(model::delivery_id id);
  void write(const row& what, model::delivery_state before);
  void add_receipts(row& to, const std::vector<model::receipt>& receipts);
  lane lane_of(const row& what, unix_ms now);
  static bool is_held(const row& what);
  void end(row& what, model::delivery_state state, unix_ms now);

  write_session& session_;
  order_lines& lines_;
  patient_rows& patients_;
  statement add_, read_, write_;
  statement add_receipt_, drop_receipt_, add_outcome_, settle_outcome_;
  statement read_message_, set_routed_, oldest_;
};

}  // namespace liaison::store::sqlite
