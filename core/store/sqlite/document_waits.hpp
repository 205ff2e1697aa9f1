// SPDX-License-Identifier: Apache-2.0
// Deliveries that wait for a document that has not come: which ones, until when, and what happens to them when it comes
// or does not. One operation within the writer's transaction each; throws storage_error. Thread: the writer's.
#pragma once

#include "core/store/sqlite/delivery_writer.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace liaison::store::sqlite {

class document_waits {
 public:
  document_waits(write_session& session, delivery_writer& deliveries);

  void add(const std::vector<std::int64_t>& names, model::message_id message, unix_ms until);

  /// What the messages that wait for a document mean for its own deliveries.
  struct followers {
    std::vector<model::message_id> messages;
    std::map<std::int64_t, std::int64_t> before;  ///< recipient → turn of the first that waits there
    std::map<std::int64_t, bool> superseded;      ///< recipients that were given a later version already
  };
  followers of(std::int64_t document);
  /// The document's own deliveries are made: those that waited for it go on. Gives their recipients.
  std::vector<std::string> release(std::int64_t document, const followers& which, unix_ms now);

  std::vector<std::string> end(unix_ms now, unawaited how, std::uint32_t limit);

 private:
  struct kept_delivery {
    model::delivery_id id = 0;
    std::int64_t recipient = 0;
    model::delivery_state state = model::delivery_state::pending;
  };
  std::vector<kept_delivery> deliveries_of(model::message_id message);
  std::string name_of(std::int64_t recipient);

  write_session& session_;
  delivery_writer& deliveries_;
  statement add_, find_, due_, end_, forget_, release_later_, deliveries_of_, read_name_;
};

}  // namespace liaison::store::sqlite
