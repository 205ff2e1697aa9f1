// SPDX-License-Identifier: Apache-2.0
// The reading calls of the contract, on a connection of their own. Each throws storage_error, and "not-found" and
// "store-corrupt" as failures. Thread: the reader's.
#pragma once

#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/kept_bytes.hpp"
#include "core/store/sqlite/known_names.hpp"
#include "core/store/sqlite/patient_rows.hpp"
#include "core/store/sqlite/payload_files.hpp"
#include "core/store/store.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace liaison::store::sqlite {

class queries {
 public:
  queries(connection& database, const payload_files& files, const kept_bytes& kept, const name_index& names);

  std::vector<work> ready(const std::string& recipient, due_by when, std::vector<model::delivery_id> except,
                          std::uint32_t limit);
  unix_ms next_due(const std::string& recipient);
  result<shared_bytes> raw(model::message_id id);
  std::vector<model::message> messages(const message_filter& filter);
  std::vector<model::delivery> deliveries(const delivery_filter& filter);
  std::vector<model::receipt> receipts(model::message_id message, std::uint32_t limit);
  std::vector<marked> find_marked(const std::string& text, model::message_id before, std::uint32_t limit);
  result<trace> traced(model::message_id id);
  std::vector<recipient_count> counts();
  std::vector<document_version> line(const std::string& name, std::uint32_t limit);
  std::vector<outcome> outcomes(std::uint32_t limit);
  std::vector<stored_facts> facts(model::message_id after, std::uint32_t limit);
  patient_rows& patients() { return patients_; }

  /// What is asked between them sees one state of the store. Begun already: it goes on.
  void begin();
  void end() noexcept;
  void give_up() noexcept;  ///< after an error
  /// Bytes or facts of a message could not be read since this was asked last.
  bool met_unreadable() noexcept { return std::exchange(met_unreadable_, false); }

 private:
  std::optional<std::int64_t> number_of(const std::string& name);
  const std::string& name_of(std::int64_t number);
  std::optional<model::delivery> delivery(model::delivery_id id);
  void add_work(std::vector<work>& to, model::delivery_id id);
  void add_content(work& to, const kept_place& kept);
  std::vector<model::delivery_id> ids_of(const delivery_filter& filter);
  model::message message_in(cursor& row);
  std::optional<std::string> facts_in(const cursor& row, int facts, int place);
  result<std::string> bytes_in(const cursor& row, model::message_id id);
  bool is_there(model::message_id message);
  std::optional<std::int64_t> line_of(const std::string& name);
  unix_ms oldest_pending(std::int64_t recipient);

  connection& database_;
  const payload_files& files_;
  const kept_bytes& kept_;
  const name_index& names_;
  statement begin_, end_;
  statement find_name_, read_name_;
  statement due_, put_off_, beyond_, first_put_off_, read_delivery_, read_work_;
  statement read_raw_, read_message_, deliveries_of_, receipts_of_, first_in_line_;
  statement tally_, first_in_lane_, is_there_, find_merged_;
  std::string salt_;
  statement facts_after_, ended_, last_receipt_;
  patient_rows patients_;
  std::unordered_map<std::int64_t, std::string> known_;  ///< names that the configuration bounds
  bool begun_ = false, met_unreadable_ = false;
};

}  // namespace liaison::store::sqlite
