// SPDX-License-Identifier: Apache-2.0
// The writer's thread: takes everything queued, commits it as one group, posts all its callbacks at once, and does the
// slow work (retention, working off the log) between groups. The queue holds what callers handed in and nothing per
// message that is kept; callers bound it by waiting for their callbacks.
#pragma once

#include "core/store/sqlite/group_commit.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/retention_sweep.hpp"
#include "core/store/sqlite/write_session.hpp"
#include "core/store/store.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace liaison::store::sqlite {

class writer {
 public:
  /// Opens its connection and brings what a crash left into order. Throws storage_error.
  writer(connection& database, payload_files& files, executor& runs, const clock& time, const sqlite_options& options);
  ~writer();
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void start();
  void add(request what);        ///< thread: any
  void add(purge_request what);  ///< thread: any
  void stop();                   ///< after everything handed in is done

  /// Counters and timings; sizes are left to the caller. Thread: any.
  statistics take_statistics();
  std::uint64_t file_bytes() const;

 private:
  void work();
  bool take_group(std::vector<request>& group);
  void commit(std::vector<request> group);
  void sweep();
  void work_off_log();
  void write_names();

  connection& database_;
  executor& executor_;
  const sqlite_options& options_;
  write_session session_;
  group_commit group_;
  retention_sweep retention_;
  std::deque<purge_request> sweeping_;  ///< the writer's own
  std::int64_t page_size_bytes_;
  std::int64_t log_pages_wanted_;  ///< in the log before it is worked off

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<request> queue_;
  std::vector<purge_request> purges_;
  bool stopping_ = false;
  std::thread thread_;

  mutable std::mutex statistics_mutex_;
  statistics statistics_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace liaison::store::sqlite
