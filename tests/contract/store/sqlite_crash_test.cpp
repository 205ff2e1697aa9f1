// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments under load: every intake and update that was acknowledged is found again, nothing is there
// twice, and what the store counts agrees with what it holds. LIAISON_CRASH_ROUNDS and LIAISON_CRASH_SEED make it
// longer or repeat it.
#include "tests/contract/store/sqlite_fixture.hpp"

#include <poll.h>
#include <map>
#include <random>

namespace liaison::store::testing {
namespace {

enum class said : std::int64_t { stored, delivered, put_off };

/// What the child tells the parent about each acknowledgement; small enough to go through the pipe in one piece.
struct acknowledgement {
  said what;
  std::int64_t number;  ///< of the synthetic message, or the delivery
  model::message_id id;
};

std::string body_of(std::int64_t number) {
  // One in forty is large enough for a file of its own.
  std::string body = "MSH|^~\\&|number " + std::to_string(number) + '|';
  body.resize(number % 40 == 7 ? 140'000 : 500 + static_cast<std::size_t>(number % 7) * 400,
              static_cast<char>('a' + number % 26));
  return body;
}

intake numbered(std::int64_t number) {
  auto what = message_of(body_of(number), {number % 3 == 0 ? "gp" : "platform"}, "SIH^" + std::to_string(number));
  what.document_id = "d" + std::to_string(number);
  what.set_id = number % 5 == 0 ? "" : "set" + std::to_string(number / 4);
  what.replaces = number % 5 == 0 && number > 0 ? "d" + std::to_string(number - 1) : "";
  return what;
}

/// The child: takes in and delivers until it is killed. Begins anew with numbers of which it cannot know what became of
/// them.
class load {
 public:
  load(const std::filesystem::path& folder, std::int64_t first, int pipe) : pipe_(pipe), next_(first) {
    auto options = quick_options(folder);
    options.wal_bytes_max = 500'000;  // so that working off the log is among the moments
    store_ = open_sqlite(options, runs_, time_).value();
  }
  void run() {
    for (int i = 0; i < 32; ++i) take_in();
    deliver("gp");
    deliver("platform");
    runs_.run_until([] { return false; });
  }

 private:
  void tell(acknowledgement what) {
    if (::write(pipe_, &what, sizeof(what)) != sizeof(what)) ::_exit(1);
  }
  void take_in() {
    const auto number = next_++;
    store_->take_in(numbered(number), [this, number](const intake_outcome& outcome) {
      if (outcome.verdict != intake_verdict::stored && outcome.verdict != intake_verdict::duplicate) ::_exit(2);
      tell({said::stored, number, outcome.id});
      take_in();
    });
  }
  void deliver(const std::string& recipient) {
    store_->ready(recipient, {9'000'000}, {}, 8, [this, recipient](result<std::vector<work>> found) {
      auto left = std::make_shared<std::size_t>(found.value().size() + 1);
      const auto done_with_one = [this, recipient, left] {
        if (--*left == 0) deliver(recipient);
      };
      for (const auto& one : found.value()) update(one.delivery.id, done_with_one);
      done_with_one();
    });
  }
  void update(model::delivery_id id, std::function<void()> then) {
    delivery_update what;
    what.id = id;
    const bool fails = id % 9 == 0 && ++failures_[id] < 3;
    what.state = fails ? model::delivery_state::pending : model::delivery_state::delivered;
    what.next_attempt_at = fails ? 2'000'000 : 0;
    what.receipts.push_back({0, 1, model::receipt_kind::accepted, "AA", ""});
    store_->update(what, [this, id, fails, then = std::move(then)](const result<done>& outcome) {
      if (!outcome) ::_exit(3);
      tell({fails ? said::put_off : said::delivered, id, 0});
      then();
    });
  }

  hand_executor runs_;
  hand_clock time_;
  std::unique_ptr<store> store_;
  std::map<model::delivery_id, int> failures_;
  int pipe_;
  std::int64_t next_;
};

class sqlite_crash : public sqlite_case {
 protected:
  void crash(std::int64_t first, int after_ms) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      load(folder_.path(), first, ends[1]).run();
      ::_exit(0);
    }
    ::close(ends[1]);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(after_ms);
    while (std::chrono::steady_clock::now() < deadline) {
      pollfd waiting{ends[0], POLLIN, 0};
      if (::poll(&waiting, 1, 1) > 0 && !hear(ends[0])) break;
    }
    ::kill(child, SIGKILL);
    while (hear(ends[0])) {
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, code " << WEXITSTATUS(status);
  }
  bool hear(int pipe) {
    acknowledgement heard;
    if (::read(pipe, &heard, sizeof(heard)) != sizeof(heard)) return false;
    switch (heard.what) {
      case said::stored:
        stored_[heard.number] = heard.id;
        break;
      case said::delivered:
        delivered_.push_back(heard.number);
        break;
      case said::put_off:
        put_off_.push_back(heard.number);
        break;
    }
    return true;
  }

