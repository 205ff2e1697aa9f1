// SPDX-License-Identifier: Apache-2.0
// Asks a folder's disk whether it can be written, by writing: free room says nothing of a file system that an error made
// read-only, and who sends nothing because nobody is ready would never find out that the disk is well again.
#pragma once

#include "core/net/asio_executor.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace liaison::app {

/// Thread: the executor's.
class disk_probe {
 public:
  using answer = std::function<void(const std::string& why_not)>;

  /// `executor` outlives this, and runs nothing of it any more when this ends.
  disk_probe(net::asio_executor& executor, std::string folder) : executor_(executor), folder_(std::move(folder)) {}

  /// `then` hears "" when a file could be written, synced and removed within the last second, else what the disk said.
  /// A disk that says nothing for three seconds is told of as such; one write is under way at most.
  void ask(answer then);

 private:
  void tell();

  net::asio_executor& executor_;
  const std::string folder_;
  std::vector<answer> waiting_;
  bool is_under_way_ = false;
  std::int64_t asked_at_ms_ = 0, known_at_ms_ = 0;
  bool is_known_ = false;
  std::string why_not_;
};

}  // namespace liaison::app
