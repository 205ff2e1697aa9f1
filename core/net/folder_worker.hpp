// SPDX-License-Identifier: Apache-2.0
// The blocking half of a watched folder: which files are complete, their bytes, and where they go once the intake
// has answered. Used by one thread at a time. Memory is bounded however many files wait: the oldest few thousand are
// remembered, a few megabytes are read at once.
#pragma once

#include "core/base/bytes.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/directory.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace liaison::net {

/// A file that was read, and what the intake said about it.
struct folder_item {
  std::string name;
  file_identity identity;
  shared_bytes bytes;  ///< null: not for the intake, `answer` says why
  model::answer answer;
};

class folder_worker {
 public:
  folder_worker(std::string source, config::folder_source settings);

  enum class scan_state : std::uint8_t {
    nothing,  ///< no file, or none that could be taken
    waiting,  ///< some are not complete yet
    ready,    ///< `read_batch` has something to give
  };
  /// Failure: the folder itself cannot be read.
  result<scan_state> scan(std::int64_t now_steady_ms);

  /// The next complete files, oldest first, without those that cannot be read just now; empty when a new scan is due.
  std::vector<folder_item> read_batch();

  /// Moves what was accepted to done/ and what was rejected to rejected/ with its issues beside it; leaves the rest.
  void settle(const std::vector<folder_item>& items);

 private:
  struct candidate {
    std::string name;
    file_identity identity;
    bool operator<(const candidate& other) const {
      return std::tie(identity.modified_ns, name) < std::tie(other.identity.modified_ns, other.name);
    }
  };
  struct observed {
    file_identity identity;
    std::int64_t since_ms = 0;
    std::uint64_t scan = 0;
  };
  struct settled {
    file_identity identity;
    model::answer answer;
  };

  result<std::vector<candidate>> oldest_files();
  bool is_for_us(const std::string& name) const;
  bool has_witness(const std::string& name, const struct stat& status);
  std::vector<std::string> witnesses_of(const std::string& name) const;
  bool stands_still(const candidate& file, std::int64_t now_steady_ms);
  std::optional<folder_item> read(const candidate& file);
  bool move_away(const folder_item& item);
  void put_back(const descriptor& folder, const std::string& moved, const std::string& name);
  void move_witnesses(const std::string& name, const descriptor& to);
  void complain_once(const file_identity& about, const char* event, const failure& why);

  const std::string source_;
  const config::folder_source settings_;
  descriptor folder_;
  std::uint64_t scans_ = 0;
  std::deque<candidate> ready_;
  std::unordered_map<std::string, observed> observed_;
  std::map<std::string, settled> unmoved_;  ///< answered, but moving failed: not handed in again by this process
  std::unordered_map<std::uint64_t, std::uint64_t> complained_;  ///< inode → scan of the last complaint
};

}  // namespace liaison::net
