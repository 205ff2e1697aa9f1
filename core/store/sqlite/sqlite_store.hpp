// SPDX-License-Identifier: Apache-2.0
// The store contract on SQLite: one database in WAL mode, the journal and a folder of large payloads, in one directory that
// one process has to itself. One thread writes and commits in groups, one reads for
// deliveries, one for people; docs/decisions/0003-storage.md says
// why.
#pragma once

#include "core/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace liaison::store {

struct sqlite_options {
  std::filesystem::path directory;  ///< made when missing, with mode 0700
  /// Payloads up to this size are kept inside the database or the journal's records, larger ones outside.
  std::uint64_t inline_bytes_max = 128 * 1024;
  /// With less room on the file system `take_in` answers `full`; updates of deliveries go on into this reserve.
  std::uint64_t free_bytes_min = 64 * 1024 * 1024;
  std::uint32_t receipts_kept = 50;  ///< of each kind and delivery: so many first and so many last ones; at least 1
  std::uint32_t group_operations_max = 1024;
  std::uint64_t group_bytes_max = 16 * 1024 * 1024;  ///< a group ends with the operation that passes it
  std::uint64_t wal_bytes_max = 16 * 1024 * 1024;    ///< the log is worked off when it passes this
  /// Of so many of the latest messages the names for finding duplicates, orders and marks are held in memory: 40 bytes for each
  /// name, of which a message has about five.
  std::uint32_t recent_messages_max = 8'192;
  std::uint32_t page_size_bytes = 4096;         ///< of a new database
  std::uint64_t cache_bytes = 4 * 1024 * 1024;  ///< of the writer; each reader has an eighth of it
  std::uint64_t database_bytes_max = 0;         ///< without payload files; 0: the disk's limit
  /// What `keep` kept may wait in the journal for its rows up to this size; then intake waits for the filing.
  std::uint64_t journal_bytes_max = 512ULL * 1024 * 1024;
  std::uint64_t journal_segment_bytes = 8 * 1024 * 1024;
};

/// Opens or makes the store. `runs` and `time` must outlive it. Failures: "store-newer" (made by a later version of the
/// program), "store-locked" (another process has it), "store-corrupt", "store-permission", "store-full",
/// "store-failed". Thread: any; the calls of the store then as the contract says.
result<std::unique_ptr<store>> open_sqlite(sqlite_options options, executor& runs, const clock& time);

}  // namespace liaison::store
