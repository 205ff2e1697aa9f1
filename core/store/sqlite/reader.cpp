// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/reader.hpp"

#include "core/base/thread_name.hpp"

#include "core/base/assert.hpp"

#include <chrono>

namespace liaison::store::sqlite {
namespace {

/// Answers wait at most so long for others to be posted with.
constexpr std::chrono::milliseconds batch_ms_max{2};

}  // namespace

reader::reader(connection& database, const payload_files& files, const kept_bytes& kept, executor& runs)
    : executor_(runs), queries_(database, files, kept) {}

reader::~reader() { stop(); }

void reader::start() {
  thread_ = std::thread([this] { work(); });
}

void reader::add(question what) {
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    queue_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void reader::stop() {
  {
    std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void reader::work() {
  name_this_thread("store-reader");
  std::vector<answer> answers;
  auto batch_began = std::chrono::steady_clock::now();
  for (;;) {
    question next;
    bool last = false;
    {
      std::unique_lock hold(mutex_);
      wake_.wait(hold, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
      last = queue_.empty();
    }
    if (answers.empty()) batch_began = std::chrono::steady_clock::now();
    answers.push_back(next(queries_));
    if (!last && std::chrono::steady_clock::now() - batch_began < batch_ms_max) continue;
    executor_.post([batch = std::make_shared<std::vector<answer>>(std::exchange(answers, {}))] {
      for (auto& one : *batch) one();
    });
  }
}

}  // namespace liaison::store::sqlite
