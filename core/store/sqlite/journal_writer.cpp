// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/journal_writer.hpp"

#include "core/base/thread_name.hpp"
#include "core/store/sqlite/intake_record.hpp"
#include "core/store/sqlite/requests.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace liaison::store::sqlite {
namespace {

/// So that the records of a group find their place in a segment.
constexpr std::size_t group_bytes_max = 4 * 1024 * 1024;

}  // namespace

journal_writer::journal_writer(journal& to, payload_log& large, executor& runs, const sqlite_options& options,
                               std::function<void(std::uint64_t, double)> on_decided)
    : journal_(to),
      large_(large),
      executor_(runs),
      options_(options),
      on_decided_(std::move(on_decided)),
      last_number_(to.last_synced()) {}

journal_writer::~journal_writer() { stop(); }

void journal_writer::start() {
  thread_ = std::thread([this] { work(); });
}

void journal_writer::add(intake what, callback<result<done>> then) {
  bool was_empty = false;
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    was_empty = queue_.empty();
    what.message.size_bytes = what.raw->size();
    queue_.push_back({++last_number_, std::move(what), std::move(then)});
  }
  if (was_empty) wake_.notify_one();
}

void journal_writer::stop() {
  {
    std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void journal_writer::work() {
  name_this_thread("store-journal");
  std::vector<item> group;
  while (take(group)) decide(std::exchange(group, {}));
}

/// False: stopping, and nothing is left to do.
bool journal_writer::take(std::vector<item>& group) {
  std::unique_lock hold(mutex_);
  wake_.wait(hold, [&] { return stopping_ || !queue_.empty(); });
  std::size_t size_bytes = 0;
  while (!queue_.empty() && size_bytes < group_bytes_max) {
    size_bytes += queue_.front().what.raw->size() + queue_.front().what.message.facts_json.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !group.empty();
}

void journal_writer::append(const item& one) {
  std::optional<payload_place> payload;
  if (one.what.raw->size() > options_.inline_bytes_max) payload = large_.append(*one.what.raw);
  body_.clear();
  append_intake(body_, one.what, payload);
  journal_.append(one.number, body_);
}

result<done> journal_writer::write(const std::vector<item>& group) {
  if (auto why = room_is_short(options_)) return std::move(*why);
  try {
    for (const auto& each : group) append(each);
    large_.sync();
    if (!journal_.wait_for_room()) {
      journal_.discard();
      return failure{"store-failed", "what was kept before cannot be filed"};
    }
    journal_.sync();
  } catch (const storage_error& error) {
    large_.discard();
    journal_.discard();
    return as_write_failure(as_failure(error));
  }
  return done{};
}

void journal_writer::decide(std::vector<item> group) {
  const auto began = std::chrono::steady_clock::now();
  auto outcome = std::make_shared<result<done>>(write(group));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto last = group.back().number;
  auto answered = std::make_shared<std::vector<item>>(std::move(group));
  executor_.post([outcome, answered] {
    for (auto& each : *answered) each.then(*outcome);
  });
  on_decided_(last, took.count());
}

}  // namespace liaison::store::sqlite
