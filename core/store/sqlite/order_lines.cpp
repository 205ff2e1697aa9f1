// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/order_lines.hpp"

#include "core/store/line_order.hpp"
#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <cstring>
#include <limits>
#include <vector>

namespace liaison::store::sqlite {
namespace {

/// Two lines that both have more open deliveries than this stay two: moving one would hold up the store.
constexpr std::int64_t merged_deliveries_max = 1000;

constexpr std::int64_t set_right_max = 200;

}  // namespace

order_lines::order_lines(write_session& session)
    : session_(session),
      find_merged_(session.database, "SELECT into_key FROM merged_key WHERE key=?"),
      add_merged_(session.database, "INSERT OR REPLACE INTO merged_key VALUES(?,?,?)"),
      shorten_merged_(session.database, "UPDATE merged_key SET into_key=? WHERE key=?"),
      forget_merged_(session.database, "DELETE FROM merged_key WHERE message<?"),
      first_(
          session.database,
          "SELECT turn, id FROM delivery INDEXED BY delivery_line WHERE recipient=? AND order_key=? AND state IN (0,2) "
          "ORDER BY turn, id LIMIT 1"),
      count_(session.database,
             "SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY delivery_line "
             "WHERE recipient=? AND order_key=? AND state IN (0,2) LIMIT ?)"),
      move_(session.database,
            "UPDATE delivery INDEXED BY delivery_line SET order_key=? WHERE recipient=? AND order_key=? AND state IN "
            "(0,2)"),
      put_behind_(session.database, "UPDATE delivery SET lane=3 WHERE id=? AND state=0 AND lane<>4"),
      read_lane_(session.database, "SELECT lane, next_attempt_at FROM delivery WHERE id=?"),
      let_go_(session.database, "UPDATE delivery SET lane=? WHERE id=?"),
      read_line_(session.database,
                 "SELECT d.id, d.turn, m.aliases FROM delivery d INDEXED BY delivery_line CROSS JOIN message m ON "
                 "m.id=d.message WHERE d.recipient=? AND d.order_key=? AND d.state IN (0,2) ORDER BY d.turn, d.id LIMIT ?"),
      set_turn_(session.database, "UPDATE delivery SET turn=? WHERE id=?") {}

std::int64_t order_lines::follow(std::int64_t key) {
  std::vector<std::int64_t> passed;
  for (;;) {
    auto row = find_merged_.with(key);
    if (!row.next()) break;
    passed.push_back(key);
    key = row.integer(0);
  }
  // Chains are made short when they are walked, so that whoever sends long ones pays for each of them once.
  if (!passed.empty()) passed.pop_back();
  for (const auto old : passed) shorten_merged_.run(key, old);
  return key;
}

std::optional<order_key> order_lines::key_for(const intake& what, model::message_id id) {
  std::int64_t names[3];
  std::size_t count = 0;
  for (const auto* text : {&what.replaces, &what.set_id, &what.document_id}) {
    if (!text->empty()) names[count++] = name_of(*text);
  }
  if (count == 0) {
    if (what.subject_key.empty()) return std::nullopt;
    const auto hash = session_.hash_of("subject", what.subject_key);
    order_key of_subject;
    of_subject.value = hash | std::numeric_limits<std::int64_t>::min();
    return of_subject;
  }
  order_key found;
  found.is_new = true;
  bool came[3] = {};
  for (std::size_t i = 0; i < count; ++i) {
    const auto known = session_.names.find_alias(names[i]);
    if (!known) continue;
    came[i] = known->came;
    const auto key = follow(known->key);
    if (found.is_new) {
      found.value = key;
      found.is_new = false;
    } else if (key != found.value) {
      merge(found.value, key, id);
    }
  }
  if (found.is_new) found.value = id;
  note_missing(what, found);
  if (!what.document_id.empty() && !what.removes) {
    found.brought = names[count - 1];
    came[count - 1] = true;
  }
  found.aliases = message_names::bytes_of(names, came, count, found.brought.has_value());
  for (std::size_t i = 0; i < count; ++i) session_.names.set_alias(names[i], {found.value, came[i]}, id);
  return found;
}

std::int64_t order_lines::name_of(std::string_view text) const { return session_.hash_of(document_kind, text); }

void order_lines::note_missing(const intake& what, order_key& of) {
  if (what.waits_until == 0 || (!what.removes && what.replaces == what.document_id)) return;
  for (const auto* text : {&what.replaces, what.removes ? &what.document_id : &what.replaces}) {
    if (text->empty()) continue;
    const auto name = name_of(*text);
    const auto known = session_.names.find_alias(name);
    if (known && known->came) {
      of.missing.clear();
      return;
    }
    if (of.missing.empty() || of.missing.front() != name) of.missing.push_back(name);
  }
}

std::optional<std::int64_t> order_lines::key_now(std::optional<std::int64_t> at_first, std::string_view aliases) {
  std::int64_t name = 0;
  for (; aliases.size() >= sizeof(name); aliases.remove_prefix(sizeof(name))) {
    std::memcpy(&name, aliases.data(), sizeof(name));
    if (const auto known = session_.names.find_alias(name)) return follow(known->key);
  }
  return at_first;
}

bool order_lines::is_line_open(std::optional<std::int64_t> at_first, std::string_view aliases) {
  if (aliases.empty()) return false;  // a subject's name is its key: nothing is forgotten with a message
  const auto key = key_now(at_first, aliases);
  return key && open_deliveries(*key) > 0;
}

// The documents tie two lines that were apart: from now on they are one, under the key of the longer one.
void order_lines::merge(std::int64_t& key, std::int64_t other, model::message_id by) {
  const auto here = open_deliveries(key);
  const auto there = open_deliveries(other);
  if (here > merged_deliveries_max && there > merged_deliveries_max) return;
  if (there > here) std::swap(key, other);
  move(other, key);
  add_merged_.run(other, key, by);
}

std::int64_t order_lines::open_deliveries(std::int64_t key) {
  std::int64_t found = 0;
  for (const auto recipient : session_.recipients()) {
    auto row = count_.with(recipient, key, merged_deliveries_max + 1);
    if (row.next()) found += row.integer(0);
    if (found > merged_deliveries_max) break;
  }
  return found;
}

void order_lines::move(std::int64_t from, std::int64_t to) {
  for (const auto recipient : session_.recipients()) {
    const auto first_there = first_of(recipient, to);
    const auto first_here = first_of(recipient, from);
    if (first_here.id == 0) continue;
    move_.run(to, recipient, from);
    // Each line had one that could go; the later of the two no longer can.
    if (first_there.id != 0) put_behind_.run(std::max(first_here, first_there).id);
  }
}

place order_lines::first_of(std::int64_t recipient, std::int64_t key) {
  auto row = first_.with(recipient, key);
  return row.next() ? place{row.integer(0), row.integer(1)} : place{};
}

void order_lines::let_next_go(std::int64_t recipient, std::int64_t key, unix_ms now) {
  const auto id = first_of(recipient, key).id;
  if (id == 0) return;
  lane to = lane::due;
  {
    auto row = read_lane_.with(id);
    if (!row.next() || row.integer(0) != code(lane::behind)) return;
    if (row.integer(1) > now) to = lane::put_off;
  }
  let_go_.run(code(to), id);
}

void order_lines::set_right(std::int64_t recipient, std::int64_t key, unix_ms now) {
  std::vector<place> places;
  std::vector<line_entry<std::int64_t>> line;
  {
    auto rows = read_line_.with(recipient, key, set_right_max);
    while (rows.next()) {
      places.push_back({rows.integer(1), rows.integer(0)});
      line_entry<std::int64_t>& entry = line.emplace_back();
      const message_names names(rows.is_null(2) ? std::string_view() : rows.bytes(2));
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names.brought(i)) entry.brings = names[i];
        else entry.follows.push_back(names[i]);
      }
    }
  }
  const auto order = line_order(line);
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != i) set_turn_.run(places[i].turn, places[order[i]].id);
  if (order.empty() || order.front() == 0) return;
  put_behind_.run(places.front().id);
  let_next_go(recipient, key, now);
}

void order_lines::forget_merges_before(model::message_id oldest) { forget_merged_.run(oldest); }

}  // namespace liaison::store::sqlite
