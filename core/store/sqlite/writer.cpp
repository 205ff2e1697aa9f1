// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/writer.hpp"

#include "core/base/thread_name.hpp"

#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

namespace liaison::store::sqlite {
namespace {

constexpr std::size_t timings_kept_max = 10'000;

std::uint64_t bytes_of(const request& what) {
  const auto size_of = [](const intake& one) { return one.raw->size() + one.message.facts_json.size(); };
  if (const auto* taken = std::get_if<take_in_request>(&what)) return size_of(taken->what);
  std::uint64_t sum = 0;
  if (const auto* settled = std::get_if<settle_request>(&what)) {
    for (const auto& one : settled->follows) sum += size_of(one);
  }
  return sum;
}

void answer(request& what) {
  std::visit(
      [](auto& r) {
        LIAISON_ASSERT(r.outcome.has_value());
        r.then(std::move(*r.outcome));
      },
      what);
}

}  // namespace

writer::writer(connection& database, payload_files& files, executor& runs, const clock& time,
               const sqlite_options& options)
    : database_(database),
      executor_(runs),
      options_(options),
      session_(database, files, time, options),
      group_(session_),
      retention_(session_, group_.lines(), group_.patients()),
      page_size_bytes_(database.number("PRAGMA page_size")),
      log_pages_wanted_(static_cast<std::int64_t>(options.wal_bytes_max) / page_size_bytes_) {
  files.remove_strays(session_.last_message_id());
  retention_.remove_doomed_files();
  file_bytes_ = session_.file_bytes();
}

writer::~writer() { stop(); }

void writer::start() {
  thread_ = std::thread([this] { work(); });
}

void writer::add(request what) {
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    queue_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void writer::add(purge_request what) {
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    purges_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void writer::stop() {
  {
    std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void writer::work() {
  name_this_thread("store-writer");
  std::vector<request> group;
  while (take_group(group)) {
    if (!group.empty()) commit(std::exchange(group, {}));
    sweep();
    work_off_log();
  }
  write_names();
}

// So that the next start need not read them again; where the disk says no, it does.
void writer::write_names() {
  try {
    session_.begin();
    session_.recent.write_all();
    session_.commit();
  } catch (const storage_error&) {
    session_.roll_back();
  }
}

/// False: stopping, and nothing is left to do.
bool writer::take_group(std::vector<request>& group) {
  std::unique_lock hold(mutex_);
  wake_.wait(hold, [&] { return stopping_ || !queue_.empty() || !purges_.empty() || !sweeping_.empty(); });
  std::move(purges_.begin(), purges_.end(), std::back_inserter(sweeping_));
  purges_.clear();
  std::uint64_t size_bytes = 0;
  while (!queue_.empty() && group.size() < options_.group_operations_max && size_bytes < options_.group_bytes_max) {
    size_bytes += bytes_of(queue_.front());
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !(stopping_ && group.empty() && sweeping_.empty());
}

void writer::commit(std::vector<request> group) {
  const auto began = std::chrono::steady_clock::now();
  group_.run(group);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  {
    std::lock_guard hold(statistics_mutex_);
    ++statistics_.commits;
    statistics_.operations += group.size();
    statistics_.commit_seconds_last = took.count();
    if (statistics_.commit_seconds_new.size() < timings_kept_max) {
      statistics_.commit_seconds_new.push_back(took.count());
    }
    file_bytes_ = session_.file_bytes();
  }
  auto answered = std::make_shared<std::vector<request>>(std::move(group));
  executor_.post([answered] {
    for (auto& what : *answered) answer(what);
  });
}

void writer::sweep() {
  if (sweeping_.empty()) return;
  auto& what = sweeping_.front();
  if (!what.begun) {
    what.begun = true;
    retention_.begin();
  }
  if (!retention_.slice(what)) return;
  {
    std::lock_guard hold(statistics_mutex_);
    file_bytes_ = session_.file_bytes();
  }
  executor_.post([done = std::make_shared<purge_request>(std::move(what))] { done->then(std::move(*done->outcome)); });
  sweeping_.pop_front();
}

// After the callbacks are posted, so that no sender waits for it; the next group does, for a few milliseconds.
void writer::work_off_log() {
  const std::int64_t pages = database_.log_pages();
  const auto usual = static_cast<std::int64_t>(options_.wal_bytes_max) / page_size_bytes_;
  if (pages < log_pages_wanted_) {
    // The log began anew since a reader was in the way.
    if (pages < usual) log_pages_wanted_ = usual;
    return;
  }
  bool all = false;
  try {
    all = database_.checkpoint();
  } catch (const storage_error&) {
    // The log stays as it is and is worked off when the disk is well again: nothing is lost.
  }
  // A reader, or the disk, was in the way: not again for each group.
  log_pages_wanted_ = all ? usual : pages + usual / 4;
}

statistics writer::take_statistics() {
  std::lock_guard hold(statistics_mutex_);
  auto taken = statistics_;
  statistics_.commit_seconds_new.clear();
  return taken;
}

std::uint64_t writer::file_bytes() const {
  std::lock_guard hold(statistics_mutex_);
  return file_bytes_;
}

}  // namespace liaison::store::sqlite
