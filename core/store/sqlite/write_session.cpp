// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/write_session.hpp"

#include "core/base/assert.hpp"
#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace liaison::store::sqlite {
namespace {

constexpr std::size_t numbers_cached_max = 4096;

}  // namespace

write_session::write_session(connection& to, payload_files& payloads, const clock& clock_of_all,
                             const sqlite_options& with)
    : database(to),
      files(payloads),
      time(clock_of_all),
      options(with),
      names(to, with.directory / "names", seed_of(salt_of(to)), with.recent_messages_max),
      begin_(to, "BEGIN IMMEDIATE"),
      commit_(to, "COMMIT"),
      savepoint_(to, "SAVEPOINT part"),
      release_(to, "RELEASE part"),
      roll_back_to_(to, "ROLLBACK TO part"),
      find_name_(to, "SELECT id FROM name WHERE text=?"),
      add_name_(to, "INSERT INTO name(text) VALUES(?) RETURNING id"),
      add_tally_(to,
                 "INSERT INTO tally VALUES(?,?,?) "
                 "ON CONFLICT DO UPDATE SET deliveries=deliveries+excluded.deliveries"),
      add_holding_(to,
                   "INSERT INTO holder VALUES(?1,?2,?3-?4,?3,?5,?6) ON CONFLICT DO UPDATE SET "
                   "needed_by=needed_by+?3-?4, written=written+?3, last_message=max(last_message,?6)"),
      find_holder_(to, "SELECT 1 FROM holder WHERE kind=? AND number=? AND needed_by>0"),
      set_fact_(to, "UPDATE fact SET value=? WHERE name=?") {
  statement fact(to, "SELECT value FROM fact WHERE name=?");
  const auto number = [&](std::string_view name) {
    auto row = fact.with(name);
    return row.next() ? row.integer(0) : 0;
  };
  last_message_ = std::max(number("last_message"), to.number("SELECT max(id) FROM message"));
  last_delivery_ = std::max(number("last_delivery"), to.number("SELECT max(id) FROM delivery"));
  file_bytes_ = static_cast<std::uint64_t>(number("file_bytes"));
  filed_ = filing_ = static_cast<std::uint64_t>(number("filed"));
  salt_ = salt_of(to);
  statement counted(to, "SELECT recipient FROM tally");
  auto recipients = counted.with();
  while (recipients.next()) recipients_.insert(recipients.integer(0));
}

void write_session::begin() {
  forget();
  names.begin();
  begin_.run();
}

void write_session::commit() {
  write_counts();
  files.settle();
  commit_.run();
  files.keep();
  names.committed();
  file_bytes_ += static_cast<std::uint64_t>(file_bytes_delta_);
  file_bytes_delta_ = 0;
  filed_ = filing_;
}

void write_session::roll_back() noexcept {
  database.roll_back();
  files.discard();
  names.rolled_back();
  numbers_.clear();  // some may have been made in this transaction
  forget();
}

void write_session::forget() noexcept {
  tally_.clear();
  holdings_.clear();
  file_bytes_delta_ = 0;
  filing_ = filed_;
}

void write_session::begin_part() {
  savepoint_.run();
  tally_before_part_ = tally_;
  holdings_before_part_ = holdings_;
  file_bytes_before_part_ = file_bytes_delta_;
  files_before_part_ = files.written_count();
  names.begin_part();
}

void write_session::end_part() { release_.run(); }

void write_session::undo_part() {
  roll_back_to_.run();
  release_.run();
  files.discard(files_before_part_);
  names.undo_part();
  numbers_.clear();
  tally_ = tally_before_part_;
  holdings_ = holdings_before_part_;
  file_bytes_delta_ = file_bytes_before_part_;
}

void write_session::note_ids() {
  set_fact_.run(last_message_, std::string_view("last_message"));
  set_fact_.run(last_delivery_, std::string_view("last_delivery"));
}

std::int64_t write_session::number_of(const std::string& name) {
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (numbers_.size() >= numbers_cached_max) numbers_.clear();
  std::int64_t number = 0;
  {
    auto found = find_name_.with(name);
    if (found.next()) number = found.integer(0);
  }
  if (number == 0) {
    auto made = add_name_.with(name);
    if (made.next()) number = made.integer(0);
  }
  numbers_.emplace(name, number);
  return number;
}

void write_session::hold(holder_kind kind, std::uint64_t number, model::message_id message) {
  auto& what = holdings_[{kind, number}];
  if (what.came++ == 0) what.first = message;
  what.last = message;
}

void write_session::let_go(holder_kind kind, std::uint64_t number) { ++holdings_[{kind, number}].went; }

bool write_session::is_needed(holder_kind kind, std::uint64_t number) {
  return find_holder_.with(code(kind), static_cast<std::int64_t>(number)).next();
}

void write_session::write_counts() {
  for (const auto& [which, by] : tally_) {
    if (by != 0) add_tally_.run(which.first, code(which.second), by);
  }
  for (const auto& [which, by] : holdings_) {
    add_holding_.run(code(which.first), static_cast<std::int64_t>(which.second), by.came, by.went, by.first, by.last);
  }
  if (file_bytes_delta_ != 0) {
    set_fact_.run(static_cast<std::int64_t>(file_bytes_) + file_bytes_delta_, std::string_view("file_bytes"));
  }
  if (filing_ != filed_) set_fact_.run(static_cast<std::int64_t>(filing_), std::string_view("filed"));
}

std::int64_t write_session::hash_of(std::string_view kind, std::string_view text) const {
  return salted_hash(salt_, kind, text);
}

}  // namespace liaison::store::sqlite
