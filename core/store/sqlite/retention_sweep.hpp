// SPDX-License-Identifier: Apache-2.0
// Retention: removes messages that are past their time, then gives the room back to the file system: segments and files
// that no message needs any more go at once, and what few still need of one is written elsewhere first. It works in slices
// of a few milliseconds, each a transaction of its own, between the groups of the writer. Thread: the writer's.
#pragma once

#include "core/store/sqlite/kept_bytes.hpp"
#include "core/store/sqlite/order_lines.hpp"
#include "core/store/sqlite/patient_rows.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/write_session.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace liaison::store::sqlite {

class retention_sweep {
 public:
  retention_sweep(write_session& session, order_lines& lines, patient_rows& patients, kept_bytes& kept);

  void begin();
  /// True: all is done and `what` has its outcome.
  bool slice(purge_request& what);
  /// Files whose messages are gone, from before a crash.
  void remove_doomed_files();

 private:
  struct candidate {
    model::message_id id = 0;
    model::message_state state = model::message_state::routed;
    unix_ms received_at = 0;
    std::int64_t first_delivery = 0, deliveries = 0;  ///< those of the intake
    std::int64_t size_bytes = 0, in_file = 0;
    std::optional<std::int64_t> order_key, segment, large_file;
    std::string aliases;
  };
  struct holder {
    holder_kind kind = holder_kind::segment;
    std::uint64_t number = 0;
    model::message_id first = 0, last = 0;
  };
  enum class phase : std::uint8_t { removing, freeing, vacuuming };

  bool remove_some(purge_request& what);
  std::vector<candidate> next_candidates(const purge_request& what, bool& at_end);
  bool is_past(const candidate& what, const retention& policy, unix_ms now);
  void remove(const candidate& what);
  bool free_some();
  void remove_unneeded();
  std::vector<holder> closed_of(statement& asked);
  bool move_some(const holder& from);
  bool move(model::message_id id);
  bool vacuum_some();

  write_session& session_;
  order_lines& lines_;
  patient_rows& patients_;
  kept_bytes& kept_;
  statement candidates_, deliveries_, remove_receipts_, remove_outcome_, forget_waits_, remove_delivery_, remove_content_, remove_message_;
  statement doom_, doomed_, undoom_;
  statement unneeded_, nearly_free_, remove_holder_, held_in_segment_, held_in_file_, place_, add_content_, set_moved_;

  phase phase_ = phase::removing;
  bool is_to_free_ = false;  ///< messages were removed since room was given back
  model::message_id position_ = 0;  ///< messages up to here have been looked at; kept from call to call
  model::message_id stop_at_ = 0;   ///< after going round: where this call began
  bool went_round_ = false;
  std::uint32_t looked_at_ = 0;
  std::uint32_t young_in_a_row_ = 0;
  std::set<std::pair<holder_kind, std::uint64_t>> stuck_;  ///< with bytes that the disk changed: left as they are
};

}  // namespace liaison::store::sqlite