  /// Everything in the store by its pages, oldest last.
  static std::map<model::message_id, model::message> all_messages(open_store& store) {
    std::map<model::message_id, model::message> all;
    message_filter filter;
    filter.limit = 1000;
    for (;;) {
      auto page = store.messages(filter);
      if (page.empty()) return all;
      filter.before = page.back().id;
      for (auto& message : page) all.emplace(message.id, std::move(message));
    }
  }
  static std::map<model::delivery_id, model::delivery> all_deliveries(open_store& store) {
    std::map<model::delivery_id, model::delivery> all;
    delivery_filter filter;
    filter.limit = 1000;
    for (;;) {
      auto page = store.deliveries(filter);
      if (page.empty()) return all;
      filter.before = page.back().id;
      for (auto& delivery : page) all.emplace(delivery.id, std::move(delivery));
    }
  }

  void check() {
    auto store = open();
    const auto messages = all_messages(store);
    const auto deliveries = all_deliveries(store);
    std::map<std::string, model::message_id> by_control_id;
    std::size_t large = 0;
    for (const auto& [id, message] : messages) {
      EXPECT_TRUE(by_control_id.emplace(message.control_id, id).second) << message.control_id << " is there twice";
      if (message.size_bytes > 131'072) ++large;
    }
    for (const auto& [number, id] : stored_) {
      const auto found = by_control_id.find("SIH^" + std::to_string(number));
      ASSERT_NE(found, by_control_id.end()) << "number " << number << " was acknowledged and is gone";
      EXPECT_EQ(found->second, id);
      if (number < checked_) continue;
      const auto raw = store.raw(id);
      ASSERT_TRUE(raw) << raw.error().text;
      EXPECT_TRUE(*raw.value() == body_of(number)) << number;
    }
    if (!stored_.empty()) checked_ = stored_.rbegin()->first - 200;
    EXPECT_EQ(deliveries.size(), messages.size()) << "each message has its one delivery";
    for (const auto id : delivered_) EXPECT_EQ(deliveries.at(id).state, model::delivery_state::delivered) << id;
    for (const auto id : put_off_) EXPECT_GE(deliveries.at(id).attempts, 1U) << id;
    EXPECT_EQ(payload_files().size(), large);
    std::map<std::string, std::uint64_t> pending;
    for (const auto& [id, delivery] : deliveries) {
      if (delivery.state == model::delivery_state::pending) ++pending[delivery.recipient];
    }
    for (const auto& count : store.counts()) EXPECT_EQ(count.pending, pending[count.recipient]) << count.recipient;
    drain(store, deliveries);
  }

  /// Sends half of what is left, to see that lines still move and hold their order.
  void drain(open_store& store, const std::map<model::delivery_id, model::delivery>& deliveries) {
    std::map<std::pair<std::string, std::string>, model::delivery_id> first;
    for (const auto& [id, delivery] : deliveries) {
      if (delivery.state == model::delivery_state::pending)
        first.emplace(std::pair(delivery.recipient, delivery.order_key), id);
    }
    for (const auto* recipient : {"gp", "platform"}) {
      for (const auto& found : store.ready_work(recipient, {9'000'000}, {}, 50)) {
        const auto& delivery = found.delivery;
        EXPECT_EQ(delivery.id, first.at(std::pair(delivery.recipient, delivery.order_key))) << "overtakes";
        if (delivery.id % 2 != 0) continue;
        EXPECT_TRUE(store.finish(delivery.id, model::delivery_state::delivered));
        delivered_.push_back(delivery.id);
      }
    }
  }

  std::map<std::int64_t, model::message_id> stored_;
  std::vector<model::delivery_id> delivered_, put_off_;
  std::int64_t checked_ = 0;
};

TEST_F(sqlite_crash, nothing_that_was_acknowledged_is_lost) {
  const char* wanted_rounds = std::getenv("LIAISON_CRASH_ROUNDS");
  const char* wanted_seed = std::getenv("LIAISON_CRASH_SEED");
  const int rounds = wanted_rounds != nullptr ? std::atoi(wanted_rounds) : 10;
  const auto seed = wanted_seed != nullptr ? static_cast<unsigned>(std::atoi(wanted_seed)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  // A slow machine needs more rounds for as much load.
  const auto is_enough = [&] { return stored_.size() > 100 && delivered_.size() > 50; };
  for (int round = 0; (round < rounds || !is_enough()) && round < 10 * rounds && !HasFailure(); ++round) {
    const auto first = stored_.empty() ? 0 : std::max<std::int64_t>(0, stored_.rbegin()->first - 20);
    crash(first, std::uniform_int_distribution(5, 150)(random));
    check();
  }
  EXPECT_TRUE(is_enough()) << "too little load to mean anything: " << stored_.size() << " stored, " << delivered_.size() << " delivered";
}

}  // namespace
}  // namespace liaison::store::testing
