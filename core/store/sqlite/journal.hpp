// SPDX-License-Identifier: Apache-2.0
// What was acknowledged, as an append-only log: records in numbered segments, one write and one fdatasync for each group.
// Records get rows later ("filing"); the bytes and facts of messages stay here for as long as a row says that they are
// needed. <slot>.log are the segments with records that lack rows, and those that wait to be written to;
// <sequence>.rec the others. Two threads: the one that appends and the one that files; readers besides.
// docs/decisions/0016-journal.md says why.
#pragma once

#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/disk.hpp"
#include "core/store/sqlite/journal_format.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace liaison::store::sqlite {

struct journal_settings {
  std::filesystem::path directory;     ///< made when missing
  std::uint64_t seed = 0;              ///< of the hashes: records of another store are none
  std::uint64_t reserve_bytes = 0;     ///< of the disk, left to what the store does besides
  std::uint64_t segment_bytes = 8ULL * 1024 * 1024;
  std::uint64_t bytes_max = 512ULL * 1024 * 1024;  ///< of segments with records that lack rows; at least two
  /// Asked when all records of a segment have rows: whether any row needs it. Thread: the one that files.
  std::function<bool(std::uint64_t sequence)> is_needed = [](std::uint64_t) { return false; };
};

/// Records that are gone: their bytes changed on the disk.
struct journal_damage {
  std::uint64_t first = 0, last = 0;
};

class journal {
 public:
  /// Reads what is there; records up to `filed` have rows. Throws storage_error, as all below that are not noexcept.
  journal(journal_settings settings, std::uint64_t filed);
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  std::uint64_t last_synced() const;  ///< number of the last record on disk. Thread: any
  std::uint64_t size_bytes() const;   ///< of all segments. Thread: any
  /// The body of a record, whole and unharmed; else "corrupt" is thrown. Thread: any.
  std::string body_at(const record_place& where) const;

  // The thread that appends.
  void append(std::uint64_t number, std::string_view body);  ///< into the group; numbers ascend
  /// The group is on disk; gives where each of its records stands. When it throws nothing of it is kept.
  std::vector<record_place> sync();
  void discard() noexcept;
  std::size_t group_bytes() const { return group_.size(); }
  /// Waits until the next group finds a place. False: `give_up` said so.
  bool wait_for_room();

  // The thread that files.
  /// Gets each record, whose body is lent. False: not this one, and none after it.
  using taking = std::function<bool(std::uint64_t number, std::string_view body, const record_place& where)>;
  /// The next records up to number `last`, at most about so many bytes. What is damaged is left out and told.
  void read(std::uint64_t last, std::size_t bytes_max, const taking& take, std::vector<journal_damage>& damaged);
  void read_again(std::uint64_t filed);  ///< from behind that record on
  void skip(std::uint64_t number, const record_place& where);  ///< reading goes on behind this record
  void filed(std::uint64_t number);      ///< records up to this one have rows, on disk
  bool is_half_full() const;             ///< with records that lack rows
  bool is_closed(std::uint64_t sequence) const;    ///< all of its records have rows, and no more come
  /// One that is closed and that no row needs. False: the disk refused.
  bool remove(std::uint64_t sequence) noexcept;
  void prepare();                        ///< a step towards segments for when the present one is full
  /// While it holds nobody waits for room.
  void give_up(bool now);

 private:
  struct segment {
    shared_file file;
    std::uint64_t slot = 0, sequence = 0, after = 0;
    std::uint64_t last = 0;   ///< number of its last record; `after`: it has none
    std::uint64_t end = 0;    ///< bytes that are on disk
    bool is_foul = false;     ///< a write failed: nothing more goes there
    bool is_damaged = false;
    std::chrono::steady_clock::time_point begun;
  };

  std::filesystem::path place_of(std::uint64_t slot) const;
  void look_through(std::uint64_t filed);
  void measure(segment& what, const segment* next) const;
  std::uint64_t new_slot();
  segment begin_segment(std::uint64_t slot) const;
  bool is_filled(const segment& what) const;
  void fill(const segment& what, std::uint64_t bytes) const;
  void finish(const segment& what) const;
  segment make_segment();
  void open_next(std::uint64_t size);
  void release_filed();
  std::optional<std::uint64_t> close_segment(const segment& what) const;
  std::optional<segment> segment_to_read() const;
  std::size_t read_some(const segment& from, std::uint64_t last, std::size_t bytes_max, const taking& take,
                        std::vector<journal_damage>& damaged);
  void note_damage(const segment& in, journal_damage what, std::vector<journal_damage>& damaged);

  const journal_settings settings_;
  mutable numbered_files closed_;
  std::string group_;
  std::vector<record_place> places_;  ///< of the group's records; counted from its begin
  std::uint64_t appended_ = 0;  ///< the last one of the group

  mutable std::mutex mutex_;  ///< over all below
  std::condition_variable room_;
  std::deque<segment> segments_;  ///< with records that may lack rows, and the one written to; by sequence
  std::deque<segment> free_;
  std::uint64_t slots_ = 0, sequence_ = 0;
  std::uint64_t synced_ = 0, filed_ = 0;
  std::uint64_t closed_bytes_ = 0;
  bool gave_up_ = false;

  std::optional<segment> filling_;  ///< being made ahead, by the thread that files

  // Where reading stands; records up to `skipped_` have rows already.
  std::uint64_t read_sequence_ = 0, read_at_ = 0, read_last_ = 0, skipped_ = 0;
};

}  // namespace liaison::store::sqlite
