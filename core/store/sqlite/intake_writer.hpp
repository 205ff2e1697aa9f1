// SPDX-License-Identifier: Apache-2.0
// Intake: duplicates, the message, its bytes and facts, its deliveries. One operation within the writer's transaction;
// throws storage_error. Thread: the writer's.
#pragma once

#include "core/store/sqlite/delivery_writer.hpp"
#include "core/store/sqlite/document_waits.hpp"
#include "core/store/sqlite/order_lines.hpp"
#include "core/store/sqlite/patient_rows.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/write_session.hpp"
#include "core/store/store.hpp"

namespace liaison::store::sqlite {

class intake_writer {
 public:
  intake_writer(write_session& session, order_lines& lines, patient_rows& patients, delivery_writer& deliveries,
                document_waits& waits);

  /// `kept`: the journal has its facts and bytes, and goes on having them.
  intake_outcome apply(const intake& what, const kept_place* kept = nullptr);

  static std::int64_t origin_of(const write_session& session, const std::string& source, const std::string& sender_key);

 private:
  bool is_duplicate(const intake& what, const seen_name& name, std::string_view sha256, intake_outcome& outcome);
  void add_content(const intake& what, model::message_id id, const kept_place* kept,
                   const std::vector<model::issue>& found);
  void add_deliveries(const intake& what, model::message_id id, const std::optional<order_key>& key, unix_ms now,
                      intake_outcome& outcome);
  bool is_taken(const intake& what, intake_outcome& outcome);
  std::optional<std::string> add_marks(const intake& what, model::message_id id);

  write_session& session_;
  order_lines& lines_;
  patient_rows& patients_;
  delivery_writer& deliveries_;
  document_waits& waits_;
  statement read_first_, count_again_, add_message_, add_content_;
};

/// 32 bytes of 64 hexadecimal digits; and back.
std::string bytes_of_hex(std::string_view digits);
std::string hex_of_bytes(std::string_view bytes);

}  // namespace liaison::store::sqlite
