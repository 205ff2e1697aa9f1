// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/document_waits.hpp"

#include <algorithm>
#include <set>

namespace liaison::store::sqlite {
namespace {

/// Released in the transaction that brings the document; what waits beyond goes with the next end of waits.
constexpr std::int64_t released_at_once_max = 1000;

/// In `awaited.until`: the document came.
constexpr std::int64_t has_come = 0;

}  // namespace

document_waits::document_waits(write_session& session, delivery_writer& deliveries)
    : session_(session),
      deliveries_(deliveries),
      add_(session.database, "INSERT OR IGNORE INTO awaited VALUES(?,?,?,0)"),
      find_(session.database, "SELECT message FROM awaited WHERE name=? ORDER BY message LIMIT ?"),
      due_(session.database,
           "SELECT name, message, until FROM awaited INDEXED BY awaited_until WHERE ended=0 AND until<=? "
           "ORDER BY until LIMIT ?"),
      end_(session.database, "UPDATE awaited SET ended=1 WHERE name=? AND message=?"),
      forget_(session.database, "DELETE FROM awaited WHERE message=?"),
      release_later_(session.database, "UPDATE awaited SET until=0, ended=0 WHERE name=?"),
      deliveries_of_(session.database,
                     "SELECT id, recipient, state FROM delivery WHERE id BETWEEN (SELECT first_delivery FROM message "
                     "WHERE id=?1) AND (SELECT first_delivery+deliveries-1 FROM message WHERE id=?1) AND message=?1 "
                     "UNION ALL SELECT id, recipient, state FROM delivery INDEXED BY delivery_replayed "
                     "WHERE message=?1 AND replayed=1"),
      read_name_(session.database, "SELECT text FROM name WHERE id=?") {}

void document_waits::add(const std::vector<std::int64_t>& names, model::message_id message, unix_ms until) {
  for (const auto name : names) add_.run(name, message, until);
}

std::vector<document_waits::kept_delivery> document_waits::deliveries_of(model::message_id message) {
  std::vector<kept_delivery> found;
  auto rows = deliveries_of_.with(message);
  while (rows.next()) {
    found.push_back({rows.integer(0), rows.integer(1), static_cast<model::delivery_state>(rows.integer(2))});
  }
  return found;
}

std::string document_waits::name_of(std::int64_t recipient) {
  auto row = read_name_.with(recipient);
  return row.next() ? row.text(0) : std::string();
}

document_waits::followers document_waits::of(std::int64_t document) {
  followers found;
  {
    auto rows = find_.with(document, released_at_once_max);
    while (rows.next()) found.messages.push_back(rows.integer(0));
  }
  for (const auto message : found.messages) {
    for (const auto& one : deliveries_of(message)) {
      if (const auto place = deliveries_.place_when_awaiting(one.id)) {
        const auto at = found.before.try_emplace(one.recipient, place->turn).first;
        at->second = std::min(at->second, place->turn);
      } else if (one.state == model::delivery_state::delivered || one.state == model::delivery_state::pending) {
        found.superseded[one.recipient] = true;
      }
    }
  }
  return found;
}

std::vector<std::string> document_waits::release(std::int64_t document, const followers& which, unix_ms now) {
  std::set<std::string> recipients;
  for (const auto message : which.messages) {
    forget_.run(message);
    for (const auto& one : deliveries_of(message)) {
      if (deliveries_.let_go(one.id, original_came, "the document that it replaces or removes has come", now))
        recipients.insert(name_of(one.recipient));
    }
  }
  if (which.messages.size() == released_at_once_max) release_later_.run(document);
  return {recipients.begin(), recipients.end()};
}

std::vector<std::string> document_waits::end(unix_ms now, unawaited how, std::uint32_t limit) {
  struct row {
    std::int64_t name = 0;
    model::message_id message = 0;
    std::int64_t until = 0;
  };
  std::vector<row> due;
  {
    auto rows = due_.with(now, std::int64_t{limit});
    while (rows.next()) due.push_back({rows.integer(0), rows.integer(1), rows.integer(2)});
  }
  std::set<std::string> recipients;
  for (const auto& one : due) {
    for (const auto& delivery : deliveries_of(one.message)) {
      if (!deliveries_.place_when_awaiting(delivery.id)) continue;
      if (one.until == has_come) {
        deliveries_.let_go(delivery.id, original_came, "the document that it replaces or removes has come", now);
      } else if (how == unawaited::sent) {
        deliveries_.let_go(delivery.id, original_missing, "goes without the document that it replaces or removes", now);
      } else {
        deliveries_.give_up(delivery.id, original_missing, "the document that it replaces or removes has not come",
                            now);
      }
      recipients.insert(name_of(delivery.recipient));
    }
    end_.run(one.name, one.message);
  }
  return {recipients.begin(), recipients.end()};
}

}  // namespace liaison::store::sqlite
