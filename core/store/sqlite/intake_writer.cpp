// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/intake_writer.hpp"

#include "core/base/assert.hpp"
#include "core/identity/patient_index.hpp"
#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <algorithm>
#include <cstring>

namespace liaison::store::sqlite {
namespace {

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  LIAISON_ASSERT(digit >= 'a' && digit <= 'f');
  return digit - 'a' + 10;
}

}  // namespace

std::string bytes_of_hex(std::string_view digits) {
  std::string bytes(digits.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(value_of(digits[2 * i]) * 16 + value_of(digits[2 * i + 1]));
  }
  return bytes;
}

std::string hex_of_bytes(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

intake_writer::intake_writer(write_session& session, order_lines& lines, patient_rows& patients,
                             delivery_writer& deliveries, document_waits& waits)
    : session_(session),
      lines_(lines),
      patients_(patients),
      deliveries_(deliveries),
      waits_(waits),
      read_first_(session.database, "SELECT sha256, source, origin, state FROM message WHERE id=?"),
      count_again_(session.database, "UPDATE message SET times_received=times_received+1 WHERE id=?"),
      add_message_(session.database,
                   "INSERT INTO message(id, source, received_at, state, size_bytes, in_file, times_received, "
                   "first_delivery, deliveries, origin, "
                   "order_key, aliases, sha256, peer, format, control_id, document_type, segment, record_at, record_bytes, "
                   "large_file, large_at, large_hash, marks) VALUES(?,?,?,?,?,?,1,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      add_content_(session.database, "INSERT INTO content VALUES(?,?,?,?)") {}

std::int64_t intake_writer::origin_of(const write_session& session, const std::string& source,
                                      const std::string& sender_key) {
  return origin_with(session.hash_of("origin", std::to_string(source.size()) + ':' + source + sender_key), !sender_key.empty());
}

bool intake_writer::is_duplicate(const intake& what, const seen_name& name, std::string_view sha256, intake_outcome& outcome) {
  const bool has_control_id = !what.sender_key.empty();
  if (has_control_id && !session_.names.may_know(name.origin)) return false;
  for (const auto first : session_.names.find_seen(name)) {
    auto row = read_first_.with(first);
    // 64 bits of each hash were compared; the whole one decides, so that nobody can make us drop a message by a
    // collision.
    if (!row.next() || row.bytes(0) != sha256 || row.integer(1) != session_.number_of(what.message.source) ||
        origin_with(row.integer(2), has_control_id) != name.origin)
      continue;
    outcome.verdict = intake_verdict::duplicate;
    outcome.id = first;
    outcome.state = static_cast<model::message_state>(row.integer(3));
    count_again_.run(first);
    return true;
  }
  outcome.control_id_seen = has_control_id && session_.names.is_origin_seen(name.origin);
  return false;
}

bool intake_writer::is_taken(const intake& what, intake_outcome& outcome) {
  for (const auto& text : what.unless_marked) {
    const auto taken = session_.names.find_mark(session_.hash_of(mark_kind, text));
    if (!taken) continue;
    outcome.verdict = intake_verdict::exists;
    outcome.id = *taken;
    return true;
  }
  return false;
}

intake_outcome intake_writer::apply(const intake& what, const kept_place* kept) {
  const auto& message = what.message;
  LIAISON_ASSERT(message.sha256.size() == 64 && what.raw != nullptr);
  const auto sha256 = bytes_of_hex(message.sha256);
  seen_name name;
  std::memcpy(&name.content, sha256.data(), sizeof(name.content));
  name.origin = origin_of(session_, message.source, what.sender_key);

  intake_outcome outcome;
  if (is_duplicate(what, name, sha256, outcome) || is_taken(what, outcome)) return outcome;

  const auto id = session_.new_message_id();
  session_.names.add_seen(name, id);
  const auto key = lines_.key_for(what, id);
  std::optional<std::int64_t> key_value;
  std::optional<blob> aliases;
  if (key) {
    key_value = key->value;
    if (!key->aliases.empty()) aliases = blob{key->aliases};
  }
  const auto received_at = message.received_at == 0 ? session_.time.now() : message.received_at;
  const auto size_bytes = static_cast<std::int64_t>(kept != nullptr ? message.size_bytes : what.raw->size());
  const bool in_file = kept == nullptr && what.raw->size() > session_.options.inline_bytes_max;
  using number = std::optional<std::int64_t>;
  const auto of_record = [&](auto member) { return kept ? number(static_cast<std::int64_t>(kept->record.*member)) : number(); };
  const auto of_payload = [&](auto member) {
    return kept && kept->payload ? number(static_cast<std::int64_t>((*kept->payload).*member)) : number();
  };
  add_message_.run(id, session_.number_of(message.source), received_at, code(message.state), size_bytes,
                   std::int64_t{in_file}, session_.last_delivery_id() + 1,
                   static_cast<std::int64_t>(what.deliveries.size()), name.origin, key_value, aliases, blob{sha256},
                   message.peer, message.format, message.control_id, what.document_type,
                   of_record(&record_place::segment), of_record(&record_place::at), of_record(&record_place::size),
                   of_payload(&payload_place::file), of_payload(&payload_place::at), of_payload(&payload_place::hash), add_marks(what, id));

  outcome.reconciliation = identity::patient_index(patients_).note(what.subject, id).outcome;
  auto found = message.issues;
  if (outcome.control_id_seen && !what.if_control_id_seen.code.empty()) found.push_back(what.if_control_id_seen);
  if (auto issue = identity::issue_of(outcome.reconciliation)) found.push_back(std::move(*issue));
  add_content(what, id, kept, found);

  add_deliveries(what, id, key, received_at, outcome);
  outcome.verdict = intake_verdict::stored;
  outcome.id = id;
  outcome.state = message.state;
  return outcome;
}

/// Gives what its row holds of them; nothing: there are none.
std::optional<std::string> intake_writer::add_marks(const intake& what, model::message_id id) {
  if (what.marks.empty()) return std::nullopt;
  std::vector<mark_name> marks;
  for (const auto& each : what.marks) marks.push_back({session_.hash_of(mark_kind, each.text), each.part});
  std::ranges::sort(marks);
  const auto same = std::unique(marks.begin(), marks.end());
  marks.erase(same, marks.end());
  for (auto each = marks.rbegin(); each != marks.rend(); ++each) session_.names.add_mark(*each, id);
  return text_of(marks);
}

void intake_writer::add_content(const intake& what, model::message_id id, const kept_place* kept,
                                const std::vector<model::issue>& found) {
  std::optional<std::string> issues;
  if (!found.empty()) issues = model::to_json(found);
  if (kept != nullptr) {
    session_.hold(holder_kind::segment, kept->record.segment, id);
    if (kept->payload) session_.hold(holder_kind::large, kept->payload->file, id);
    if (issues) add_content_.run(id, std::string_view(), issues, std::nullopt);
    return;
  }
  std::optional<blob> raw;
  if (what.raw->size() > session_.options.inline_bytes_max) {
    session_.files.write(id, *what.raw);
    session_.count_file_bytes(static_cast<std::int64_t>(what.raw->size()));
  } else {
    raw = blob{*what.raw};
  }
  add_content_.run(id, what.message.facts_json, issues, raw);
}

void intake_writer::add_deliveries(const intake& what, model::message_id id, const std::optional<order_key>& key,
                                   unix_ms now, intake_outcome& outcome) {
  document_waits::followers followers;
  if (key && key->brought) followers = waits_.of(*key->brought);
  delivery_writer::position where;
  if (key) where.key = key->value;
  where.may_wait = key && !key->is_new;
  outcome.waits = where.awaits = key && !key->missing.empty() && !what.deliveries.empty();
  if (outcome.waits) waits_.add(key->missing, id, what.waits_until);
  for (const auto& delivery : what.deliveries) {
    const auto recipient = session_.number_of(delivery.recipient);
    const auto first = followers.before.find(recipient);
    where.turn = first == followers.before.end() ? 0 : first->second - 1;
    const auto made = deliveries_.add(id, delivery, where, now, delivery_writer::made::at_intake);
    if (followers.superseded.contains(recipient))
      deliveries_.give_up(made, document_superseded, "the recipient was given what replaces or removes it before", now);
    outcome.recipients.push_back(delivery.recipient);
    where.may_wait = where.key.has_value();
  }
  if (followers.messages.empty()) return;
  outcome.released = waits_.release(*key->brought, followers, now);
  for (const auto& delivery : what.deliveries) lines_.set_right(session_.number_of(delivery.recipient), key->value, now);
}

}  // namespace liaison::store::sqlite
