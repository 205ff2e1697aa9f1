// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/retention_sweep.hpp"

#include "core/store/sqlite/codes.hpp"

#include <algorithm>
#include <cstring>

namespace liaison::store::sqlite {
namespace {

constexpr std::uint32_t removed_per_slice = 200;
constexpr std::uint32_t looked_at_per_slice = 1000;
/// Ids ascend with time but for clocks that were set: after so many young ones in a row the rest is taken for young.
constexpr std::uint32_t young_in_a_row_max = 1000;
constexpr std::uint32_t looked_at_per_removed_max = 20;
constexpr std::int64_t vacuumed_pages_per_slice = 256;
/// Free pages that are worth keeping for what comes next: giving them back and taking them again costs twice.
constexpr std::int64_t kept_pages_min = 64;
constexpr std::int64_t kept_pages_part = 20;

unix_ms youngest_age(const retention& policy) {
  unix_ms least = 0;
  for (const auto age : {policy.finished_after_ms, policy.quarantined_after_ms, policy.unrouted_after_ms}) {
    if (age > 0) least = least == 0 ? age : std::min(least, age);
  }
  return least;
}

bool is_past_age(unix_ms at, std::int64_t after_ms, unix_ms now) { return after_ms > 0 && at <= now - after_ms; }

}  // namespace

retention_sweep::retention_sweep(write_session& session, order_lines& lines, patient_rows& patients, kept_bytes& kept)
    : session_(session),
      lines_(lines),
      patients_(patients),
      kept_(kept),
      candidates_(session.database,
                  "SELECT id, state, received_at, size_bytes, in_file, order_key, aliases, "
                  "first_delivery, deliveries, segment, large_file FROM message "
                  "WHERE id>? ORDER BY id"),
      deliveries_(session.database,
                  "SELECT id, state, finished_at, recipient FROM delivery WHERE id>=?2 AND id<?2+?3 AND message=?1 "
                  "UNION ALL SELECT id, state, finished_at, recipient FROM delivery INDEXED BY delivery_replayed "
                  "WHERE message=?1 AND replayed=1"),
      remove_receipts_(session.database, "DELETE FROM receipt WHERE delivery=?"),
      remove_outcome_(session.database, "DELETE FROM outcome WHERE delivery=?"),
      forget_waits_(session.database, "DELETE FROM awaited WHERE message=?"),
      remove_delivery_(session.database, "DELETE FROM delivery WHERE id=?"),
      remove_content_(session.database, "DELETE FROM content WHERE message=?"),
      remove_message_(session.database, "DELETE FROM message WHERE id=?"),
      doom_(session.database, "INSERT INTO doomed_file VALUES(?)"),
      doomed_(session.database, "SELECT message FROM doomed_file LIMIT 1000"),
      undoom_(session.database, "DELETE FROM doomed_file WHERE message=?"),
      unneeded_(session.database,
                "SELECT kind, number, first_message, last_message FROM holder INDEXED BY holder_free WHERE needed_by=0"),
      nearly_free_(session.database,
                   "SELECT kind, number, first_message, last_message FROM holder WHERE needed_by*8<=written"),
      remove_holder_(session.database, "DELETE FROM holder WHERE kind=? AND number=?"),
      held_in_segment_(session.database, "SELECT id FROM message WHERE id BETWEEN ? AND ? AND segment=? LIMIT ?"),
      held_in_file_(session.database, "SELECT id FROM message WHERE id BETWEEN ? AND ? AND large_file=? LIMIT ?"),
      place_(session.database, std::string("SELECT m.size_bytes, ") + place_columns + " FROM message m WHERE m.id=?"),
      add_content_(session.database,
                   "INSERT INTO content VALUES(?,?,NULL,?) ON CONFLICT DO UPDATE SET facts=excluded.facts, raw=excluded.raw"),
      set_moved_(session.database,
                 "UPDATE message SET segment=NULL, record_at=NULL, record_bytes=NULL, large_file=NULL, large_at=NULL, "
                 "large_hash=NULL, in_file=? WHERE id=?") {}

void retention_sweep::begin() {
  phase_ = phase::removing;
  stop_at_ = position_;
  went_round_ = false;
  looked_at_ = 0;
  young_in_a_row_ = 0;
}

bool retention_sweep::slice(purge_request& what) {
  try {
    if (phase_ == phase::removing) {
      if (what.policy.messages_max == 0 || youngest_age(what.policy) == 0) {
        what.outcome = 0U;
        return true;
      }
      if (!remove_some(what)) return false;
      is_to_free_ = is_to_free_ || what.removed > 0;
      // While there is more to remove, room is given back by what goes as a whole.
      if (!is_to_free_ || what.removed >= what.policy.messages_max) {
        what.outcome = what.removed;
        return true;
      }
      is_to_free_ = false;
      phase_ = phase::freeing;
      return false;
    }
    if (phase_ == phase::freeing) {
      if (free_some()) phase_ = phase::vacuuming;
      return false;
    }
    if (!vacuum_some()) return false;
    session_.database.checkpoint();  // only now the file becomes shorter
    what.outcome = what.removed;
    return true;
  } catch (const storage_error& error) {
    session_.roll_back();
    what.outcome = as_write_failure(as_failure(error));
    return true;
  }
}

/// True: nothing is left to remove in this call.
bool retention_sweep::remove_some(purge_request& what) {
  bool at_end = false;
  model::message_id oldest = 0;
  session_.begin();
  const auto found = next_candidates(what, at_end);
  for (const auto& one : found) remove(one);
  if (!found.empty()) {
    session_.note_ids();
    oldest = session_.database.number("SELECT min(id) FROM message");
    lines_.forget_merges_before(oldest);
  }
  session_.commit();
  if (oldest > 0) session_.names.forget_before(oldest);
  what.removed += static_cast<std::uint32_t>(found.size());
  remove_doomed_files();
  remove_unneeded();
  return at_end || what.removed >= what.policy.messages_max ||
         looked_at_ >= std::uint64_t{what.policy.messages_max} * looked_at_per_removed_max + young_in_a_row_max;
}

std::vector<retention_sweep::candidate> retention_sweep::next_candidates(const purge_request& what, bool& at_end) {
  std::vector<candidate> found;
  const auto wanted = std::min(removed_per_slice, what.policy.messages_max - what.removed);
  const auto young_from = what.now - youngest_age(what.policy);
  auto rows = candidates_.with(position_);
  for (std::uint32_t looked_at = 0; looked_at < looked_at_per_slice && found.size() < wanted; ++looked_at) {
    const bool more = rows.next() && young_in_a_row_ < young_in_a_row_max;
    if (!more || (went_round_ && rows.integer(0) > stop_at_)) {
      position_ = 0;
      young_in_a_row_ = 0;
      at_end = went_round_ || stop_at_ == 0;
      went_round_ = true;
      return found;
    }
    candidate one;
    one.id = position_ = rows.integer(0);
    one.state = static_cast<model::message_state>(rows.integer(1));
    one.received_at = rows.integer(2);
    ++looked_at_;
    if (one.received_at > young_from) {
      ++young_in_a_row_;
      continue;
    }
    young_in_a_row_ = 0;
    if (!rows.is_null(5)) one.order_key = rows.integer(5);
    one.aliases = rows.text(6);
    one.first_delivery = rows.integer(7);
    one.deliveries = rows.integer(8);
    if (!is_past(one, what.policy, what.now)) continue;
    one.size_bytes = rows.integer(3);
    one.in_file = rows.integer(4);
    if (!rows.is_null(9)) one.segment = rows.integer(9);
    if (!rows.is_null(10)) one.large_file = rows.integer(10);
    found.push_back(std::move(one));
  }
  return found;
}

bool retention_sweep::is_past(const candidate& what, const retention& policy, unix_ms now) {
  bool any = false;
  unix_ms last_end = 0;
  auto rows = deliveries_.with(what.id, what.first_delivery, what.deliveries);
  while (rows.next()) {
    any = true;
    const auto state = static_cast<model::delivery_state>(rows.integer(1));
    if (state == model::delivery_state::pending || state == model::delivery_state::dead) return false;
    last_end = std::max(last_end, rows.integer(2));
  }
  // A later version must still find the line that it may not overtake, so a line is kept until all of it has ended.
  if (lines_.is_line_open(what.order_key, what.aliases)) return false;
  if (any) return is_past_age(last_end, policy.finished_after_ms, now);
  const bool quarantined = what.state == model::message_state::quarantined;
  return is_past_age(what.received_at, quarantined ? policy.quarantined_after_ms : policy.unrouted_after_ms, now);
}

void retention_sweep::remove(const candidate& what) {
  std::vector<model::delivery_id> deliveries;
  {
    auto rows = deliveries_.with(what.id, what.first_delivery, what.deliveries);
    while (rows.next()) {
      deliveries.push_back(rows.integer(0));
      session_.count(rows.integer(3), static_cast<model::delivery_state>(rows.integer(1)), -1);
    }
  }
  for (const auto id : deliveries) {
    remove_receipts_.run(id);
    remove_outcome_.run(id);
    remove_delivery_.run(id);
  }
  remove_content_.run(what.id);
  remove_message_.run(what.id);
  if (!what.aliases.empty()) forget_waits_.run(what.id);
  patients_.forget_message(what.id);
  if (what.segment) session_.let_go(holder_kind::segment, static_cast<std::uint64_t>(*what.segment));
  if (what.large_file) session_.let_go(holder_kind::large, static_cast<std::uint64_t>(*what.large_file));
  if (what.in_file != 0) {
    doom_.run(what.id);
    session_.count_file_bytes(-what.size_bytes);
  }
}

// Rows first, then files: a crash in between leaves files that the table still names, never a message without its
// bytes.
void retention_sweep::remove_doomed_files() {
  for (;;) {
    std::vector<model::message_id> doomed;
    {
      auto rows = doomed_.with();
      while (rows.next()) doomed.push_back(rows.integer(0));
    }
    if (doomed.empty()) return;
    for (const auto id : doomed) session_.files.remove(id);
    session_.begin();
    for (const auto id : doomed) undoom_.run(id);
    session_.commit();
  }
}

std::vector<retention_sweep::holder> retention_sweep::closed_of(statement& asked) {
  std::vector<holder> found;
  auto rows = asked.with();
  while (rows.next()) {
    const holder one{static_cast<holder_kind>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)),
                     rows.integer(2), rows.integer(3)};
    if (kept_.is_closed(one.kind, one.number)) found.push_back(one);
  }
  return found;
}

