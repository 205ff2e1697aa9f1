// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/writer.hpp"

#include "core/base/thread_name.hpp"
#include "core/base/time_slice.hpp"
#include "core/observe/log.hpp"
#include "core/store/sqlite/intake_record.hpp"
#include "core/store/sqlite/salted_hash.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

namespace liaison::store::sqlite {
namespace {

constexpr std::size_t timings_kept_max = 10'000;
constexpr int writer_nice = 10;
constexpr std::chrono::milliseconds writer_slice{3};
/// Records wait so long for others, so that many share the pages that they are written to.
constexpr std::chrono::milliseconds filing_delay{5};
constexpr std::uint64_t records_worth_filing = 256;
constexpr std::uint64_t records_of_a_burst = 4'096;
constexpr int yielding_factor = 4;
constexpr std::chrono::milliseconds burst_pulse{5};
constexpr int quiet_pulses_max = 4;  ///< a slow sync is not the end of a burst
constexpr std::size_t records_bytes_max = 1024 * 1024;
constexpr std::size_t handed_max = 512;
constexpr std::chrono::milliseconds filing_pause{200};  ///< after the disk said no
constexpr std::chrono::seconds filing_at_stop_max{2};   ///< the rest is filed at the next start

journal_settings settings_of(const sqlite_options& options, write_session& session) {
  journal_settings settings;
  settings.directory = options.directory / "journal";
  settings.seed = seed_of(session.salt());
  settings.is_needed = [&session](std::uint64_t sequence) { return session.is_needed(holder_kind::segment, sequence); };
  settings.reserve_bytes = options.free_bytes_min;
  settings.segment_bytes = options.journal_segment_bytes;
  settings.bytes_max = options.journal_bytes_max;
  return settings;
}

std::uint64_t bytes_of(const request& what) {
  const auto size_of = [](const intake& one) { return one.raw->size() + one.message.facts_json.size(); };
  if (const auto* taken = std::get_if<take_in_request>(&what)) return size_of(*taken->what);
  std::uint64_t sum = 0;
  if (const auto* settled = std::get_if<settle_request>(&what)) {
    for (const auto& one : settled->follows) sum += size_of(one);
  }
  return sum;
}

/// Takes the filing requests out of the group.
std::vector<filed> filed_of(std::vector<request>& group) {
  std::vector<filed> made;
  std::erase_if(group, [&](request& each) {
    auto* record = std::get_if<filing_request>(&each);
    if (record == nullptr) return false;
    LIAISON_ASSERT(record->outcome.has_value());
    if (is_kept(*record->outcome)) {
      record->what->message.id = record->outcome->id;
      made.push_back({std::move(record->what->message), std::move(*record->outcome)});
    }
    return true;
  });
  return made;
}

void answer(request& what) {
  std::visit(
      [](auto& r) {
        LIAISON_ASSERT(r.outcome.has_value());
        if constexpr (!std::is_same_v<std::decay_t<decltype(r)>, filing_request>) r.then(std::move(*r.outcome));
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
      journal_(settings_of(options, session_), session_.filed()),
      large_(options.directory / "journal", seed_of(session_.salt())),
      kept_(journal_, large_),
      retention_(session_, group_.lines(), group_.patients(), kept_),
      page_size_bytes_(database.number("PRAGMA page_size")),
      log_pages_wanted_(static_cast<std::int64_t>(options.wal_bytes_max) / page_size_bytes_) {
  files.remove_strays(session_.last_message_id());
  retention_.remove_doomed_files();
  file_bytes_ = session_.file_bytes();
  reached_ = filed_ = session_.filed();
  decided_ = journal_.last_synced();
  strays_after_ = decided_;
  remove_strays();
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

void writer::add_after(std::uint64_t after, request what) {
  {
    std::lock_guard hold(mutex_);
    LIAISON_ASSERT(!stopping_);
    ordered_.push_back({after, std::move(what)});
  }
  wake_.notify_one();
}

void writer::decided(std::uint64_t number, double seconds, std::vector<filing_request> kept) {
  bool is_first = false;
  {
    std::lock_guard hold(mutex_);
    is_first = decided_ <= reached_;
    const bool follows = handed_.empty() ? is_first : handed_last_ == decided_;
    if (follows && handed_.size() + kept.size() <= handed_max) {
      std::move(kept.begin(), kept.end(), std::back_inserter(handed_));
      handed_last_ = number;
    }
    decided_ = number;
  }
  // Others that follow are seen when the first one's time is over.
  if (is_first || number - reached_ >= records_worth_filing) wake_.notify_one();
  std::lock_guard hold(statistics_mutex_);
  if (statistics_.commit_seconds_new.size() < timings_kept_max) statistics_.commit_seconds_new.push_back(seconds);
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
    stop_by_ = steady::now() + filing_at_stop_max;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void writer::work() {
  name_this_thread("store-writer");
  // Senders wait for the other threads; for this one only when the journal is full.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), writer_nice);
  ask_for_time_slices_of(writer_slice);
  std::vector<request> group;
  while (take_group(group)) {
    const auto began = steady::now();
    if (!group.empty()) commit(std::exchange(group, {}));
    journal_.prepare();
    sweep();
    work_off_log();
    yield_to_intake(steady::now() - began);
  }
  session_.names.write_all();
}

/// Something that does not wait for more records. Under the mutex, as the next two.
bool writer::is_asked() const { return stopping_ || !queue_.empty() || !purges_.empty() || !sweeping_.empty(); }

bool writer::has_work() const {
  return is_asked() || (!ordered_.empty() && (filing_fails_ || decided_ >= ordered_.front().after)) || is_to_file();
}

bool writer::is_to_file() const { return decided_ > reached_ && (!filing_fails_ || steady::now() >= file_again_at_); }

/// False: stopping, and nothing is left to do.
bool writer::take_group(std::vector<request>& group) {
  std::unique_lock hold(mutex_);
  while (!has_work()) {
    if (filing_fails_) wake_.wait_until(hold, file_again_at_);
    else wake_.wait(hold);
  }
  // Only records: they may wait for more of them.
  wake_.wait_for(hold, filing_delay, [&] {
    return is_asked() || !is_to_file() || decided_ - reached_ >= records_worth_filing;
  });
  std::move(purges_.begin(), purges_.end(), std::back_inserter(sweeping_));
  purges_.clear();
  if (filing_fails_ && !is_to_file()) refuse_ordered();
  if (is_to_file()) {
    const auto limit = ordered_.empty() ? decided_ : std::min(decided_, ordered_.front().after);
    if (limit > reached_ && !take_handed(limit, group)) {
      hold.unlock();
      take_records(limit, group);
      hold.lock();
    }
  }
  take_queued(group);
  const bool may_end = group.empty() && sweeping_.empty() && ordered_.empty() && queue_.empty();
  const bool is_filed = !is_to_file() || filing_fails_ || steady::now() >= stop_by_;
  return !(stopping_ && may_end && is_filed);
}

/// Under the mutex. Records that need not be read back. False: there are none.
bool writer::take_handed(std::uint64_t limit, std::vector<request>& group) {
  std::uint64_t last = 0;
  record_place where;
  for (; !handed_.empty() && handed_.front().number <= limit; handed_.pop_front()) {
    last = handed_.front().number;
    where = handed_.front().place.record;
    group.emplace_back(std::move(handed_.front()));
  }
  if (last == 0) return false;
  reached_ = last;
  journal_.skip(last, where);
  return true;
}

/// Records of the journal up to number `limit`.
void writer::take_records(std::uint64_t limit, std::vector<request>& group) {
  std::vector<journal_damage> damaged;
  bool is_known = true;
  std::string why = "a record of the journal is in a form that this program does not know";
  try {
    const auto take = [&](std::uint64_t number, std::string_view body, const record_place& where) {
      auto kept = intake_from(body);
      is_known = kept.has_value();
      if (!is_known) return false;
      reached_ = number;
      drop_recorded_bytes(*kept->what);
      group.emplace_back(filing_request{number, std::move(kept->what), {where, kept->payload}, std::nullopt});
      return true;
    };
    journal_.read(limit, records_bytes_max, take, damaged);
    // Nothing is there up to `limit`: the journal refused those.
    if (group.empty() && is_known) reached_ = std::max<std::uint64_t>(reached_, limit);
  } catch (const storage_error& error) {
    is_known = false;
    why = error.text;
  }
  for (const auto& each : damaged)
    observe::log_line(observe::level::error, "store-journal-damaged").with("first", each.first).with("last", each.last);
  if (!is_known && group.empty()) filing_failed(why);
}

/// While more comes in than can be filed, and nothing waits for us, senders get most of the machine: a row costs more than
/// the record that it is made of. It ends with the burst, or when the journal is half full.
void writer::yield_to_intake(steady::duration worked) {
  std::unique_lock hold(mutex_);
  const auto until = steady::now() + worked * yielding_factor;
  int quiet_pulses = 0;
  while (decided_ != burst_ended_ && decided_ - reached_ > records_of_a_burst && steady::now() < until && !journal_.is_half_full()) {
    const auto before = decided_;
    // Nor do senders wait for an empty segment.
    hold.unlock();
    journal_.prepare();
    hold.lock();
    if (wake_.wait_for(hold, burst_pulse, [&] { return is_asked() || !ordered_.empty(); })) return;
    quiet_pulses = decided_ == before ? quiet_pulses + 1 : 0;
    if (quiet_pulses == quiet_pulses_max) burst_ended_ = decided_;
  }
}

/// Of the group that was tried.
void writer::note_filing(const std::vector<request>& group) {
  bool any = false;
  for (const auto& each : group) {
    const auto* record = std::get_if<filing_request>(&each);
    if (record == nullptr) continue;
    any = true;
    if (!is_kept(*record->outcome)) return filing_failed(record->outcome->text);
  }
  if (!any) return;
  filed_ = session_.filed();
  journal_.filed(filed_);
  remove_strays();
  if (filing_fails_.exchange(false)) {
    journal_.give_up(false);
    observe::log_line(observe::level::information, "store-filing-goes-on");
  }
}

/// Once, when what was there at the start has its rows: large payloads whose record a crash forestalled.
void writer::remove_strays() {
  if (!strays_after_ || filed_ < *strays_after_) return;
  strays_after_.reset();
  for (const auto file : large_.found()) {
    if (!session_.is_needed(holder_kind::large, file)) large_.remove(file);
  }
}

/// Nothing is lost: the records are in the journal, and nothing more is kept until they have their rows.
void writer::filing_failed(const std::string& why) {
  {
    std::lock_guard hold(mutex_);
    handed_.clear();  // with those that were taken they no longer are all
  }
  file_again_at_ = steady::now() + filing_pause;
  reached_ = session_.filed();
  journal_.read_again(reached_);
  if (filing_fails_.exchange(true)) return;
  journal_.give_up(true);
  observe::log_line(observe::level::error, "store-filing-failed").with("waiting", journal_.last_synced() - reached_).with("reason", why);
}

/// Under the mutex: those that wait for records that cannot be filed now.
void writer::refuse_ordered() {
  auto refused = std::make_shared<std::vector<request>>();
  while (!ordered_.empty() && ordered_.front().after > reached_) {
    refused->push_back(std::move(ordered_.front().what));
    ordered_.pop_front();
    group_commit::refuse(refused->back(), {"store-failed", "what was kept before cannot be filed"});
  }
  if (refused->empty()) return;
  executor_.post([refused] {
    for (auto& what : *refused) answer(what);
  });
}

/// Under the mutex.
void writer::take_queued(std::vector<request>& group) {
  std::uint64_t size_bytes = 0;
  const auto has_room = [&] {
    return group.size() < options_.group_operations_max + records_worth_filing && size_bytes < options_.group_bytes_max;
  };
  while (!ordered_.empty() && ordered_.front().after <= reached_ && has_room()) {
    size_bytes += bytes_of(ordered_.front().what);
    group.push_back(std::move(ordered_.front().what));
    ordered_.pop_front();
  }
  while (!queue_.empty() && has_room()) {
    size_bytes += bytes_of(queue_.front());
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
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
  note_filing(group);
  struct answers {
    std::vector<filed> made;
    std::vector<request> asked;
  };
  auto ready = std::make_shared<answers>();
  ready->made = filed_of(group);
  ready->asked = std::move(group);
  executor_.post([told = told_, ready] {
    for (auto& what : ready->asked) answer(what);
    if (told && !ready->made.empty()) told(std::move(ready->made));
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
  taken.unfiled = journal_.last_synced() - std::min<std::uint64_t>(journal_.last_synced(), filed_);
  taken.filing_fails = filing_fails_;
  statistics_.commit_seconds_new.clear();
  return taken;
}

std::uint64_t writer::file_bytes() const {
  std::lock_guard hold(statistics_mutex_);
  return file_bytes_;
}

}  // namespace liaison::store::sqlite
