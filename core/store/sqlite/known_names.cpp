// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/known_names.hpp"

#include "core/observe/log.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <utility>

namespace liaison::store::sqlite {
namespace {

constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t mark_digits = 16, part_digits = 8;
/// Of one name so many are looked at: more are the same bytes that came again after the ones before were removed.
constexpr std::size_t alike_max = 64;
/// For each name that comes so many are merged; it takes five on the way to the largest runs.
constexpr std::size_t merged_for_each = 8;
/// More than so many times what should be held: the disk has refused it all the time.
constexpr std::size_t overdue_factor = 8;

std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::uint64_t name_of(const seen_name& what) {
  const bool has_control_id = (what.origin & 1) != 0;
  const auto mixed = has_control_id ? bits(what.origin) : bits(what.origin) ^ std::rotl(bits(what.content) * 0x9E3779B97F4A7C15ULL, 23);
  return name_with(mixed, message_is::third);
}

name_entry entry_of(const seen_name& what, model::message_id message) {
  return {name_of(what), bits(what.content), bits(message)};
}

name_entry entry_of(std::int64_t name, const alias_name& what, model::message_id message) {
  return {name_with(bits(name), message_is::second), bits(message), bits(what.key) << 1U | std::uint64_t{what.came}};
}

/// Parts descend, so that of one message the first comes last.
name_entry entry_of(const mark_name& what, model::message_id message) {
  return {name_with(bits(what.name), message_is::second), bits(message), ~static_cast<std::uint64_t>(static_cast<std::uint32_t>(what.part))};
}

std::vector<mark_name> marks_in(std::string_view text) {
  std::vector<mark_name> found;
  for (; text.size() >= mark_digits + part_digits; text.remove_prefix(mark_digits + part_digits)) {
    std::uint64_t name = 0;
    std::uint32_t part = 0;
    std::from_chars(text.data(), text.data() + mark_digits, name, 16);
    std::from_chars(text.data() + mark_digits, text.data() + mark_digits + part_digits, part, 16);
    found.push_back({static_cast<std::int64_t>(name), static_cast<std::int32_t>(part)});
  }
  return found;
}

model::message_id last_message_of(connection& database) {
  return std::max(database.number("SELECT max(id) FROM message"), database.number("SELECT value FROM fact WHERE name='last_message'"));
}

}  // namespace

std::int64_t origin_with(std::int64_t hash, bool has_control_id) {
  return (hash & ~std::int64_t{1}) | std::int64_t{has_control_id};
}

std::string text_of(const std::vector<mark_name>& marks) {
  std::string text;
  text.reserve(marks.size() * (mark_digits + part_digits));
  for (const auto& each : marks) {
    append_hex(text, bits(each.name), mark_digits);
    append_hex(text, static_cast<std::uint32_t>(each.part), part_digits);
  }
  return text;
}

bool message_names::came(std::size_t at) const {
  if (!has_byte()) return true;
  if ((bytes_.back() & full_bit) == 0) return at + 1 < size() || brought(at);
  return (bytes_.back() >> (2 + at) & 1) != 0;
}

std::string message_names::bytes_of(const std::int64_t* names, const bool* came, std::size_t count, bool last_brought) {
  std::string bytes(reinterpret_cast<const char*>(names), count * sizeof(*names));
  int byte = full_bit | (last_brought ? brought_bit : 0);
  for (std::size_t at = 0; at < count; ++at) byte |= int{came[at]} << (2 + at);
  return bytes += static_cast<char>(byte);
}

std::vector<name_entry> find_messages(const name_index& in, std::int64_t name, model::message_id before, std::size_t limit) {
  return in.find(name_with(bits(name), message_is::second), 0, before == 0 ? everything : bits(before) - 1, limit);
}

mark_name mark_of(const name_entry& what) {
  return {static_cast<std::int64_t>(what.name), static_cast<std::int32_t>(static_cast<std::uint32_t>(~what.third))};
}

alias_name alias_of(const name_entry& what) { return {static_cast<std::int64_t>(what.third >> 1U), (what.third & 1U) != 0}; }

known_names::known_names(connection& database, std::filesystem::path folder, std::uint64_t seed, std::size_t messages_held_max)
    : database_(database),
      index_(std::move(folder), seed, last_message_of(database)),
      messages_held_max_(std::max<std::size_t>(messages_held_max, 1)),
      older_rows_(database.number("SELECT value FROM fact WHERE name='older_rows'")),
      is_there_(database, "SELECT 1 FROM message WHERE id=?"),
      read_rows_(database, "SELECT id, origin, sha256, order_key, aliases, marks FROM message WHERE id BETWEEN ? AND ? ORDER BY id"),
      oldest_(database.number("SELECT min(id) FROM message")) {
  for (const auto& each : index_.missing(oldest_)) read_missing(each);
  read_held();
  group_ = part_ = index_.held();
}

std::vector<name_entry> known_names::names_in(const cursor& row) const {
  std::vector<name_entry> names;
  const auto id = row.integer(0);
  seen_name seen{row.integer(1), 0};
  const auto sha256 = row.bytes(2);
  std::memcpy(&seen.content, sha256.data(), std::min(sizeof(seen.content), sha256.size()));
  names.push_back(entry_of(seen, id));
  if (id <= older_rows_) names.push_back(entry_of(seen_name{seen.origin ^ 1, seen.content}, id));
  const message_names documents(row.bytes(4));
  for (std::size_t at = 0; at < documents.size(); ++at)
    names.push_back(entry_of(documents[at], {row.integer(3), documents.came(at)}, id));
  for (const auto& mark : marks_in(row.bytes(5))) names.push_back(entry_of(mark, id));
  return names;
}

void known_names::read_held() {
  auto rows = read_rows_.with(index_.written_up_to() + 1, std::numeric_limits<model::message_id>::max());
  while (rows.next()) {
    if (messages_ >= messages_held_max_) {
      write();
      index_.merge(std::numeric_limits<std::size_t>::max(), oldest_);
    }
    for (const auto& each : names_in(rows)) index_.add(each);
    ++messages_;
  }
}

void known_names::read_missing(const name_index::range& what) {
  auto first = what.first;
  std::vector<name_entry> names;
  std::size_t messages = 0;
  auto rows = read_rows_.with(what.first, what.last);
  while (rows.next()) {
    std::ranges::copy(names_in(rows), std::back_inserter(names));
    if (++messages < messages_held_max_) continue;
    index_.fill({first, rows.integer(0), 0}, std::exchange(names, {}));
    first = rows.integer(0) + 1;
    messages = 0;
  }
  if (first <= what.last) index_.fill({first, what.last, 0}, std::move(names));
}

/// What the disk changed is made again.
void known_names::mend() {
  while (const auto gone = index_.drop_damaged()) {
    observe::log_line(observe::level::error, "store-names-damaged").with("first", gone->first).with("last", gone->last);
    read_missing(*gone);
  }
}

void known_names::write() {
  index_.write();
  messages_ = 0;
}

bool known_names::is_there(model::message_id message) { return is_there_.with(message).next(); }

bool known_names::may_know(std::int64_t origin) const { return !index_.find(name_of({origin, 0}), 0, everything, 1).empty(); }

std::vector<model::message_id> known_names::find_seen(const seen_name& what) const {
  std::vector<model::message_id> found;
  for (const auto& each : index_.find(name_of(what), bits(what.content), bits(what.content), alike_max)) found.push_back(message_of(each));
  return found;
}

bool known_names::is_origin_seen(std::int64_t origin) {
  const auto found = index_.find(name_of({origin, 0}), 0, everything, alike_max);
  return std::ranges::any_of(found, [&](const name_entry& each) { return is_there(message_of(each)); });
}

void known_names::add_seen(const seen_name& what, model::message_id message) {
  index_.add(entry_of(what, message));
  ++messages_;
}

std::optional<alias_name> known_names::find_alias(std::int64_t name) {
  const auto found = find_messages(index_, name, 0, 1);
  if (found.empty() || !is_there(message_of(found.front()))) return std::nullopt;
  return alias_of(found.front());
}

void known_names::set_alias(std::int64_t name, const alias_name& what, model::message_id message) {
  index_.add(entry_of(name, what, message));
}

std::optional<model::message_id> known_names::find_mark(std::int64_t name) {
  for (const auto& each : find_messages(index_, name, 0, alike_max))
    if (is_there(message_of(each))) return message_of(each);
  return std::nullopt;
}

void known_names::add_mark(const mark_name& what, model::message_id message) { index_.add(entry_of(what, message)); }

void known_names::begin() {
  mend();
  if (messages_ >= messages_held_max_ * overdue_factor) write();
  group_ = part_ = index_.held();
}

void known_names::committed() noexcept {
  const auto came = index_.held() - group_;
  try {
    if (messages_ >= messages_held_max_) write();
    index_.merge(came * merged_for_each, oldest_);
  } catch (const storage_error&) {
    // It stays held, and is tried again after the next transaction.
  }
  group_ = part_ = index_.held();
}

void known_names::forget_before(model::message_id oldest) noexcept {
  oldest_ = oldest;
  index_.forget_before(oldest);
}

void known_names::write_all() noexcept try {
  if (index_.held() > 0) write();
} catch (const storage_error&) {
  // They are read from the rows again.
}

}  // namespace liaison::store::sqlite