// The row goes last: a crash in between leaves a row that names no file, never a file that no row names.
void retention_sweep::remove_unneeded() {
  auto unneeded = closed_of(unneeded_);
  std::erase_if(unneeded, [&](const holder& one) { return !kept_.remove(one.kind, one.number); });
  if (unneeded.empty()) return;
  session_.begin();
  for (const auto& one : unneeded) remove_holder_.run(code(one.kind), static_cast<std::int64_t>(one.number));
  session_.commit();
}

/// What stays of segments and files that are nearly free is moved. True: none is left.
bool retention_sweep::free_some() {
  remove_unneeded();
  for (const auto& one : closed_of(nearly_free_)) {
    if (stuck_.contains({one.kind, one.number})) continue;
    if (!move_some(one)) stuck_.insert({one.kind, one.number});
    return false;
  }
  return true;
}

/// False: something of it cannot be moved.
bool retention_sweep::move_some(const holder& from) {
  std::vector<model::message_id> held;
  {
    auto& asked = from.kind == holder_kind::segment ? held_in_segment_ : held_in_file_;
    auto rows = asked.with(from.first, from.last, static_cast<std::int64_t>(from.number), std::int64_t{removed_per_slice});
    while (rows.next()) held.push_back(rows.integer(0));
  }
  session_.begin();
  const bool all = std::ranges::all_of(held, [&](model::message_id id) { return move(id); });
  session_.commit();
  return all && !held.empty();
}

