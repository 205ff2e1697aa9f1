// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/recent_names.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

namespace liaison::store::sqlite {
namespace {

/// For each name that comes so many are written, so that the one half is gone before the other is full.
constexpr std::size_t written_for_each = 2;
constexpr std::size_t written_per_group_min = 8;

auto order_of(const seen_name& what) { return std::tuple(what.origin, what.content, what.message); }
auto order_of(const alias_name& what) { return std::tuple(what.name, what.message); }

/// Both are parts of SHA-256 and well spread already.
std::uint64_t hash_of(std::int64_t origin, std::int64_t content) {
  return static_cast<std::uint64_t>(origin) ^ std::rotl(static_cast<std::uint64_t>(content), 23);
}

}  // namespace

void name_slots::clear(std::size_t expected) {
  slots_.assign(std::bit_ceil(std::max<std::size_t>(expected * 2 + 2, 64)), 0);
  count_ = 0;
}

recent_names::recent_names(connection& database, std::size_t messages_held_max)
    : database_(database),
      arriving_max_(std::max<std::size_t>(messages_held_max / 2, 1)),
      find_seen_(database, "SELECT message FROM seen WHERE origin=? AND content=?"),
      find_origin_(database, "SELECT 1 FROM seen WHERE origin=? LIMIT 1"),
      add_seen_(database, "INSERT OR REPLACE INTO seen VALUES(?,?,?)"),
      find_alias_(database, "SELECT key, message, came FROM alias WHERE name=?"),
      set_alias_(
          database,
          "INSERT INTO alias VALUES(?,?,?,?) "
          "ON CONFLICT DO UPDATE SET key=excluded.key, message=excluded.message, came=excluded.came"),
      note_(database, "UPDATE fact SET value=? WHERE name='names_written'") {
  read_again();
}

void recent_names::read_again() {
  written_up_to_ = database_.number("SELECT value FROM fact WHERE name='names_written'");
  statement messages(database_, "SELECT id, origin, sha256, order_key, aliases FROM message WHERE id>? ORDER BY id");
  auto rows = messages.with(written_up_to_);
  while (rows.next()) {
    seen_name what{rows.integer(1), 0, rows.integer(0)};
    const auto sha256 = rows.bytes(2);
    std::memcpy(&what.content, sha256.data(), std::min(sizeof(what.content), sha256.size()));
    seen_.push_back(what);
    alias_name alias{0, rows.integer(3), rows.integer(0)};
    const message_names names(rows.bytes(4));
    for (std::size_t i = 0; i < names.size(); ++i) {
      alias.name = names[i];
      const auto known = find_alias(alias.name);
      alias.came = names.came(i) || (known && known->came);
      set_alias(alias);
    }
  }
  index_all();
}

std::optional<model::message_id> recent_names::find_seen(std::int64_t origin, std::int64_t content) {
  const auto is = [&](std::uint32_t at) { return seen_[at].origin == origin && seen_[at].content == content; };
  if (const auto at = by_content_.find(hash_of(origin, content), is)) return seen_[*at].message;
  const auto after = std::ranges::upper_bound(leaving_.seen, std::pair(origin, content), {}, [](const seen_name& what) {
    return std::pair(what.origin, what.content);
  });
  if (after != leaving_.seen.begin() && std::prev(after)->origin == origin && std::prev(after)->content == content) {
    return std::prev(after)->message;
  }
  auto row = find_seen_.with(origin, content);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

bool recent_names::is_origin_seen(std::int64_t origin) {
  const auto is = [&](std::uint32_t at) { return seen_[at].origin == origin; };
  if (by_origin_.find(static_cast<std::uint64_t>(origin), is)) return true;
  const auto at = std::ranges::lower_bound(leaving_.seen, origin, {}, &seen_name::origin);
  if (at != leaving_.seen.end() && at->origin == origin) return true;
  return find_origin_.with(origin).next();
}

std::optional<alias_name> recent_names::find_alias(std::int64_t name) {
  const auto is = [&](std::uint32_t at) { return aliases_[at].name == name; };
  if (const auto at = by_name_.find(static_cast<std::uint64_t>(name), is)) return aliases_[*at];
  const auto after = std::ranges::upper_bound(leaving_.aliases, name, {}, &alias_name::name);
  if (after != leaving_.aliases.begin() && std::prev(after)->name == name) return *std::prev(after);
  auto row = find_alias_.with(name);
  if (!row.next()) return std::nullopt;
  return alias_name{name, row.integer(0), row.integer(1), row.integer(2) != 0};
}

bool recent_names::index_seen(std::uint32_t position) {
  const auto& what = seen_[position];
  const auto same_content = [&](std::uint32_t at) {
    return seen_[at].origin == what.origin && seen_[at].content == what.content;
  };
  const auto same_origin = [&](std::uint32_t at) { return seen_[at].origin == what.origin; };
  return by_content_.put(hash_of(what.origin, what.content), position, same_content) &&
         by_origin_.put(static_cast<std::uint64_t>(what.origin), position, same_origin);
}

bool recent_names::index_alias(std::uint32_t position) {
  const auto& what = aliases_[position];
  const auto same_name = [&](std::uint32_t at) { return aliases_[at].name == what.name; };
  return by_name_.put(static_cast<std::uint64_t>(what.name), position, same_name);
}

void recent_names::add_seen(seen_name what) {
  seen_.push_back(what);
  if (!index_seen(static_cast<std::uint32_t>(seen_.size() - 1))) index_all();
}

void recent_names::set_alias(alias_name what) {
  aliases_.push_back(what);
  if (!index_alias(static_cast<std::uint32_t>(aliases_.size() - 1))) index_all();
}

void recent_names::index_all() {
  by_content_.clear(seen_.size() * 2);
  by_origin_.clear(seen_.size() * 2);
  by_name_.clear(aliases_.size() * 2);
  for (std::uint32_t at = 0; at < seen_.size(); ++at) index_seen(at);
  for (std::uint32_t at = 0; at < aliases_.size(); ++at) index_alias(at);
}

void recent_names::begin() noexcept {
  group_ = part_ = {seen_.size(), aliases_.size()};
  seen_written_before_ = leaving_.seen_written;
  aliases_written_before_ = leaving_.aliases_written;
  all_written_ = false;
}

void recent_names::begin_part() noexcept { part_ = {seen_.size(), aliases_.size()}; }

void recent_names::undo_part() { cut_back(part_); }

void recent_names::rolled_back() {
  cut_back(group_);
  leaving_.seen_written = seen_written_before_;
  leaving_.aliases_written = aliases_written_before_;
  all_written_ = false;
}

void recent_names::cut_back(mark to) {
  if (seen_.size() == to.seen && aliases_.size() == to.aliases) return;
  seen_.resize(to.seen);
  aliases_.resize(to.aliases);
  index_all();
}

void recent_names::write(leaving& what, std::size_t seen_max, std::size_t aliases_max) {
  for (; seen_max > 0 && what.seen_written < what.seen.size(); --seen_max) {
    const auto& name = what.seen[what.seen_written++];
    add_seen_.run(name.origin, name.content, name.message);
  }
  for (; aliases_max > 0 && what.aliases_written < what.aliases.size(); --aliases_max) {
    const auto& name = what.aliases[what.aliases_written++];
    set_alias_.run(name.name, name.key, name.message, std::int64_t{name.came});
  }
}

void recent_names::write_some() {
  if (leaving_.is_empty()) return;
  // What is nearly full presses harder: in the end all of it goes.
  const bool is_late = seen_.size() >= arriving_max_;
  const auto seen = is_late ? leaving_.seen.size() : (seen_.size() - group_.seen) * written_for_each;
  const auto aliases = is_late ? leaving_.aliases.size() : (aliases_.size() - group_.aliases) * written_for_each;
  write(leaving_, std::max(seen, written_per_group_min), std::max(aliases, written_per_group_min));
  if (leaving_.is_written()) note(leaving_.last);
}

void recent_names::write_all() {
  if (all_written_) return;
  write(leaving_, leaving_.seen.size(), leaving_.aliases.size());
  leaving rest;
  rest.seen = seen_;
  rest.aliases = aliases_;
  std::ranges::sort(rest.seen, {}, [](const auto& what) { return order_of(what); });
  std::ranges::sort(rest.aliases, {}, [](const auto& what) { return order_of(what); });
  write(rest, rest.seen.size(), rest.aliases.size());
  note(seen_.empty() ? std::max(leaving_.last, written_up_to_) : seen_.back().message);
  all_written_ = true;
}

void recent_names::note(model::message_id up_to) { note_.run(up_to); }

void recent_names::committed() {
  if (all_written_) {
    if (!leaving_.is_empty()) written_up_to_ = leaving_.last;
    if (!seen_.empty()) written_up_to_ = seen_.back().message;
    leaving_ = {};
    seen_.clear();
    aliases_.clear();
    index_all();
  } else if (!leaving_.is_empty() && leaving_.is_written()) {
    written_up_to_ = leaving_.last;
    leaving_ = {};
  }
  if (seen_.size() >= arriving_max_ && leaving_.is_empty()) let_leave();
}

void recent_names::let_leave() {
  leaving_.last = seen_.back().message;
  leaving_.seen = std::exchange(seen_, {});
  leaving_.aliases = std::exchange(aliases_, {});
  std::ranges::sort(leaving_.seen, {}, [](const auto& what) { return order_of(what); });
  std::ranges::sort(leaving_.aliases, {}, [](const auto& what) { return order_of(what); });
  index_all();
}

}  // namespace liaison::store::sqlite
