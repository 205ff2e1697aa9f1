// SPDX-License-Identifier: Apache-2.0
// Takes files from a watched folder. A file stays where it is until the intake has it on disk; then it goes to done/,
// or to rejected/ with NAME.issues.json beside it. What cannot be taken now stays and is tried again. A crash between
// the intake's commit and the move hands the same bytes in again, which the intake recognises as a duplicate.
#pragma once

#include "core/base/result.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace liaison::net {

struct folder_statistics {
  std::uint64_t files_accepted = 0;
  std::uint64_t files_rejected = 0;
  std::uint64_t files_postponed = 0;
  std::uint64_t scans = 0;
  std::uint64_t scans_failed = 0;
};

class folder_source {
 public:
  /// `work` and `receiver` outlive the source. A folder that is missing or cannot be read is no failure: it is logged,
  /// once, and tried again.
  folder_source(asio_executor& work, model::intake& receiver, std::string source,
                const config::folder_source& settings);
  ~folder_source();

  void adopt(const config::folder_source& settings);  ///< from the next look at the folder on
  /// Takes no new files; what is in flight is moved, at most `within_ms` long; then `then`.
  void stop(std::int64_t within_ms, std::function<void()> then);
  folder_statistics statistics() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace liaison::net
