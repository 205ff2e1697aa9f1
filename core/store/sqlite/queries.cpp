// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/queries.hpp"

#include "core/base/digest.hpp"
#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/intake_writer.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace liaison::store::sqlite {
namespace {

constexpr std::uint32_t listed_max = 1000;
constexpr std::size_t raw_with_work_max = 16 * 1024;
constexpr std::size_t names_cached_max = 4096;
constexpr std::size_t aliases_looked_at_max = 64;
constexpr int merges_max = 1000;  ///< in a row, so that a damaged table ends
/// For message_in. What the journal holds has no content of its own, or issues only.
const std::string message_columns =
    std::string("m.id, m.source, m.peer, m.received_at, m.state, m.format, m.sha256, m.size_bytes, m.control_id, "
                "m.times_received, c.facts, c.issues, ") + place_columns + ' ';
constexpr const char* with_content = "LEFT JOIN content c ON c.message=m.id ";
/// Facts that the disk has changed.
constexpr const char* no_facts = "{}";

/// Of message ?1: those of its intake, whose ids are in a row, and replays.
constexpr const char* deliveries_of_message =
    "(SELECT id, recipient, state FROM delivery WHERE id BETWEEN (SELECT first_delivery FROM message WHERE id=?1) "
    "AND (SELECT first_delivery+deliveries-1 FROM message WHERE id=?1) AND message=?1 "
    "UNION ALL SELECT id, recipient, state FROM delivery INDEXED BY delivery_replayed WHERE message=?1 AND "
    "replayed=1) ";
constexpr model::delivery_id above_all = std::numeric_limits<model::delivery_id>::max();

std::string key_text(std::int64_t key) {
  std::string text;
  append_hex(text, static_cast<std::uint64_t>(key), 16);
  return text;
}

failure not_found() { return {"not-found", "the store has nothing under this id"}; }

failure corrupt(model::message_id id, const std::string& how) {
  return {"store-corrupt", "message " + std::to_string(id) + ": " + how};
}

}  // namespace

queries::queries(connection& database, const payload_files& files, const kept_bytes& kept, const name_index& names)
    : database_(database),
      files_(files),
      kept_(kept),
      names_(names),
      begin_(database, "BEGIN"),
      end_(database, "COMMIT"),
      find_name_(database, "SELECT id FROM name WHERE text=?"),
      read_name_(database, "SELECT text FROM name WHERE id=?"),
      due_(database, "SELECT id FROM delivery INDEXED BY delivery_waiting WHERE recipient=? AND lane=1 ORDER BY id"),
      put_off_(database,
               "SELECT id FROM delivery INDEXED BY delivery_put_off WHERE recipient=? AND lane=2 "
               "AND next_attempt_at<=? ORDER BY next_attempt_at"),
      beyond_(database,
              "SELECT id FROM delivery INDEXED BY delivery_put_off WHERE recipient=? AND lane=2 "
              "AND next_attempt_at>? ORDER BY next_attempt_at"),
      first_put_off_(database,
                     "SELECT next_attempt_at FROM delivery INDEXED BY delivery_put_off WHERE recipient=? AND lane=2 "
                     "ORDER BY next_attempt_at LIMIT 1"),
      read_delivery_(database,
                     "SELECT id, message, recipient, format, profile, order_key, state, attempts, created_at, "
                     "next_attempt_at, finished_at, prepared, last_error, lane, waits_since FROM delivery WHERE id=?"),
      read_work_(database,
                 std::string("SELECT m.format, m.source, c.facts, m.sha256, m.size_bytes, ") + place_columns +
                     " FROM message m " + with_content + "WHERE m.id=?"),
      read_raw_(database,
                std::string("SELECT m.sha256, m.size_bytes, m.in_file, c.raw, ") + place_columns + " FROM message m " +
                    with_content + "WHERE m.id=?"),
      read_message_(database, "SELECT " + message_columns + "FROM message m " + with_content + "WHERE m.id=?"),
      deliveries_of_(database, std::string("SELECT id FROM ") + deliveries_of_message + "ORDER BY id"),
      receipts_of_(database, "SELECT at, kind, code, text FROM receipt WHERE delivery=? ORDER BY number"),
      first_in_line_(database,
                     "SELECT d.id FROM delivery mine JOIN delivery d INDEXED BY delivery_line ON "
                     "d.recipient=mine.recipient AND d.order_key=mine.order_key AND d.state IN (0,2) "
                     "WHERE mine.id=? ORDER BY d.turn, d.id LIMIT 1"),
      tally_(database, "SELECT recipient, state, deliveries FROM tally ORDER BY recipient, state"),
      first_in_lane_(database,
                     "SELECT id, created_at FROM delivery INDEXED BY delivery_waiting "
                     "WHERE recipient=? AND lane=? ORDER BY id LIMIT 1"),
      is_there_(database, "SELECT 1 FROM message WHERE id=?"),
      find_merged_(database, "SELECT into_key FROM merged_key WHERE key=?"),
      salt_(salt_of(database)),
      facts_after_(database,
                   std::string("SELECT m.id, m.source, m.received_at, c.facts, (SELECT min(finished_at) FROM delivery d "
                               "WHERE d.id BETWEEN m.first_delivery AND m.first_delivery+m.deliveries-1 AND "
                               "d.message=m.id AND d.state=1), ") +
                       place_columns + " FROM message m " + with_content + "WHERE m.id>? AND m.state<>2 ORDER BY m.id LIMIT ?"),
      ended_(database, "SELECT delivery FROM outcome ORDER BY delivery LIMIT ?"),
      last_receipt_(database, "SELECT at, kind, code, text FROM receipt WHERE delivery=? ORDER BY number DESC LIMIT 1"),
      patients_(database) {}

