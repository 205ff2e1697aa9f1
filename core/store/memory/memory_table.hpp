// SPDX-License-Identifier: Apache-2.0
// What the memory backend keeps, with the rules of order keys; no callbacks, no executor.
#pragma once

#include "core/store/line_order.hpp"
#include "core/store/memory/memory_patients.hpp"
#include "core/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace liaison::store {

struct stored_message {
  model::message message;
  shared_bytes raw;
  std::string sender_key;
  std::string document_type;
  std::string document_name;  ///< any of the document's names in `aliases`; empty: not ordered as a document
  std::string subject_key;
  line_entry<std::string> names;      ///< of documents
  std::vector<std::string> awaited;  ///< names of the document that it waits for, or waited for in vain
  unix_ms awaits_until = 0;          ///< 0: waits no longer
  std::vector<model::mark> marks;
};

struct stored_delivery {
  model::delivery delivery;
  bool put_off = false;
  bool reports = false;
  std::int64_t turn = 0;  ///< place in the line, see the SQLite backend
  std::vector<model::receipt> receipts;
};

class memory_table {
 public:
  std::map<model::message_id, stored_message> messages;
  std::map<model::delivery_id, stored_delivery> deliveries;
  memory_patients patients;

  intake_outcome add(intake what, unix_ms now);
  model::delivery_id add_delivery(const stored_message& of, const new_delivery& what, unix_ms now, std::int64_t turn = 0);
  void set_state(stored_delivery& what, model::delivery_state state);
  /// The earliest delivery that `what` waits for, or 0.
  model::delivery_id blocker_of(const model::delivery& what) const;
  void add_receipts(stored_delivery& to, std::vector<model::receipt> receipts, std::size_t kept);
  void remove(model::message_id id);
  /// What waited until `now` in vain. Gives the recipients.
  std::vector<std::string> end_waits(unix_ms now, unawaited how, std::uint32_t limit);
  void end(stored_delivery& what, model::delivery_state how, unix_ms now);
  std::vector<const stored_message*> line_of(const std::string& name) const;

  std::set<model::delivery_id> outcomes;
  /// From the newest on.
  std::vector<marked> find_marked(const std::string& text, model::message_id before, std::uint32_t limit) const;
  bool is_line_open(const stored_message& of) const;

 private:
  using line = std::pair<std::string, std::string>;  ///< recipient, order key

  const stored_message* duplicate_of(const intake& what, bool& control_id_seen) const;
  struct followers {
    std::vector<model::message_id> messages;
    std::map<std::string, std::int64_t> before;
    std::set<std::string> superseded;
  };
  followers followers_of(const std::string& document) const;
  std::vector<std::string> missing(const intake& what) const;
  void add_deliveries(stored_message& of, const intake& what, intake_outcome& outcome);
  void set_right(const std::string& recipient, const std::string& key);
  void let_go(stored_delivery& what, const char* code, unix_ms now);
  void give_up(stored_delivery& what, const char* code, unix_ms now);
  static bool is_held(const stored_delivery& what);
  std::string key_for_document(const intake& what);
  void merge(const std::string& key, const std::string& other);

  std::map<std::string, std::string> aliases_;                  ///< name of a document or set → order key
  std::map<line, std::set<std::pair<std::int64_t, model::delivery_id>>> open_;  ///< turn and id of pending and dead ones
  std::set<std::string> came_;                                  ///< documents that a message brought
  std::map<std::string, std::set<model::message_id>> sent_by_;  ///< source and sender key → messages
  model::message_id last_message_ = 0;
  model::delivery_id last_delivery_ = 0;
};

}  // namespace liaison::store
