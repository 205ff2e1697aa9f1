// SPDX-License-Identifier: Apache-2.0
// What the hot calls cost must not depend on how much waits. Counted in steps of SQLite's virtual machine rather than
// in milliseconds, so that the answer is the same on every machine.
#include "core/base/digest.hpp"
#include "core/store/sqlite/group_commit.hpp"
#include "core/store/sqlite/queries.hpp"
#include "core/store/sqlite/schema.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <functional>

namespace liaison::store::sqlite {
namespace {

class still_clock final : public clock {
 public:
  unix_ms now() const override { return 1'000'000; }
  std::int64_t steady_ms() const override { return 0; }
};

struct folder {
  std::filesystem::path path;
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "liaison-effort-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    path = name;
  }
  ~folder() { std::filesystem::remove_all(path); }
};

class effort : public ::testing::Test {
 protected:
  effort() {
    options_.directory = folder_.path;
    options_.free_bytes_min = 0;
    if (!bring_up_to_date(database_, 4096)) throw std::runtime_error("no schema");
    database_.execute("PRAGMA synchronous=OFF");
    session_.emplace(database_, files_, clock_, options_);
    group_.emplace(*session_);
    queries_.emplace(database_, files_, kept_, session_->names.index());
  }

  void fill(int count, bool in_one_line) {
    std::vector<request> group;
    for (int i = 0; i < count; ++i) {
      intake what;
      const auto text = std::to_string(++filled_);
      what.message.source = "hospital";
      what.message.received_at = 1'000'000;
      what.message.sha256 = sha256_hex_of(text);
      what.raw = share(text);
      what.sender_key = text;
      what.document_id = text;
      if (in_one_line) what.set_id = "one line";
      what.deliveries.push_back({"gp", "fhir", ""});
      group.emplace_back(take_in_request{std::make_unique<intake>(std::move(what)), {}, std::nullopt});
    }
    group_->run(group);
  }
  void update(model::delivery_id from, model::delivery_id to, model::delivery_state state, unix_ms next_attempt_at) {
    std::vector<request> group;
    for (auto id = from; id <= to; ++id) {
      update_request what;
      what.what.id = id;
      what.what.state = state;
      what.what.next_attempt_at = next_attempt_at + id;
      group.emplace_back(std::move(what));
    }
    group_->run(group);
    for (auto& what : group) ASSERT_TRUE(*std::get<update_request>(what).outcome);
  }
  std::uint32_t expire(unix_ms created_before) {
    std::vector<request> group;
    expire_request what;
    what.recipient = "gp";
    what.created_before = created_before;
    what.limit = 10;
    group.emplace_back(std::move(what));
    group_->run(group);
    return std::get<expire_request>(group[0]).outcome->value();
  }

  std::int64_t steps_of(const std::function<void()>& call) {
    steps_ = 0;
    sqlite3_progress_handler(
        database_.get(), 1, [](void* count) { return ++*static_cast<std::int64_t*>(count), 0; }, &steps_);
    call();
    sqlite3_progress_handler(database_.get(), 0, nullptr, nullptr);
    EXPECT_GT(steps_, 0);
    return steps_;
  }

  /// The same call with little and with thirty times as much in front of it.
  void expect_the_same_effort(const std::function<void()>& call, const std::function<void(int)>& more) {
    more(60);
    const auto with_little = steps_of(call);
    more(2000);
    const auto with_much = steps_of(call);
    EXPECT_LT(with_much, with_little * 3 / 2 + 50) << "with little: " << with_little;
  }

  folder folder_;
  still_clock clock_;
  sqlite_options options_;
  connection database_{(folder_.path / "liaison.db").string()};
  payload_files files_{folder_.path / "payload"};
  journal journal_{{.directory = folder_.path / "journal"}, 0};
  payload_log large_{folder_.path / "journal", 0};
  kept_bytes kept_{journal_, large_};
  std::optional<write_session> session_;
  std::optional<group_commit> group_;
  std::optional<queries> queries_;
  int filled_ = 0;
  std::int64_t steps_ = 0;
};

TEST_F(effort, ready_with_many_due) {
  expect_the_same_effort(
      [&] {
        EXPECT_EQ(queries_->ready("gp", {2'000'000}, {1, 2, 3}, 20).size(), 20U);
      },
      [&](int count) { fill(count, false); });
}

TEST_F(effort, ready_with_many_in_one_line) {
  expect_the_same_effort([&] { EXPECT_EQ(queries_->ready("gp", {2'000'000}, {}, 20).size(), 1U); },
                         [&](int count) { fill(count, true); });
}

TEST_F(effort, ready_and_next_due_with_many_put_off) {
  const auto more = [&](int count) {
    const auto first = filled_ + 1;
    fill(count, false);
    update(first, filled_, model::delivery_state::pending, 5'000'000);
  };
  expect_the_same_effort([&] { EXPECT_EQ(queries_->ready("gp", {2'000'000}, {}, 20).size(), 0U); }, more);
  EXPECT_LT(steps_of([&] { EXPECT_EQ(queries_->next_due("gp"), 5'000'001); }), 200);
  EXPECT_LT(steps_of([&] { EXPECT_EQ(queries_->ready("gp", {9'000'000}, {}, 20).size(), 20U); }), 5000);
}

TEST_F(effort, next_due_and_counts) {
  expect_the_same_effort([&] { EXPECT_EQ(queries_->next_due("gp"), 1'000'000); },
                         [&](int count) { fill(count, false); });
  EXPECT_LT(steps_of([&] { EXPECT_EQ(queries_->counts().at(0).pending, 2060U); }), 300);
}

TEST_F(effort, an_end_in_a_long_line) {
  model::delivery_id first = 0;
  expect_the_same_effort([&] { ++first, update(first, first, model::delivery_state::delivered, 0); },
                         [&](int count) { fill(count, true); });
}

TEST_F(effort, an_intake_into_a_long_line) {
  expect_the_same_effort([&] { fill(1, true); }, [&](int count) { fill(count, true); });
}

TEST_F(effort, expiry_when_nothing_is_old) {
  expect_the_same_effort([&] { EXPECT_EQ(expire(500'000), 0U); }, [&](int count) { fill(count, false); });
}

TEST_F(effort, the_trace_of_one_message_among_many) {
  expect_the_same_effort([&] { EXPECT_EQ(queries_->traced(50).value().blocked_by.at(0), 1); },
                         [&](int count) { fill(count, true); });
}

}  // namespace
}  // namespace liaison::store::sqlite
