// SPDX-License-Identifier: Apache-2.0
// The journal's thread: takes every intake that waits, appends them as one group (large payloads beside it), and says that
// they are kept. Making their rows is left to the writer (writer.hpp).
#pragma once

#include "core/store/sqlite/journal.hpp"
#include "core/store/sqlite/payload_log.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/sqlite_store.hpp"
#include "core/store/store.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace liaison::store::sqlite {

class journal_writer {
 public:
  /// Told on the journal's thread that everything up to this number is on disk or refused; and what of it is on disk, without
  /// the bytes and facts that the journal goes on holding.
  using deciding = std::function<void(std::uint64_t number, double seconds, std::vector<filing_request> kept)>;

  journal_writer(journal& to, payload_log& large, executor& runs, const sqlite_options& options,
                 deciding on_decided);
  ~journal_writer();
  journal_writer(const journal_writer&) = delete;
  journal_writer& operator=(const journal_writer&) = delete;

  void start();
  /// `then` is posted when the intake is on disk, or not. Thread: one, as for `last_number` and `last_of_leaving`.
  void add(intake_box what, callback<result<done>> then);
  std::uint64_t last_number() const { return last_number_; }          ///< of what was handed in
  std::uint64_t last_of_leaving() const { return last_of_leaving_; }  ///< of what `identity::tells_of_leaving`
  void stop();                                                ///< after everything handed in is decided

 private:
  struct item {
    std::uint64_t number = 0;
    intake_box what;
    callback<result<done>> then;
  };

  void work();
  bool take(std::vector<item>& group);
  result<std::vector<kept_place>> write(std::vector<item>& group);
  std::optional<payload_place> append(item& one);
  void decide(std::vector<item> group);

  journal& journal_;
  payload_log& large_;
  executor& executor_;
  const sqlite_options& options_;
  const deciding on_decided_;
  std::uint64_t last_number_ = 0, last_of_leaving_ = 0;
  std::string body_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace liaison::store::sqlite