/// Into a row of its own; what is large, into a file of its own. False: the disk changed it.
bool retention_sweep::move(model::message_id id) {
  std::optional<kept_place> where;
  std::int64_t size_bytes = 0;
  {
    auto row = place_.with(id);
    if (row.next()) where = place_in(row, 1);
    if (!where) return true;
    size_bytes = row.integer(0);
  }
  kept_content content;
  try {
    content = kept_.content(where->record);
    if (where->payload) content.raw = kept_.raw(*where->payload, static_cast<std::uint64_t>(size_bytes));
  } catch (const storage_error&) {
    return false;
  }
  std::optional<blob> raw;
  if (where->payload) {
    session_.files.write(id, content.raw);
    session_.count_file_bytes(size_bytes);
    session_.let_go(holder_kind::large, where->payload->file);
  } else {
    raw = blob{content.raw};
  }
  add_content_.run(id, content.facts_json, raw);
  set_moved_.run(std::int64_t{where->payload.has_value()}, id);
  session_.let_go(holder_kind::segment, where->record.segment);
  return true;
}

/// True: as many pages are free as are worth keeping.
bool retention_sweep::vacuum_some() {
  const auto free = session_.database.number("PRAGMA freelist_count");
  const auto kept = std::max(kept_pages_min, session_.database.number("PRAGMA page_count") / kept_pages_part);
  if (free <= kept) return true;
  const auto pages = std::min(vacuumed_pages_per_slice, free - kept);
  session_.database.execute("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
  return false;
}

}  // namespace liaison::store::sqlite
