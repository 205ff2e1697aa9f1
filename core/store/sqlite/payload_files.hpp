// SPDX-License-Identifier: Apache-2.0
// Large payloads as files: payload/<id / 1000>/<id>.raw, written once under a temporary name, synced and renamed before
// the transaction that tells of them commits. What a crash leaves behind has an id that no message has, and goes at the
// next start.
#pragma once

#include "core/store/sqlite/database.hpp"

#include "core/model/message.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::store::sqlite {

class payload_files {
 public:
  /// Makes the folders. Throws storage_error, as do the calls below that are not noexcept.
  explicit payload_files(std::filesystem::path directory);

  void write(model::message_id id, std::string_view bytes);  ///< under a temporary name
  void settle();                                             ///< everything written: on disk and in place
  void keep() noexcept { written_.clear(); }                 ///< the transaction committed
  void discard(std::size_t from = 0) noexcept;               ///< it did not, or not what was written from there on
  std::size_t written_count() const { return written_.size(); }

  void remove(model::message_id id) noexcept;
  /// What was never committed: temporary files, and files of ids above `last`.
  void remove_strays(model::message_id last);

  /// Thread: any.
  std::string read(model::message_id id, std::uint64_t size_bytes_max) const;

 private:
  struct written {
    model::message_id id;
    int file;
    std::uint64_t size_bytes;
    bool renamed;
  };
  std::filesystem::path place_of(model::message_id id) const;
  std::filesystem::path temporary_of(model::message_id id) const;

  std::filesystem::path directory_;
  std::vector<written> written_;
};

}  // namespace liaison::store::sqlite
