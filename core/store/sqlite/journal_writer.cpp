// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/journal_writer.hpp"

#include "core/base/digest.hpp"
#include "core/base/thread_name.hpp"
#include "core/identity/observation.hpp"
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
                               deciding on_decided)
    : journal_(to),
      large_(large),
      executor_(runs),
      options_(options),
      on_decided_(std::move(on_decided)),
      last_number_(to.last_synced()),
      last_of_leaving_(last_number_) {}

journal_writer::~journal_writer() { stop(); }

void journal_writer::start() {
  thread_ = std::thread([this] { work(); });
}

void journal_writer::add(intake_box what, callback<result<done>> then) {
  bool was_empty = false;
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    was_empty = queue_.empty();
    what->message.size_bytes = what->raw->size();
    ++last_number_;
    if (identity::tells_of_leaving(what->subject)) last_of_leaving_ = last_number_;
    queue_.push_back({last_number_, std::move(what), std::move(then)});
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
    const auto& next = *queue_.front().what;
    size_bytes += next.raw->size() + next.message.facts_json.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !group.empty();
}

std::optional<payload_place> journal_writer::append(item& one) {
  auto& message = one.what->message;
  const auto& raw = *one.what->raw;
  if (message.sha256.empty()) message.sha256 = sha256_hex_of(raw);
  std::optional<payload_place> payload;
  if (raw.size() > options_.inline_bytes_max) payload = large_.append(raw);
  body_.clear();
  append_intake(body_, *one.what, payload);
  journal_.append(one.number, body_);
  return payload;
}

result<std::vector<kept_place>> journal_writer::write(std::vector<item>& group) {
  if (auto why = room_is_short(options_)) return std::move(*why);
  std::vector<kept_place> places(group.size());
  try {
    for (std::size_t i = 0; i < group.size(); ++i) places[i].payload = append(group[i]);
    large_.sync();
    if (!journal_.wait_for_room()) {
      journal_.discard();
      return failure{"store-failed", "what was kept before cannot be filed"};
    }
    const auto records = journal_.sync();
    for (std::size_t i = 0; i < group.size(); ++i) places[i].record = records[i];
  } catch (const storage_error& error) {
    large_.discard();
    journal_.discard();
    return as_write_failure(as_failure(error));
  }
  return places;
}

void journal_writer::decide(std::vector<item> group) {
  const auto began = std::chrono::steady_clock::now();
  const auto places = write(group);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto last = group.back().number;
  std::vector<filing_request> kept;
  kept.reserve(places ? group.size() : 0);
  auto answers = std::make_shared<std::vector<callback<result<done>>>>();
  answers->reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    answers->push_back(std::move(group[i].then));
    if (!places) continue;
    drop_recorded_bytes(*group[i].what);
    kept.push_back({group[i].number, std::move(group[i].what), places.value()[i], std::nullopt});
  }
  result<done> outcome = places ? result<done>(done{}) : result<done>(places.error());
  executor_.post([outcome = std::move(outcome), answers] {
    for (auto& each : *answers) each(outcome);
  });
  on_decided_(last, took.count(), std::move(kept));
}

}  // namespace liaison::store::sqlite
