// SPDX-License-Identifier: Apache-2.0
// What the parts of the writer share: the connection, ids, names, counts, and the transaction. Thread: the writer's.
#pragma once

#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/payload_files.hpp"
#include "core/store/sqlite/known_names.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace liaison::store::sqlite {

class write_session {
 public:
  write_session(connection& database, payload_files& files, const clock& time, const sqlite_options& options);

  connection& database;
  payload_files& files;
  const clock& time;
  const sqlite_options& options;
  known_names names;

  void begin();
  void commit();  ///< with payload files and counts
  void roll_back() noexcept;

  /// One operation within the transaction that may be undone alone. What it changed in memory is undone as well.
  void begin_part();
  void end_part();
  void undo_part();

  model::message_id new_message_id() { return ++last_message_; }
  model::delivery_id new_delivery_id() { return ++last_delivery_; }
  model::message_id last_message_id() const { return last_message_; }
  model::delivery_id last_delivery_id() const { return last_delivery_; }
  /// Remembers the ids given so far, for when their rows are gone.
  void note_ids();

  /// The number of a name that the configuration bounds; made when it is new.
  std::int64_t number_of(const std::string& name);
  void count(std::int64_t recipient, model::delivery_state state, std::int64_t by) {
    tally_[{recipient, state}] += by;
    recipients_.insert(recipient);
  }
  /// All that ever had a delivery, by number.
  const std::set<std::int64_t>& recipients() const { return recipients_; }
  /// A message came to be held there, or needs it no more.
  void hold(holder_kind kind, std::uint64_t number, model::message_id message);
  void let_go(holder_kind kind, std::uint64_t number);
  bool is_needed(holder_kind kind, std::uint64_t number);  ///< as committed
  void count_file_bytes(std::int64_t by) { file_bytes_delta_ += by; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  void note_filed(std::uint64_t number) { filing_ = number; }
  std::uint64_t filed() const { return filed_; }  ///< record of the journal, as committed
  const std::string& salt() const { return salt_; }

  /// First eight bytes of a salted SHA-256 over both; says nothing of what went in.
  std::int64_t hash_of(std::string_view kind, std::string_view text) const;

 private:
  using tally = std::map<std::pair<std::int64_t, model::delivery_state>, std::int64_t>;

  struct holding {
    std::int64_t came = 0, went = 0;
    model::message_id first = 0, last = 0;
  };
  using holdings = std::map<std::pair<holder_kind, std::uint64_t>, holding>;

  void write_counts();
  void forget() noexcept;

  statement begin_, commit_, savepoint_, release_, roll_back_to_;
  statement find_name_, add_name_, add_tally_, add_holding_, find_holder_, set_fact_;
  std::string salt_;
  model::message_id last_message_ = 0;
  model::delivery_id last_delivery_ = 0;
  std::unordered_map<std::string, std::int64_t> numbers_;
  tally tally_, tally_before_part_;
  std::set<std::int64_t> recipients_;
  holdings holdings_, holdings_before_part_;
  std::uint64_t file_bytes_ = 0;
  std::int64_t file_bytes_delta_ = 0, file_bytes_before_part_ = 0;
  std::uint64_t filed_ = 0, filing_ = 0;
  std::size_t files_before_part_ = 0;
};

}  // namespace liaison::store::sqlite
