// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/delivery_writer.hpp"

#include "core/identity/patient_index.hpp"

#include <algorithm>
#include <utility>

namespace liaison::store::sqlite {
namespace {

using state = model::delivery_state;

/// `expire` passes over so many deliveries that a person retried, for each that it may end.
constexpr std::uint32_t passed_over_max = 100;

failure not_found() { return {"not-found", "the store has nothing under this id"}; }
failure wrong_state() { return {"wrong-state", "the delivery is already over"}; }

bool is_open(state which) { return which == state::pending || which == state::dead; }

}  // namespace

delivery_writer::delivery_writer(write_session& session, order_lines& lines, patient_rows& patients)
    : session_(session),
      lines_(lines),
      patients_(patients),
      add_(
          session.database,
          "INSERT INTO delivery(id, message, recipient, format, profile, order_key, state, lane, attempts, created_at, "
          "waits_since, next_attempt_at, finished_at, prepared, receipts, replayed, turn, reports) "
          "VALUES(?1,?2,?3,?4,?5,?6,0,?7,0,?8,?8,?8,0,0,0,?9,?10,?11)"),
      read_(session.database,
            "SELECT recipient, order_key, state, lane, attempts, waits_since, next_attempt_at, finished_at, prepared, "
            "receipts, last_error, turn, reports, message FROM delivery WHERE id=?"),
      write_(session.database,
             "UPDATE delivery SET state=?2, lane=?3, attempts=?4, waits_since=?5, next_attempt_at=?6, finished_at=?7, "
             "prepared=?8, receipts=?9, last_error=?10 WHERE id=?1"),
      add_receipt_(session.database, "INSERT INTO receipt VALUES(?,?,?,?,?,?)"),
      drop_receipt_(session.database,
                    "DELETE FROM receipt WHERE delivery=?1 AND number="
                    "(SELECT number FROM receipt WHERE delivery=?1 AND kind=?2 ORDER BY number LIMIT 1 OFFSET ?3) "
                    "AND (SELECT count(*) FROM receipt WHERE delivery=?1 AND kind=?2)>=2*?3"),
      add_outcome_(session.database, "INSERT OR IGNORE INTO outcome VALUES(?)"),
      settle_outcome_(session.database, "DELETE FROM outcome WHERE delivery=?"),
      read_message_(session.database, "SELECT order_key, aliases FROM message WHERE id=?"),
      set_routed_(session.database, "UPDATE message SET state=0 WHERE id=? AND state=1"),
      oldest_(session.database,
              "SELECT id, created_at, waits_since FROM delivery INDEXED BY delivery_waiting "
              "WHERE recipient=? AND lane=? ORDER BY id") {}

model::delivery_id delivery_writer::add(model::message_id message, const new_delivery& what, const position& where,
                                        unix_ms now, made how) {
  const auto id = session_.new_delivery_id();
  const auto recipient = session_.number_of(what.recipient);
  const place here{where.turn != 0 ? where.turn : id * turns_apart, id};
  auto in = lane::due;
  if (where.key && where.may_wait) {
    const auto first = lines_.first_of(recipient, *where.key);
    if (first.id != 0 && first < here) in = lane::behind;
  }
  if (where.awaits) in = lane::awaiting;
  add_.run(id, message, recipient, session_.number_of(what.format), session_.number_of(what.profile), where.key,
           code(in), now, std::int64_t{how == made::by_replay}, here.turn, std::int64_t{what.reports});
  session_.count(recipient, state::pending, 1);
  return id;
}

std::optional<delivery_writer::row> delivery_writer::read(model::delivery_id id) {
  auto found = read_.with(id);
  if (!found.next()) return std::nullopt;
  row kept;
  kept.id = id;
  kept.recipient = found.integer(0);
  if (!found.is_null(1)) kept.key = found.integer(1);
  kept.state = static_cast<state>(found.integer(2));
  kept.lane = static_cast<lane>(found.integer(3));
  kept.attempts = found.integer(4);
  kept.waits_since = found.integer(5);
  kept.next_attempt_at = found.integer(6);
  kept.finished_at = found.integer(7);
  kept.prepared = found.integer(8);
  kept.receipts = found.integer(9);
  kept.last_error = found.text(10);
  kept.turn = found.integer(11);
  kept.reports = found.integer(12);
  kept.message = found.integer(13);
  return kept;
}

void delivery_writer::write(const row& what, state before) {
  std::optional<std::string_view> error;
  if (!what.last_error.empty()) error = what.last_error;
  std::optional<std::int64_t> waits_in;
  if (what.lane != lane::none) waits_in = code(what.lane);
  write_.run(what.id, code(what.state), waits_in, what.attempts, what.waits_since, what.next_attempt_at,
             what.finished_at, what.prepared, what.receipts, error);
  if (what.state == before) return;
  session_.count(what.recipient, before, -1);
  session_.count(what.recipient, what.state, 1);
}

lane delivery_writer::lane_of(const row& what, unix_ms now) {
  if (what.key) {
    const auto first = lines_.first_of(what.recipient, *what.key);
    if (first.id != 0 && first < place{what.turn, what.id}) return lane::behind;
  }
  return what.next_attempt_at > now ? lane::put_off : lane::due;
}

void delivery_writer::end(row& what, state how, unix_ms now) {
  const auto before = std::exchange(what.state, how);
  what.lane = lane::none;
  what.finished_at = now;
  write(what, before);
  if (what.reports != 0) add_outcome_.run(what.id);
  if (what.key && is_open(before) && !is_open(how)) lines_.let_next_go(what.recipient, *what.key, now);
}

void delivery_writer::add_receipts(row& to, const std::vector<model::receipt>& receipts) {
  const std::int64_t kept = session_.options.receipts_kept;
  for (const auto& what : receipts) {
    if (to.receipts >= 2 * kept) drop_receipt_.run(to.id, code(what.kind), kept);
    add_receipt_.run(to.id, to.receipts++, what.at, code(what.kind), what.code, what.text);
  }
}

result<done> delivery_writer::apply(const delivery_update& what) {
  auto found = read(what.id);
  if (!found) return not_found();
  auto& kept = *found;
  const auto now = session_.time.now();
  const bool delivered = what.state == state::delivered;
  add_receipts(kept, what.receipts);
  if (kept.state != state::pending && (!delivered || kept.state == state::delivered)) {
    if (!what.receipts.empty()) write(kept, kept.state);
    return done{};
  }
  if (what.count_attempt) ++kept.attempts;
  if (what.prepared) kept.prepared = *what.prepared ? 1 : 0;
  if (!what.error.empty() || delivered) kept.last_error = what.error;
  if (delivered && what.leaves_the_house) identity::patient_index(patients_).letter_left(kept.message, now);
  if (what.state != state::pending) {
    end(kept, what.state, now);
    return done{};
  }
  kept.next_attempt_at = what.next_attempt_at;
  if (kept.lane != lane::awaiting) kept.lane = lane_of(kept, now);
  write(kept, kept.state);
  return done{};
}

result<done> delivery_writer::retry(model::delivery_id id, unix_ms now) {
  auto found = read(id);
  if (!found) return not_found();
  if (!is_open(found->state)) return wrong_state();
  const auto before = std::exchange(found->state, state::pending);
  found->next_attempt_at = found->waits_since = now;
  found->finished_at = 0;
  found->lane = lane_of(*found, now);
  write(*found, before);
  return done{};
}

result<done> delivery_writer::cancel(model::delivery_id id, unix_ms now) {
  auto found = read(id);
  if (!found) return not_found();
  if (!is_open(found->state)) return wrong_state();
  end(*found, state::cancelled, now);
  return done{};
}

result<std::vector<model::delivery_id>> delivery_writer::replay(model::message_id id,
                                                                const std::vector<new_delivery>& deliveries,
                                                                unix_ms now) {
  std::optional<std::int64_t> key;
  {
    auto found = read_message_.with(id);
    if (!found.next()) return not_found();
    std::optional<std::int64_t> at_first;
    if (!found.is_null(0)) at_first = found.integer(0);
    key = lines_.key_now(at_first, found.bytes(1));
  }
  std::vector<model::delivery_id> ids;
  for (const auto& what : deliveries) ids.push_back(add(id, what, {key}, now, made::by_replay));
  if (!ids.empty()) set_routed_.run(id);
  return ids;
}

bool delivery_writer::is_held(const row& what) {
  if (what.state == state::pending) return what.lane == lane::awaiting;
  return what.state == state::dead && what.last_error.starts_with(original_missing);
}

void delivery_writer::give_up(model::delivery_id id, std::string_view code, std::string_view text, unix_ms now) {
  auto found = read(id);
  if (!found || found->state != state::pending) return;
  found->last_error = std::string(code) + ": " + std::string(text);
  add_receipts(*found, {{id, now, model::receipt_kind::held, std::string(code), std::string(text)}});
  end(*found, state::dead, now);
}

bool delivery_writer::let_go(model::delivery_id id, std::string_view code, std::string_view text, unix_ms now) {
  auto found = read(id);
  if (!found || !is_held(*found)) return false;
  const auto before = std::exchange(found->state, state::pending);
  found->next_attempt_at = found->waits_since = now;
  found->finished_at = 0;
  found->last_error.clear();
  found->lane = lane_of(*found, now);
  add_receipts(*found, {{id, now, model::receipt_kind::held, std::string(code), std::string(text)}});
  write(*found, before);
  return true;
}

std::optional<place> delivery_writer::place_when_awaiting(model::delivery_id id) {
  const auto found = read(id);
  if (!found || !is_held(*found)) return std::nullopt;
  return place{found->turn, id};
}

bool delivery_writer::settle(model::delivery_id id) {
  settle_outcome_.run(id);
  return session_.database.changes() > 0;
}

std::uint32_t delivery_writer::expire(const expire_request& what) {
  const auto recipient = session_.number_of(what.recipient);
  std::vector<model::delivery_id> old;
  for (const auto which : {lane::due, lane::put_off, lane::behind, lane::awaiting}) {
    std::uint64_t left = what.limit;
    std::uint64_t may_pass = std::uint64_t{what.limit} * passed_over_max;
    auto rows = oldest_.with(recipient, code(which));
    // Ids ascend with time: the first one that is young ends the search.
    while (left > 0 && may_pass > 0 && rows.next() && rows.integer(1) < what.created_before) {
      if (rows.integer(2) >= what.created_before) {
        --may_pass;
        continue;
      }
      old.push_back(rows.integer(0));
      --left;
    }
  }
  std::ranges::sort(old);
  if (old.size() > what.limit) old.resize(what.limit);
  for (const auto id : old) {
    auto found = read(id);
    if (!found) continue;
    // It goes on when the document comes all the same.
    if (found->lane == lane::awaiting)
      found->last_error = std::string(original_missing) + ": the document has not come";
    end(*found, state::dead, what.now);
  }
  return static_cast<std::uint32_t>(old.size());
}

}  // namespace liaison::store::sqlite