void queries::begin() {
  if (begun_) return;
  begin_.run();
  begun_ = true;
}

void queries::end() noexcept {
  if (!begun_) return;
  try {
    end_.run();
    begun_ = false;
  } catch (const storage_error&) {
    give_up();
  }
}

void queries::give_up() noexcept {
  database_.roll_back();
  begun_ = false;
}

std::vector<stored_facts> queries::facts(model::message_id after, std::uint32_t limit) {
  std::vector<stored_facts> found;
  auto rows = facts_after_.with(after, static_cast<std::int64_t>(std::min(limit, listed_max)));
  while (rows.next())
    found.push_back({rows.integer(0), name_of(rows.integer(1)), rows.integer(2), facts_in(rows, 3, 5).value_or(no_facts),
                     rows.integer(4)});
  return found;
}

/// None: the disk changed them.
std::optional<std::string> queries::facts_in(const cursor& row, int facts, int place) {
  const auto kept = place_in(row, place);
  if (!kept) return row.text(facts);
  try {
    return kept_.content(kept->record).facts_json;
  } catch (const storage_error&) {
    met_unreadable_ = true;
    return std::nullopt;
  }
}

std::optional<std::int64_t> queries::number_of(const std::string& name) {
  auto row = find_name_.with(name);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

const std::string& queries::name_of(std::int64_t number) {
  if (const auto known = known_.find(number); known != known_.end()) return known->second;
  if (known_.size() >= names_cached_max) known_.clear();
  auto row = read_name_.with(number);
  return known_.emplace(number, row.next() ? row.text(0) : std::string()).first->second;
}

std::optional<model::delivery> queries::delivery(model::delivery_id id) {
  auto row = read_delivery_.with(id);
  if (!row.next()) return std::nullopt;
  model::delivery found;
  found.id = row.integer(0);
  found.message = row.integer(1);
  found.recipient = name_of(row.integer(2));
  found.format = name_of(row.integer(3));
  found.profile = name_of(row.integer(4));
  if (!row.is_null(5)) found.order_key = key_text(row.integer(5));
  found.state = static_cast<model::delivery_state>(row.integer(6));
  found.attempts = static_cast<std::uint32_t>(row.integer(7));
  found.created_at = row.integer(8);
  found.next_attempt_at = row.integer(9);
  found.finished_at = row.integer(10);
  found.prepared = row.integer(11) != 0;
  found.last_error = row.text(12);
  found.awaits_document = row.integer(13) == code(lane::awaiting);
  found.waits_since = row.integer(14);
  return found;
}

void queries::add_work(std::vector<work>& to, model::delivery_id id) {
  auto found = delivery(id);
  if (!found) return;
  auto row = read_work_.with(found->message);
  if (!row.next()) return;
  work made;
  made.delivery = std::move(*found);
  made.message_format = row.text(0);
  made.message_source = name_of(row.integer(1));
  made.sha256 = hex_of_bytes(row.bytes(3));
  if (const auto kept = place_in(row, 5)) {
    add_content(made, *kept);
  } else {
    made.facts_json = row.text(2);
  }
  made.size_bytes = static_cast<std::uint64_t>(row.integer(4));
  to.push_back(std::move(made));
}

/// Whoever asks for the bytes is told when the disk changed them.
void queries::add_content(work& to, const kept_place& kept) try {
  auto content = kept_.content(kept.record);
  to.facts_json = std::move(content.facts_json);
  if (!kept.payload && content.raw.size() <= raw_with_work_max && content.sha256 == to.sha256)
    to.raw = share(std::move(content.raw));
} catch (const storage_error&) {
  met_unreadable_ = true;
  to.facts_json = no_facts;
}

std::vector<work> queries::ready(const std::string& recipient, due_by when, std::vector<model::delivery_id> except,
                                 std::uint32_t limit) {
  std::vector<work> found;
  const auto number = number_of(recipient);
  limit = std::min(limit, listed_max);
  if (!number || limit == 0) return found;
  std::ranges::sort(except);
  std::vector<model::delivery_id> ids;
  const auto take = [&](cursor rows) {
    for (std::uint32_t left = limit; left > 0 && rows.next();) {
      const auto id = rows.integer(0);
      if (std::ranges::binary_search(except, id)) continue;
      ids.push_back(id);
      --left;
    }
  };
  take(beyond_.with(*number, when.horizon));
  take(put_off_.with(*number, when.now));
  take(due_.with(*number));
  std::ranges::sort(ids);
  if (ids.size() > limit) ids.resize(limit);
  found.reserve(ids.size());
  for (const auto id : ids) add_work(found, id);
  return found;
}

unix_ms queries::next_due(const std::string& recipient) {
  const auto number = number_of(recipient);
  if (!number) return 0;
  unix_ms earliest = 0;
  {
    auto row = due_.with(*number);
    if (row.next()) earliest = delivery(row.integer(0)).value_or(model::delivery{}).next_attempt_at;
  }
  auto row = first_put_off_.with(*number);
  if (row.next() && (earliest == 0 || row.integer(0) < earliest)) earliest = row.integer(0);
  return earliest;
}

result<shared_bytes> queries::raw(model::message_id id) {
  auto row = read_raw_.with(id);
  if (!row.next()) return not_found();
  auto bytes = bytes_in(row, id);
  if (!bytes) return bytes.error();
  return share(std::move(bytes.value()));
}

/// Of read_raw_. Bytes of the journal have a hash with them; what belongs to which message is said by the digest.
result<std::string> queries::bytes_in(const cursor& row, model::message_id id) {
  const auto sha256 = hex_of_bytes(row.bytes(0));
  const auto size_bytes = static_cast<std::uint64_t>(row.integer(1));
  std::string bytes;
  try {
    if (const auto kept = place_in(row, 4)) {
      auto content = kept_.content(kept->record);
      if (content.sha256 != sha256) return corrupt(id, "its record in the journal is another message's");
      if (kept->payload) return kept_.raw(*kept->payload, size_bytes);
      return std::move(content.raw);
    }
    bytes = row.integer(2) == 0 ? row.text(3) : files_.read(id, size_bytes);
  } catch (const storage_error& error) {
    met_unreadable_ = true;
    return failure{as_failure(error).code == "store-permission" ? "store-permission" : "store-corrupt",
                   "message " + std::to_string(id) + ": " + error.text};
  }
  if (bytes.size() != size_bytes) return corrupt(id, "its bytes are not all there");
  if (sha256_hex_of(bytes) != sha256) return corrupt(id, "its bytes differ from what came in");
  return bytes;
}

model::message queries::message_in(cursor& row) {
  model::message found;
  found.id = row.integer(0);
  found.source = name_of(row.integer(1));
  found.peer = row.text(2);
  found.received_at = row.integer(3);
  found.state = static_cast<model::message_state>(row.integer(4));
  found.format = row.text(5);
  found.sha256 = hex_of_bytes(row.bytes(6));
  found.size_bytes = static_cast<std::uint64_t>(row.integer(7));
  found.control_id = row.text(8);
  found.times_received = static_cast<std::uint32_t>(row.integer(9));
  if (!row.is_null(11)) found.issues = model::issues_from_json(row.bytes(11));
  if (auto facts = facts_in(row, 10, 12)) {
    found.facts_json = std::move(*facts);
  } else {
    found.facts_json = no_facts;
    found.issues.push_back({model::severity::error, "store-corrupt", "", "the disk changed what was kept of this message"});
  }
  return found;
}

// The condition that leaves least is the one to read by.
std::vector<model::message> queries::messages(const message_filter& filter) {
  std::vector<model::message> found;
  const bool by_state = filter.state && *filter.state != model::message_state::routed;
  const char* index = !filter.control_id.empty()      ? "message_control"
                      : by_state                      ? "message_not_routed"
                      : !filter.document_type.empty() ? "message_type"
                      : !filter.source.empty()        ? "message_source"
                                                      : "message_time";
  std::string sql = std::string("SELECT ") + message_columns + "FROM message m INDEXED BY " + index + " " + with_content +
                    "WHERE m.received_at>=?5 AND m.received_at<?6 AND (m.received_at, m.id)<(?7, ?1) ";
  std::int64_t source = 0;
  if (!filter.source.empty()) {
    const auto number = number_of(filter.source);
    if (!number) return found;
    source = *number;
    sql += "AND m.source=?2 ";
  }
  if (filter.state) sql += "AND m.state=" + std::to_string(code(*filter.state)) + ' ';
  if (by_state) sql += "AND m.state<>0 ";  // so that the index is taken
  if (!filter.document_type.empty()) sql += "AND m.document_type=?3 AND m.document_type<>'' ";
  if (!filter.control_id.empty()) sql += "AND m.control_id=?4 AND m.control_id<>'' ";
  sql += "ORDER BY m.received_at DESC, m.id DESC LIMIT ?8";
  unix_ms last = above_all;
  if (filter.before != 0) {
    // The one where the last page ended may be gone: then the one before it has nearly its place.
    statement place(database_, "SELECT received_at FROM message WHERE id<=? ORDER BY id DESC LIMIT 1");
    auto row = place.with(filter.before);
    if (!row.next()) return found;
    last = row.integer(0);
  }
  // The index is entered where the page begins.
  unix_ms until = filter.received_until == 0 ? above_all : filter.received_until;
  if (filter.before != 0) until = std::min(until, last + 1);
  statement asked(database_, sql);
  auto rows = asked.with(filter.before == 0 ? above_all : filter.before, source, filter.document_type, filter.control_id, filter.received_from,
                         until, last, std::int64_t{std::min(filter.limit, listed_max)});
  while (rows.next()) found.push_back(message_in(rows));
  return found;
}

// What is looked for often has an index; what is not is read from the newest back, which the deliveries' own reader
// does not wait for.
std::vector<model::delivery_id> queries::ids_of(const delivery_filter& filter) {
  std::vector<model::delivery_id> ids;
  std::int64_t recipient = 0;
  if (!filter.recipient.empty()) {
    const auto number = number_of(filter.recipient);
    if (!number) return ids;
    recipient = *number;
  }
  std::string sql = "SELECT id FROM ";
  if (filter.message != 0) {
    sql += std::string(deliveries_of_message) + "WHERE id<?3 ";
  } else if (filter.awaits_document) {
    sql += "delivery INDEXED BY delivery_waiting WHERE lane=4 AND id<?3 ";
  } else if (filter.state == model::delivery_state::dead) {
    sql += "delivery INDEXED BY delivery_dead WHERE id<?3 ";
  } else if (filter.state == model::delivery_state::pending) {
    sql += "delivery INDEXED BY delivery_waiting WHERE lane IN (1,2,3,4) AND id<?3 ";
  } else {
    sql += "delivery WHERE id<?3 ";
  }
  if (recipient != 0) sql += "AND recipient=?2 ";
  if (filter.state) sql += "AND state=" + std::to_string(code(*filter.state)) + ' ';
  sql += "ORDER BY id DESC LIMIT ?4";
  statement asked(database_, sql);
  auto rows = asked.with(filter.message, recipient, filter.before == 0 ? above_all : filter.before,
                         std::int64_t{std::min(filter.limit, listed_max)});
  while (rows.next()) ids.push_back(rows.integer(0));
  return ids;
}

std::vector<model::delivery> queries::deliveries(const delivery_filter& filter) {
  std::vector<model::delivery> found;
  for (const auto id : ids_of(filter)) {
    if (auto one = delivery(id)) found.push_back(std::move(*one));
  }
  return found;
}

std::vector<model::receipt> queries::receipts(model::message_id message, std::uint32_t limit) {
  std::vector<model::receipt> found;
  auto deliveries = deliveries_of_.with(message);
  while (deliveries.next()) {
    const auto id = deliveries.integer(0);
    auto rows = receipts_of_.with(id);
    while (rows.next()) {
      found.push_back(
          {id, rows.integer(0), static_cast<model::receipt_kind>(rows.integer(1)), rows.text(2), rows.text(3)});
    }
  }
  std::ranges::stable_sort(found, {}, &model::receipt::at);
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::vector<marked> queries::find_marked(const std::string& text, model::message_id before, std::uint32_t limit) {
  const auto name = salted_hash(salt_, mark_kind, text);
  limit = std::min(limit, listed_max);
  // Some that the index names may be gone, or too new for this view: then more of them are asked for.
  for (std::size_t asked = limit;; asked *= 2) {
    std::vector<marked> found;
    const auto named = find_messages(names_, name, before, asked);
    for (const auto& each : named)
      if (found.size() < limit && is_there(message_of(each))) found.push_back({message_of(each), mark_of(each).part});
    if (found.size() == limit || named.size() < asked) return found;
  }
}

bool queries::is_there(model::message_id message) { return is_there_.with(message).next(); }

/// The line that a document's name leads to.
std::optional<std::int64_t> queries::line_of(const std::string& name) {
  for (const auto& each : find_messages(names_, salted_hash(salt_, document_kind, name), 0, aliases_looked_at_max)) {
    if (!is_there(message_of(each))) continue;
    auto key = alias_of(each).key;
    for (int i = 0; i < merges_max; ++i) {
      auto row = find_merged_.with(key);
      if (!row.next()) break;
      key = row.integer(0);
    }
    return key;
  }
  return std::nullopt;
}

result<trace> queries::traced(model::message_id id) {
  trace found;
  {
    auto row = read_message_.with(id);
    if (!row.next()) return not_found();
    found.message = message_in(row);
  }
  auto ids = deliveries_of_.with(id);
  while (ids.next()) {
    auto one = delivery(ids.integer(0));
    if (!one) continue;
    model::delivery_id blocked_by = 0;
    if (one->state == model::delivery_state::pending && !one->order_key.empty()) {
      auto first = first_in_line_.with(one->id);
      if (first.next() && first.integer(0) != one->id) blocked_by = first.integer(0);
    }
    found.deliveries.push_back(std::move(*one));
    found.blocked_by.push_back(blocked_by);
  }
  found.receipts = receipts(id, std::numeric_limits<std::uint32_t>::max());
  return found;
}

unix_ms queries::oldest_pending(std::int64_t recipient) {
  model::delivery_id oldest = above_all;
  unix_ms at = 0;
  for (const auto which : {lane::due, lane::put_off, lane::behind, lane::awaiting}) {
    auto row = first_in_lane_.with(recipient, code(which));
    if (!row.next() || row.integer(0) > oldest) continue;
    oldest = row.integer(0);
    at = row.integer(1);
  }
  return at;
}

std::vector<recipient_count> queries::counts() {
  std::vector<recipient_count> found;
  std::int64_t last = 0;
  auto rows = tally_.with();
  while (rows.next()) {
    if (rows.integer(0) != last) {
      last = rows.integer(0);
      found.push_back({});
      found.back().recipient = name_of(last);
      found.back().oldest_pending_at = oldest_pending(last);
    }
    const auto count = static_cast<std::uint64_t>(rows.integer(2));
    switch (static_cast<model::delivery_state>(rows.integer(1))) {
      case model::delivery_state::pending:
        found.back().pending = count;
        break;
      case model::delivery_state::delivered:
        found.back().delivered = count;
        break;
      case model::delivery_state::dead:
        found.back().dead = count;
        break;
      case model::delivery_state::cancelled:
        found.back().cancelled = count;
        break;
    }
  }
  return found;
}

std::vector<document_version> queries::line(const std::string& name, std::uint32_t limit) {
  const auto key = line_of(name);
  if (!key) return {};
  // What came under a key that was merged into this one later belongs to it as well.
  statement ids(database_,
                "WITH RECURSIVE same(key) AS (SELECT ?1 UNION SELECT m.key FROM merged_key m JOIN same ON "
                "m.into_key=same.key) SELECT m.id FROM same CROSS JOIN message m INDEXED BY message_line "
                "ON m.order_key=same.key AND m.aliases IS NOT NULL ORDER BY m.id DESC LIMIT ?2");
  statement awaited(database_, "SELECT max(until) FROM awaited WHERE message=? AND ended=0");
  std::vector<document_version> found;
  auto rows = ids.with(*key, std::int64_t{std::min(limit, listed_max)});
  while (rows.next()) {
    auto row = read_message_.with(rows.integer(0));
    if (!row.next()) continue;
    document_version one;
    one.message = message_in(row);
    auto deliveries = deliveries_of_.with(one.message.id);
    while (deliveries.next()) {
      if (auto kept = delivery(deliveries.integer(0))) one.deliveries.push_back(std::move(*kept));
    }
    auto until = awaited.with(one.message.id);
    if (until.next()) one.awaits_until = until.integer(0);
    found.push_back(std::move(one));
  }
  std::ranges::reverse(found);
  return found;
}

std::vector<outcome> queries::outcomes(std::uint32_t limit) {
  std::vector<outcome> found;
  auto rows = ended_.with(std::int64_t{std::min(limit, listed_max)});
  while (rows.next()) {
    const auto id = rows.integer(0);
    outcome one;
    std::vector<work> of;
    add_work(of, id);
    if (of.empty()) {
      one.delivery.id = id;  // purged meanwhile: to be settled with nothing
    } else {
      one.delivery = std::move(of.front().delivery);
      one.message_source = std::move(of.front().message_source);
      one.message_format = std::move(of.front().message_format);
      one.facts_json = std::move(of.front().facts_json);
    }
    auto row = last_receipt_.with(id);
    if (row.next())
      one.last = {id, row.integer(0), static_cast<model::receipt_kind>(row.integer(1)), row.text(2), row.text(3)};
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace liaison::store::sqlite
