// SPDX-License-Identifier: Apache-2.0
// Under which names which messages are found, in some megabytes of memory however many there are: names of the latest messages are held
// there, those of earlier ones stand in runs (name_run.hpp). Four neighbours of one size are merged into one, a few entries at a time, so that a
// name is written some five times in all and always behind others, and never to a page of its own.
//
// The index is no source of truth. It may still name messages that are gone, or not committed: whoever finds one asks its row. And it can be made
// again from the rows of messages. Names are salted hashes; docs/decisions/0018-names.md says why all this.
#pragma once

#include "core/store/sqlite/name_run.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace liaison::store::sqlite {

/// The lowest bit of a name says which of the two others is the message.
enum class message_is : std::uint64_t { second = 0, third = 1 };

inline std::uint64_t name_with(std::uint64_t hash, message_is where) {
  return (hash & ~std::uint64_t{1}) | static_cast<std::uint64_t>(where);
}
inline model::message_id message_of(const name_entry& what) {
  return static_cast<model::message_id>((what.name & 1) != 0 ? what.third : what.second);
}

class name_index {
 public:
  using range = run_range;

  /// Opens what is there; what is of no use is removed: runs that tell of messages after `last` are another database's.
  /// Throws storage_error, as all below that are not noexcept.
  name_index(std::filesystem::path folder, std::uint64_t seed, model::message_id last);

  /// Entries of that name whose `second` lies in [from, until], by second and third: at most `limit`, from the last on. Thread: any.
  std::vector<name_entry> find(std::uint64_t name, std::uint64_t from, std::uint64_t until, std::size_t limit) const;
  std::uint64_t size_bytes() const;  ///< on disk. Thread: any

  // Thread: the writer's, all below.
  void add(const name_entry& what);
  std::size_t held() const { return held_.size(); }
  void cut_back(std::size_t to);  ///< as many as were held then
  model::message_id last_held() const { return held_.empty() ? 0 : message_of(held_.back().what); }

  /// Messages up to this one have their names in runs.
  model::message_id written_up_to() const { return written_up_to_; }
  /// What is held goes to a run: all names of messages up to the last one. When it throws it is still held.
  void write();
  /// Merges some of what there is to merge: about so many entries. Names of messages before `oldest` are left out.
  void merge(std::size_t entries, model::message_id oldest);
  void forget_before(model::message_id oldest) noexcept;  ///< runs that name none but those

  /// Messages from `first` on whose names no run has, before those that are held.
  std::vector<range> missing(model::message_id first) const;
  /// A run that the disk changed is removed; gives what is missing with it.
  std::optional<range> drop_damaged();
  /// Fills a part of what is missing.
  void fill(range what, std::vector<name_entry> entries);

 private:
  using run = std::shared_ptr<const name_run>;
  using runs = std::vector<run>;
  struct merging {
    runs from;
    std::vector<run_reader> readers;
    std::unique_ptr<run_writer> to;
  };
  struct held_entry {
    name_entry what;
    std::uint32_t before = 0;  ///< position + 1 of the one before of the same name; 0: none
  };

  void open_all(model::message_id last);
  void link(std::uint32_t position);
  void link_all();
  std::uint64_t slot_of(std::uint64_t name) const;
  void put(run made);
  void replace_runs(runs by);
  void begin_merges();
  bool is_merging(const run& what) const;
  bool advance(merging& what, std::size_t& entries, model::message_id oldest);
  void remove(const run& what) noexcept;

  const std::filesystem::path folder_;
  const std::uint64_t seed_;
  std::uint64_t last_number_ = 0;
  model::message_id written_up_to_ = 0;
  std::vector<merging> merges_;

  mutable std::mutex mutex_;  ///< over all below
  std::vector<held_entry> held_;
  std::vector<std::uint32_t> slots_;  ///< position + 1 of the last one of a name; 0: free
  /// By first message. Never changed, but replaced: who looks something up takes all of them at once.
  std::shared_ptr<const runs> runs_ = std::make_shared<const runs>();
};

}  // namespace liaison::store::sqlite
