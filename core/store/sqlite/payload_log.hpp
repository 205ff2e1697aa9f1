// SPDX-License-Identifier: Apache-2.0
// The bytes of large messages that are kept before they have rows: appended to journal/<n>.raw and synced before the
// record of the journal that tells of them, so that they are written once, and several with one sync.
#pragma once

#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/disk.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

struct payload_place {
  std::uint64_t file = 0, at = 0;
  std::uint64_t hash = 0;  ///< of the bytes, seeded by the store
};

class payload_log {
 public:
  /// The folder is the journal's, and is there. Throws storage_error, as all below that are not noexcept.
  payload_log(std::filesystem::path directory, std::uint64_t seed, std::uint64_t file_bytes = 64ULL * 1024 * 1024);

  // The thread that appends.
  payload_place append(std::string_view bytes);
  void sync();              ///< what was appended is on disk
  void discard() noexcept;  ///< nothing will tell of what was appended since the last sync

  // Thread: any.
  std::string read(const payload_place& where, std::uint64_t size) const;  ///< throws "corrupt" when they differ
  bool is_closed(std::uint64_t file) const { return file < current_; }     ///< nothing more is appended to it
  bool remove(std::uint64_t file) noexcept;                                ///< one that is closed. False: the disk refused
  /// Files from before this start.
  const std::vector<std::uint64_t>& found() const { return found_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  void begin_file();

  const std::filesystem::path directory_;
  const std::uint64_t seed_, file_bytes_;
  mutable numbered_files files_;
  std::vector<std::uint64_t> found_;
  open_file file_;
  std::uint64_t end_ = 0, synced_ = 0;  ///< of the current file
  std::chrono::steady_clock::time_point begun_;
  std::atomic<std::uint64_t> current_ = 0;
  std::atomic<std::uint64_t> size_bytes_ = 0;
};

}  // namespace liaison::store::sqlite
