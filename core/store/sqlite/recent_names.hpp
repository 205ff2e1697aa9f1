// SPDX-License-Identifier: Apache-2.0
// The names by which later messages find earlier ones: who sent which bytes under which control id (`seen`), and the
// names of documents and sets (`alias`). They are hashes, so each would be written to a page of its own; those of the
// latest messages are therefore held in memory, and go to the tables in the order of their hashes, many to a page.
// Nothing is lost by that: the rows of `message` hold the same and are read again when a crash came in between. Memory
// is bounded by `messages_held_max`: half of them
// arrive while the other half is on its way to the tables. Thread: the writer's.
#pragma once

#include "core/model/message.hpp"
#include "core/store/sqlite/database.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

struct seen_name {
  std::int64_t origin = 0, content = 0;
  model::message_id message = 0;
};

struct alias_name {
  std::int64_t name = 0, key = 0;
  model::message_id message = 0;
  bool came = false;  ///< a message brought the document of this name
};

/// The names that a message touched, as they stand in its row: 8 bytes each, and one byte that says whether the message
/// brought the document of the last name. Rows of the first version lack that byte: all of theirs are taken for known.
class message_names {
 public:
  explicit message_names(std::string_view bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / sizeof(std::int64_t); }
  std::int64_t operator[](std::size_t at) const {
    std::int64_t name = 0;
    std::memcpy(&name, bytes_.data() + at * sizeof(name), sizeof(name));
    return name;
  }
  bool came(std::size_t at) const {
    const bool has_mark = bytes_.size() % sizeof(std::int64_t) == 1;
    return !has_mark || (at + 1 == size() && bytes_.back() != 0);
  }
  static std::string bytes_of(const std::int64_t* names, std::size_t count, bool last_came) {
    std::string bytes(reinterpret_cast<const char*>(names), count * sizeof(*names));
    return bytes += last_came ? '\1' : '\0';
  }

 private:
  std::string_view bytes_;
};

/// Positions in a list by the hash of what stands there; the list itself stays with the owner.
class name_slots {
 public:
  template <class Is>
  std::optional<std::uint32_t> find(std::uint64_t hash, const Is& is) const {
    if (slots_.empty()) return std::nullopt;
    for (auto at = hash & mask(); slots_[at] != 0; at = (at + 1) & mask()) {
      if (is(slots_[at] - 1)) return slots_[at] - 1;
    }
    return std::nullopt;
  }
  /// Replaces the position for which `is` holds. False: there are too many, make it larger and put all of them again.
  template <class Is>
  bool put(std::uint64_t hash, std::uint32_t position, const Is& is) {
    if ((count_ + 1) * 2 > slots_.size()) return false;
    auto at = hash & mask();
    while (slots_[at] != 0 && !is(slots_[at] - 1)) at = (at + 1) & mask();
    if (slots_[at] == 0) ++count_;
    slots_[at] = position + 1;
    return true;
  }
  void clear(std::size_t expected);
  std::size_t size() const { return slots_.size(); }

 private:
  std::uint64_t mask() const { return slots_.size() - 1; }
  std::vector<std::uint32_t> slots_;  ///< position + 1; 0: free
  std::size_t count_ = 0;
};

class recent_names {
 public:
  /// Reads what the tables do not have yet from the messages. Throws storage_error, as all below that are not noexcept.
  recent_names(connection& database, std::size_t messages_held_max);

  std::optional<model::message_id> find_seen(std::int64_t origin, std::int64_t content);
  /// Other bytes from the same origin; to be asked when these have not been seen.
  bool is_origin_seen(std::int64_t origin);
  void add_seen(seen_name what);
  std::optional<alias_name> find_alias(std::int64_t name);
  void set_alias(alias_name what);

  /// Within a transaction: some of what is due to the tables, in proportion to what came.
  void write_some();
  /// Within a transaction: everything, so that messages up to the last one can be removed.
  void write_all();
  /// The names of messages up to here are in the tables.
  model::message_id written_up_to() const { return written_up_to_; }

  void begin() noexcept;
  void begin_part() noexcept;
  void undo_part();
  void committed();
  void rolled_back();

 private:
  struct mark {
    std::size_t seen = 0, aliases = 0;
  };
  /// Sorted, on its way to the tables.
  struct leaving {
    std::vector<seen_name> seen;
    std::vector<alias_name> aliases;
    std::size_t seen_written = 0, aliases_written = 0;
    model::message_id last = 0;
    bool is_empty() const { return seen.empty() && aliases.empty(); }
    bool is_written() const { return seen_written == seen.size() && aliases_written == aliases.size(); }
  };

  void read_again();
  void cut_back(mark to);
  void index_all();
  bool index_seen(std::uint32_t position);
  bool index_alias(std::uint32_t position);
  void let_leave();
  void write(leaving& what, std::size_t seen_max, std::size_t aliases_max);
  void note(model::message_id up_to);

  connection& database_;
  const std::size_t arriving_max_;
  statement find_seen_, find_origin_, add_seen_, find_alias_, set_alias_, note_;

  std::vector<seen_name> seen_;  ///< in the order of arrival
  std::vector<alias_name> aliases_;
  name_slots by_content_, by_origin_, by_name_;
  leaving leaving_;
  std::size_t seen_written_before_ = 0, aliases_written_before_ = 0;
  mark group_, part_;
  bool all_written_ = false;  ///< in this transaction
  model::message_id written_up_to_ = 0;
};

}  // namespace liaison::store::sqlite
