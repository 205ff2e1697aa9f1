// SPDX-License-Identifier: Apache-2.0
// Names of messages in a file that is written once, in their order: a *run*. Its directory is a row of lines, each for an equal
// part of all hashes: which of them may be there (a Bloom filter of 7 words), and at which entry they begin. So a name that is not there costs
// one look at a line, and one that is there a block of entries besides. Blocks of 4 kB carry a hash each: what the disk changed is
// noticed, never believed.
//
//   <number>.names   one block that says what it is | blocks of 63 lines | blocks of 170 entries
#pragma once

#include "core/model/message.hpp"
#include "core/store/sqlite/disk.hpp"

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

/// `name` is a salted hash; what the others are is the owner's business (known_names.hpp).
struct name_entry {
  std::uint64_t name = 0, second = 0, third = 0;
  auto operator<=>(const name_entry&) const = default;
};
static_assert(sizeof(name_entry) == 24);

/// Messages of which a run has all names, and how often what it holds was merged.
struct run_range {
  model::message_id first = 0, last = 0;
  std::uint32_t level = 0;
};

namespace run_format {

inline constexpr std::size_t block_bytes = 4096;
inline constexpr std::size_t payload_bytes = block_bytes - sizeof(std::uint64_t);  ///< then its hash
inline constexpr std::size_t lines_of_a_block = 63, entries_of_a_block = 170;

struct line {
  std::uint64_t begin = 0;  ///< first entry of this part
  std::array<std::uint64_t, 7> may_be{};
};
static_assert(sizeof(line) == 64);

struct head {
  std::array<char, 8> magic{};
  std::uint64_t seed_check = 0;
  std::int64_t first = 0, last = 0;
  std::uint64_t level = 0, lines = 0, entries = 0;
};

std::uint64_t hash_of(std::string_view payload, std::uint64_t seed, std::uint64_t block);

}  // namespace run_format

/// One that is on disk. Thread: any. All throw storage_error; "corrupt" when the disk changed something, which `is_damaged` then remembers.
class name_run {
 public:
  name_run(std::filesystem::path place, std::uint64_t seed);

  const run_range& range() const { return range_; }
  std::uint64_t size() const { return head_.entries; }
  std::uint64_t size_bytes() const;
  const std::filesystem::path& place() const { return place_; }
  bool is_damaged() const { return damaged_; }

  /// Entries of that name whose `second` is neither less than `from` nor more than `until`: the last `limit` of them, from the last on.
  void collect(std::uint64_t name, std::uint64_t from, std::uint64_t until, std::size_t limit, std::vector<name_entry>& to) const;

 private:
  friend class run_reader;
  class blocks;

  void check(std::string_view block, std::uint64_t number) const;
  std::uint64_t data_block() const;
  run_format::line line_at(std::uint64_t at) const;

  const std::filesystem::path place_;
  const std::uint64_t seed_;
  open_file file_;
  run_format::head head_;
  run_range range_;
  std::vector<run_format::line> lines_;  ///< of a small run; of a large one they are read when asked for
  mutable std::atomic<bool> damaged_ = false;
};

/// All entries of a run, in order.
class run_reader {
 public:
  explicit run_reader(const name_run& from);
  const name_entry* entry() const { return at_ < entries_.size() ? &entries_[at_] : nullptr; }  ///< none: at the end
  void next();

 private:
  void fill();

  const name_run& from_;
  std::uint64_t read_ = 0;
  std::vector<name_entry> entries_;
  std::size_t at_ = 0;
};

/// Makes one. Without `finish` nothing stays of it.
class run_writer {
 public:
  run_writer(const std::filesystem::path& folder, std::uint64_t number, run_range range, std::uint64_t entries_max, std::uint64_t seed);
  ~run_writer();
  run_writer(const run_writer&) = delete;
  run_writer& operator=(const run_writer&) = delete;

  void add(const name_entry& what);  ///< in ascending order
  std::filesystem::path finish();    ///< on disk, under its name; gives its place

 private:
  /// Blocks that are written one after another.
  struct stream {
    std::string bytes;
    std::uint64_t block = 0;  ///< the first of `bytes`
    std::size_t used = 0;     ///< of the last block
  };

  void append(stream& to, const void* what, std::size_t size, std::size_t per_block);
  void end_block(stream& of);
  void write(stream& what);
  void end_line();

  const std::filesystem::path folder_, begun_, place_;
  const std::uint64_t seed_;
  open_file file_;
  run_format::head head_;
  run_format::line line_;
  std::uint64_t line_number_ = 0;
  stream directory_, data_;
  bool finished_ = false;
};

}  // namespace liaison::store::sqlite
