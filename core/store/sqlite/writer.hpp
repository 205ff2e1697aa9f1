// SPDX-License-Identifier: Apache-2.0
// The writer's thread: takes everything queued and what the journal holds without rows, commits it as one group, posts
// all callbacks at once, and does the slow work (retention, working off the log) between groups. The queue holds what
// callers handed in and nothing per message that is kept; callers bound it by waiting for their callbacks.
#pragma once

#include "core/store/sqlite/group_commit.hpp"
#include "core/store/sqlite/journal.hpp"
#include "core/store/sqlite/kept_bytes.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/retention_sweep.hpp"
#include "core/store/sqlite/write_session.hpp"
#include "core/store/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
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
  /// After the journal's records up to `after` were filed. Thread: any.
  void add_after(std::uint64_t after, request what);
  void add(purge_request what);  ///< thread: any
  void stop();                   ///< after everything handed in is done

  journal& log() { return journal_; }
  payload_log& large() { return large_; }
  const kept_bytes& kept() const { return kept_; }
  const name_index& names() const { return session_.names.index(); }  ///< its calls for any thread
  /// The journal's records up to this one have rows, or are none. Thread: any
  bool is_filed(std::uint64_t number) const { return filed_ >= number; }
  /// Up to here the journal has its records, or refused them; `kept` are those that it has, so that they need not be read
  /// back. Thread: any.
  void decided(std::uint64_t number, double seconds, std::vector<filing_request> kept);
  void on_filed(callback<std::vector<filed>> told) { told_ = std::move(told); }  ///< before `decided`

  /// Counters and timings; sizes are left to the caller. Thread: any.
  statistics take_statistics();
  std::uint64_t file_bytes() const;

 private:
  using steady = std::chrono::steady_clock;
  struct ordered {
    std::uint64_t after = 0;
    request what;
  };

  void work();
  bool take_group(std::vector<request>& group);
  bool is_asked() const;
  bool has_work() const;
  bool is_to_file() const;
  void take_records(std::uint64_t limit, std::vector<request>& group);
  bool take_handed(std::uint64_t limit, std::vector<request>& group);
  void take_queued(std::vector<request>& group);
  void refuse_ordered();
  void note_filing(const std::vector<request>& group);
  void filing_failed(const std::string& why);
  void commit(std::vector<request> group);
  void sweep();
  void work_off_log();
  void yield_to_intake(std::chrono::steady_clock::duration worked);
  void remove_strays();

  connection& database_;
  executor& executor_;
  const sqlite_options& options_;
  write_session session_;
  group_commit group_;
  journal journal_;
  payload_log large_;
  kept_bytes kept_;
  retention_sweep retention_;
  std::optional<std::uint64_t> strays_after_;  ///< a record of the journal; none: they are removed
  callback<std::vector<filed>> told_;
  std::deque<purge_request> sweeping_;  ///< the writer's own
  std::atomic<std::uint64_t> reached_ = 0;  ///< records up to here are filed, or in the group
  std::atomic<bool> filing_fails_ = false;  ///< written by the writer's thread
  steady::time_point file_again_at_;
  std::int64_t page_size_bytes_;
  std::int64_t log_pages_wanted_;  ///< in the log before it is worked off

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<request> queue_;
  std::deque<ordered> ordered_;
  std::vector<purge_request> purges_;
  std::uint64_t decided_ = 0;
  std::uint64_t burst_ended_ = 0;  ///< with this record: none came for a while
  /// The records behind `reached_` up to `handed_last_`, when there are any; what else is decided is read back.
  std::deque<filing_request> handed_;
  std::uint64_t handed_last_ = 0;
  bool stopping_ = false;
  steady::time_point stop_by_;
  std::thread thread_;

  std::atomic<std::uint64_t> filed_ = 0;
  mutable std::mutex statistics_mutex_;
  statistics statistics_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace liaison::store::sqlite
