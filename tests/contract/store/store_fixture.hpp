// SPDX-License-Identifier: Apache-2.0
// What every test of a store needs: an executor and a clock in the test's hands, the backends by name, calls that wait
// for their callback, and synthetic messages.
#pragma once

#include "core/base/digest.hpp"
#include "core/store/memory/memory_store.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace liaison::store::testing {

/// Runs what was posted on the thread that calls `run_until`.
class hand_executor final : public executor {
 public:
  void post(std::function<void()> work) override {
    {
      std::lock_guard hold(mutex_);
      work_.push_back(std::move(work));
      ++posts_;
    }
    wake_.notify_one();
  }
  timer call_after(std::int64_t, std::function<void()>) override {
    ADD_FAILURE() << "a store sets no timers";
    return 0;
  }
  void cancel(timer) override {}

  /// False when 30 s pass before `reached` holds.
  bool run_until(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!reached()) {
      std::function<void()> next;
      {
        std::unique_lock hold(mutex_);
        if (!wake_.wait_until(hold, deadline, [&] { return !work_.empty(); })) return false;
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
    return true;
  }
  std::size_t posts() const {
    std::lock_guard hold(mutex_);
    return posts_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  std::size_t posts_ = 0;
};

class hand_clock final : public clock {
 public:
  unix_ms now() const override { return now_; }
  std::int64_t steady_ms() const override { return now_; }
  void set(unix_ms now) { now_ = now; }
  void advance(std::int64_t by_ms) { now_ += by_ms; }

 private:
  std::atomic<unix_ms> now_ = 1'000'000;
};

/// A folder of its own, removed at the end; in memory where there is such a place, as none of these tests cuts the
/// power.
class scratch_folder {
 public:
  scratch_folder() {
    const std::filesystem::path in_memory = "/dev/shm";
    const auto parent = ::access(in_memory.c_str(), W_OK) == 0 ? in_memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "liaison-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A call that has been made; its answer comes later.
template <class Value>
struct pending_call {
  std::shared_ptr<std::optional<Value>> given = std::make_shared<std::optional<Value>>();
  callback<Value> then() {
    return [kept = given](Value value) {
      EXPECT_FALSE(kept->has_value()) << "called back twice";
      kept->emplace(std::move(value));
    };
  }
  bool answered() const { return given->has_value(); }
};

template <class Value, class Call>
Value wait_for(hand_executor& runs, Call call) {
  pending_call<Value> pending;
  call(pending.then());
  EXPECT_FALSE(pending.answered()) << "called back from inside the call";
  if (!runs.run_until([&] { return pending.answered(); })) throw std::runtime_error("no callback within 30 s");
  return std::move(**pending.given);
}

inline intake message_of(std::string bytes, std::vector<std::string> recipients = {"gp"}, std::string sender_key = {}) {
  intake made;
  made.message.source = "hospital";
  made.message.peer = "127.0.0.1:40412";
  made.message.received_at = 1'000'000;
  made.message.format = "hl7v2";
  made.message.sha256 = sha256_hex_of(bytes);
  made.message.size_bytes = bytes.size();
  made.message.control_id = sender_key;
  made.message.facts_json = R"({"format":"hl7v2","document":{"type":{"code":"11490-0"}}})";
  made.message.state = recipients.empty() ? model::message_state::unrouted : model::message_state::routed;
  made.raw = share(std::move(bytes));
  made.sender_key = std::move(sender_key);
  made.document_type = "11490-0";
  for (auto& name : recipients) made.deliveries.push_back({std::move(name), "hprim-medecin", "hprim-medecin"});
  return made;
}

struct document_names {
  std::string id, set, replaces;
};

inline intake document_of(document_names names, std::vector<std::string> recipients = {"gp"}) {
  auto made = message_of("document " + names.id + " of " + names.set + " for " + names.replaces, std::move(recipients));
  made.document_id = std::move(names.id);
  made.set_id = std::move(names.set);
  made.replaces = std::move(names.replaces);
  return made;
}

inline sqlite_options quick_options(const std::filesystem::path& folder) {
  sqlite_options options;
  options.directory = folder;
  options.free_bytes_min = 0;
  options.receipts_kept = 3;
  options.journal_segment_bytes = 32 * 1024;  // so that they are written over in every test
  options.journal_bytes_max = 8 * 1024 * 1024;
  options.recent_messages_max = 20;  // so that names are on their way to the tables in every test
  return options;
}

/// A store with waiting versions of its calls.
class open_store {
 public:
  open_store(hand_executor& runs, std::unique_ptr<store> opened) : runs_(runs), store_(std::move(opened)) {}

  store& operator*() { return *store_; }
  store* operator->() { return store_.get(); }
  void reset(std::unique_ptr<store> other = nullptr) { store_ = std::move(other); }

  intake_outcome take_in(intake what) {
    return wait_for<intake_outcome>(runs_, [&](auto then) { store_->take_in(std::move(what), std::move(then)); });
  }
  model::message_id stored(intake what) {
    const auto outcome = take_in(std::move(what));
    EXPECT_EQ(outcome.verdict, intake_verdict::stored) << outcome.text;
    return outcome.id;
  }
  result<done> update(delivery_update what) {
    return wait_for<result<done>>(runs_, [&](auto then) { store_->update(std::move(what), std::move(then)); });
  }
  result<done> finish(model::delivery_id id, model::delivery_state state) {
    delivery_update what;
    what.id = id;
    what.state = state;
    return update(std::move(what));
  }
  result<done> put_off(model::delivery_id id, unix_ms until) {
    delivery_update what;
    what.id = id;
    what.next_attempt_at = until;
    what.error = "connection-refused";
    return update(std::move(what));
  }
  void ended(model::delivery_id id, model::delivery_state state) { EXPECT_TRUE(finish(id, state)); }
  void delayed(model::delivery_id id, unix_ms until) { EXPECT_TRUE(put_off(id, until)); }
  void cancelled(model::delivery_id id, unix_ms now) { EXPECT_TRUE(cancel(id, now)); }
  std::vector<work> ready_work(const std::string& recipient, due_by when, std::vector<model::delivery_id> except = {},
                               std::uint32_t limit = 1000) {
    auto found = wait_for<result<std::vector<work>>>(
        runs_, [&](auto then) { store_->ready(recipient, when, except, limit, std::move(then)); });
    EXPECT_TRUE(found);
    return std::move(found).value();
  }
  std::vector<model::delivery_id> ready(const std::string& recipient, unix_ms now,
                                        std::vector<model::delivery_id> except = {}, std::uint32_t limit = 1000) {
    return ready(recipient, due_by{now}, std::move(except), limit);
  }
  std::vector<model::delivery_id> ready(const std::string& recipient, due_by when,
                                        std::vector<model::delivery_id> except = {}, std::uint32_t limit = 1000) {
    std::vector<model::delivery_id> ids;
    for (const auto& found : ready_work(recipient, when, std::move(except), limit)) ids.push_back(found.delivery.id);
    return ids;
  }
  unix_ms next_due(const std::string& recipient) {
    return wait_for<result<unix_ms>>(runs_, [&](auto then) { store_->next_due(recipient, std::move(then)); }).value();
  }
  result<shared_bytes> raw(model::message_id id) {
    return wait_for<result<shared_bytes>>(runs_, [&](auto then) { store_->read_raw(id, std::move(then)); });
  }
  std::vector<marked> found_marked(const std::string& text, model::message_id before = 0, std::uint32_t limit = 1000) {
    return wait_for<result<std::vector<marked>>>(
               runs_, [&](auto then) { store_->find_marked(text, before, limit, std::move(then)); })
        .value();
  }
  result<trace> traced(model::message_id id) {
    return wait_for<result<trace>>(runs_, [&](auto then) { store_->read_trace(id, std::move(then)); });
  }
  std::vector<model::message> messages(message_filter filter) {
    return wait_for<result<std::vector<model::message>>>(
               runs_, [&](auto then) { store_->list_messages(filter, std::move(then)); })
        .value();
  }
  std::vector<model::delivery> deliveries(delivery_filter filter) {
    return wait_for<result<std::vector<model::delivery>>>(
               runs_, [&](auto then) { store_->list_deliveries(filter, std::move(then)); })
        .value();
  }
  std::vector<model::receipt> receipts(model::message_id id, std::uint32_t limit = 1000) {
    return wait_for<result<std::vector<model::receipt>>>(
               runs_, [&](auto then) { store_->list_receipts(id, limit, std::move(then)); })
        .value();
  }
  std::vector<recipient_count> counts() {
    return wait_for<result<std::vector<recipient_count>>>(
               runs_, [&](auto then) { store_->count_by_recipient(std::move(then)); })
        .value();
  }
  result<done> retry(model::delivery_id id, unix_ms now) {
    return wait_for<result<done>>(runs_, [&](auto then) { store_->retry(id, now, std::move(then)); });
  }
  result<done> cancel(model::delivery_id id, unix_ms now) {
    return wait_for<result<done>>(runs_, [&](auto then) { store_->cancel(id, now, std::move(then)); });
  }
  result<std::vector<model::delivery_id>> replay(model::message_id id, std::vector<new_delivery> deliveries,
                                                 unix_ms now) {
    return wait_for<result<std::vector<model::delivery_id>>>(
        runs_, [&](auto then) { store_->replay(id, std::move(deliveries), now, std::move(then)); });
  }
  std::uint32_t expire(const std::string& recipient, unix_ms created_before, unix_ms now, std::uint32_t limit = 1000) {
    return wait_for<result<std::uint32_t>>(
               runs_, [&](auto then) { store_->expire(recipient, created_before, now, limit, std::move(then)); })
        .value();
  }
  std::uint32_t purge(retention policy, unix_ms now) {
    return wait_for<result<std::uint32_t>>(runs_, [&](auto then) { store_->purge(policy, now, std::move(then)); })
        .value();
  }
  /// Deliveries of one message, oldest first.
  std::vector<model::delivery_id> deliveries_of(model::message_id id) {
    std::vector<model::delivery_id> ids;
    const auto found = traced(id);
    for (const auto& delivery : found.value().deliveries) ids.push_back(delivery.id);
    return ids;
  }

 private:
  hand_executor& runs_;
  std::unique_ptr<store> store_;
};

}  // namespace liaison::store::testing
