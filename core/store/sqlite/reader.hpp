// SPDX-License-Identifier: Apache-2.0
// The reader's thread: answers queries one after another from a connection of its own, each from one consistent view, which
// those that were asked before it share, and posts callbacks in batches.
#pragma once

#include "core/base/clock.hpp"
#include "core/store/sqlite/queries.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace liaison::store::sqlite {

class reader {
 public:
  reader(connection& database, const payload_files& files, const kept_bytes& kept, const name_index& names, executor& runs);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  void start();
  void stop();  ///< after everything asked is answered

  /// `read` gets the queries and gives a Value or a result<Value>. Thread: any.
  template <class Value, class Read>
  void ask(callback<result<Value>> then, Read read) {
    add([then = std::move(then), read = std::move(read)](queries& from) mutable -> answer {
      auto given = std::make_shared<result<Value>>(looked_up<Value>(from, read));
      return [then = std::move(then), given] { then(std::move(*given)); };
    });
  }

 private:
  static constexpr int views_max = 10;

  using answer = std::function<void()>;
  using question = std::function<answer(queries&)>;

  template <class Value, class Read>
  static result<Value> looked_up(queries& from, Read& read) {
    try {
      // Retention may remove what a view still names: then it is read again as things are now.
      for (int views = 1;; ++views) {
        from.begin();
        result<Value> found = read(from);
        if (!from.met_unreadable() || views == views_max) return found;
        from.end();
      }
    } catch (const storage_error& error) {
      from.give_up();
      return as_failure(error);
    }
  }

  void add(question what);
  void work();
  void answer_all(std::deque<question>& asked);

  executor& executor_;
  queries queries_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<question> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace liaison::store::sqlite
