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

reader::reader(connection& database, const payload_files& files, const kept_bytes& kept, const name_index& names, executor& runs)
    : executor_(runs), queries_(database, files, kept, names) {}

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
  std::deque<question> asked;
  for (;;) {
    {
      std::unique_lock hold(mutex_);
      wake_.wait(hold, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      asked.swap(queue_);
    }
    answer_all(asked);
    // What is asked from now on sees what was committed until then.
    queries_.end();
  }
}

void reader::answer_all(std::deque<question>& asked) {
  std::vector<answer> answers;
  const auto post = [&] {
    executor_.post([batch = std::make_shared<std::vector<answer>>(std::exchange(answers, {}))] {
      for (auto& one : *batch) one();
    });
  };
  auto batch_began = std::chrono::steady_clock::now();
  for (; !asked.empty(); asked.pop_front()) {
    answers.push_back(asked.front()(queries_));
    if (std::chrono::steady_clock::now() - batch_began < batch_ms_max) continue;
    post();
    batch_began = std::chrono::steady_clock::now();
  }
  if (!answers.empty()) post();
}

}  // namespace liaison::store::sqlite
