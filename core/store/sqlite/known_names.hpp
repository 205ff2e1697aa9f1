// SPDX-License-Identifier: Apache-2.0
// The names by which later messages find earlier ones: who sent which bytes under which control id, the names of documents and sets,
// and marks. They go to the name index with the transaction that writes the message; the rows of `message` hold what they are made of, so
// that what a crash or the disk took is made again. Thread: the writer's, but for `index`.
#pragma once

#include "core/model/message.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/name_index.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

/// From whom under which control id, hashed; whether there was one is said in its lowest bit.
struct seen_name {
  std::int64_t origin = 0, content = 0;  ///< `content`: the first bytes of the SHA-256
};
std::int64_t origin_with(std::int64_t hash, bool has_control_id);

struct alias_name {
  std::int64_t key = 0;
  bool came = false;  ///< a message brought the document of this name
};

struct mark_name {
  std::int64_t name = 0;
  std::int32_t part = 0;
  auto operator<=>(const mark_name&) const = default;
};
/// In `message.marks`: 24 hexadecimal digits each.
std::string text_of(const std::vector<mark_name>& marks);

/// The names of documents that a message touched, as they stand in its row: 8 bytes each, and a byte that says of which of them the document is
/// known to have come, by it or before. Rows of earlier versions have another byte or none: of them the last one's, or all, are taken for known.
class message_names {
 public:
  explicit message_names(std::string_view bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / sizeof(std::int64_t); }
  std::int64_t operator[](std::size_t at) const {
    std::int64_t name = 0;
    std::memcpy(&name, bytes_.data() + at * sizeof(name), sizeof(name));
    return name;
  }
  /// The message brought the document of this name.
  bool brought(std::size_t at) const { return at + 1 == size() && (!has_byte() || (bytes_.back() & brought_bit) != 0); }
  bool came(std::size_t at) const;
  static std::string bytes_of(const std::int64_t* names, const bool* came, std::size_t count, bool last_brought);

 private:
  static constexpr char brought_bit = 1, full_bit = 2;
  bool has_byte() const { return bytes_.size() % sizeof(std::int64_t) == 1; }
  std::string_view bytes_;
};

/// Where a mark or a document's name stands in the index, the newest message first; also for readers, who ask the rows of their own view.
/// `before`: messages below it only; 0: all.
std::vector<name_entry> find_messages(const name_index& in, std::int64_t name, model::message_id before, std::size_t limit);
mark_name mark_of(const name_entry& what);
alias_name alias_of(const name_entry& what);

class known_names {
 public:
  /// Reads from the messages what the index does not have. Throws storage_error, as all below that are not noexcept.
  known_names(connection& database, std::filesystem::path folder, std::uint64_t seed, std::size_t messages_held_max);

  const name_index& index() const { return index_; }

  /// False: nothing came from this origin, which has a control id.
  bool may_know(std::int64_t origin) const;
  /// Messages with this name, the newest first; a few at most. Their rows decide.
  std::vector<model::message_id> find_seen(const seen_name& what) const;
  /// Something else came from the same origin, which has a control id.
  bool is_origin_seen(std::int64_t origin);
  void add_seen(const seen_name& what, model::message_id message);
  /// As the last message that touched it left it; with that one it goes.
  std::optional<alias_name> find_alias(std::int64_t name);
  void set_alias(std::int64_t name, const alias_name& what, model::message_id message);
  /// The newest message that has it.
  std::optional<model::message_id> find_mark(std::int64_t name);
  void add_mark(const mark_name& what, model::message_id message);

  // Around a transaction.
  void begin();
  void begin_part() noexcept { part_ = index_.held(); }
  void undo_part() { index_.cut_back(part_); }
  void committed() noexcept;  ///< some of what is held may go to disk now
  void rolled_back() { index_.cut_back(group_); }

  void forget_before(model::message_id oldest) noexcept;  ///< no message before it is left
  void write_all() noexcept;                              ///< so that the next start need not read them again

 private:
  std::vector<name_entry> names_in(const cursor& row) const;
  void read_held();
  void read_missing(const name_index::range& what);
  void mend();
  void write();
  bool is_there(model::message_id message);

  connection& database_;
  name_index index_;
  const std::size_t messages_held_max_;
  const model::message_id older_rows_;  ///< rows up to here were written before origins said what `origin_with` says
  statement is_there_, read_rows_;
  model::message_id oldest_ = 0;
  std::size_t group_ = 0, part_ = 0;
  std::size_t messages_ = 0;  ///< whose names are held, about
};

}  // namespace liaison::store::sqlite
