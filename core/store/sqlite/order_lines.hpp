// SPDX-License-Identifier: Apache-2.0
// Lines of deliveries that go one after another: which order key a document has, whether a delivery has an earlier one
// before it, and whose turn it is when one ends. A key is a number: the id of the first message of a document's line,
// or a (negative) hash of a subject. Thread: the writer's.
#pragma once

#include "core/store/sqlite/write_session.hpp"
#include "core/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

struct order_key {
  std::int64_t value = 0;
  bool is_new = false;                  ///< nothing can wait under it yet
  std::string aliases;                  ///< the names touched, for `message.aliases`
  std::optional<std::int64_t> brought;  ///< name of the document that comes with the message
  std::vector<std::int64_t> missing;    ///< names of what it replaces or removes when none of them has come
};

/// Where a delivery stands in its line: before those of a larger turn, and of the same turn and a larger id.
struct place {
  std::int64_t turn = 0;
  model::delivery_id id = 0;  ///< 0: nowhere
  auto operator<=>(const place&) const = default;
};
/// Turns lie so far apart that as many deliveries can be put before one.
inline constexpr std::int64_t turns_apart = 1 << 20;

class order_lines {
 public:
  explicit order_lines(write_session& session);

  /// Of a message that is being taken in; nothing: no order.
  std::optional<order_key> key_for(const intake& what, model::message_id id);
  /// Of a message that is kept, as things are now.
  std::optional<std::int64_t> key_now(std::optional<std::int64_t> at_first, std::string_view aliases);
  /// Whether anything of a kept message's line still waits or is dead, at any recipient.
  bool is_line_open(std::optional<std::int64_t> at_first, std::string_view aliases);

  /// The earliest open (pending or dead) delivery of the line; 0: none.
  place first_of(std::int64_t recipient, std::int64_t key);
  /// After an open delivery of the line has ended: the first that is left may go.
  void let_next_go(std::int64_t recipient, std::int64_t key, unix_ms now);

  /// After a document came that others waited for: versions that came before it may have taken turns before its own
  /// originals. Looks at the first 200 open deliveries.
  void set_right(std::int64_t recipient, std::int64_t key, unix_ms now);

  void forget_merges_before(model::message_id oldest);

 private:
  std::int64_t name_of(std::string_view text) const;
  void note_missing(const intake& what, order_key& of);
  std::int64_t follow(std::int64_t key);
  void merge(std::int64_t& key, std::int64_t other, model::message_id by);
  std::int64_t open_deliveries(std::int64_t key);
  void move(std::int64_t from, std::int64_t to);

  write_session& session_;
  statement find_merged_, add_merged_, shorten_merged_, forget_merged_;
  statement first_, count_, move_, put_behind_, read_lane_, let_go_, read_line_, set_turn_;
};

}  // namespace liaison::store::sqlite
