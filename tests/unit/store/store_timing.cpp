// SPDX-License-Identifier: Apache-2.0
// A measuring program for the SQLite store, not a test: intake by group size, ready() with a long queue, payloads
// inline and as files. Options as KEY=VALUE: directory, messages, groups, deliver, page, inline, size, filled, wal,
// mode.
#include "core/base/digest.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

namespace liaison::store {
namespace {

using steady = std::chrono::steady_clock;

class wall_clock final : public clock {
 public:
  unix_ms now() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::int64_t steady_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now().time_since_epoch()).count();
  }
};

class queue_executor final : public executor {
 public:
  void post(std::function<void()> work) override {
    {
      std::lock_guard hold(mutex_);
      work_.push_back(std::move(work));
    }
    wake_.notify_one();
  }
  timer call_after(std::int64_t, std::function<void()>) override { return 0; }
  void cancel(timer) override {}
  void run_one() {
    std::function<void()> next;
    {
      std::unique_lock hold(mutex_);
      wake_.wait(hold, [&] { return !work_.empty(); });
      next = std::move(work_.front());
      work_.pop_front();
    }
    next();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
};

double seconds_since(steady::time_point began) { return std::chrono::duration<double>(steady::now() - began).count(); }

struct settings {
  std::map<std::string, std::string> values = {{"directory", "/tmp/liaison-timing"},
                                               {"messages", "50000"},
                                               {"groups", "1,8,64,256"},
                                               {"page", "4096"},
                                               {"inline", "131072"},
                                               {"size", "2000"},
                                               {"filled", "0"},
                                               {"wal", "16777216"},
                                               {"deliver", "0"},
                                               {"mode", "intake"},
                                               {"cache", "4194304"},
                                               {"line", "0"}};
  std::int64_t number(const std::string& key) const { return std::stoll(values.at(key)); }
  const std::string& text(const std::string& key) const { return values.at(key); }
};

class timing {
 public:
  explicit timing(settings with) : with_(std::move(with)) {
    std::filesystem::remove_all(with_.text("directory"));
    sqlite_options options;
    options.directory = with_.text("directory");
    options.page_size_bytes = static_cast<std::uint32_t>(with_.number("page"));
    options.inline_bytes_max = static_cast<std::uint64_t>(with_.number("inline"));
    options.wal_bytes_max = static_cast<std::uint64_t>(with_.number("wal"));
    options.cache_bytes = static_cast<std::uint64_t>(with_.number("cache"));
    options.free_bytes_min = 0;
    auto opened = open_sqlite(options, executor_, clock_);
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().text.c_str());
      std::exit(1);
    }
    store_ = std::move(opened).value();
    for (std::int64_t i = 0; i < with_.number("size"); ++i) body_ += static_cast<char>(' ' + (i * 7919 >> 3) % 90);
    for (int i = 0; i < 900; ++i) facts_ += static_cast<char>('a' + i % 26);
  }
  ~timing() {
    store_->close();
    std::filesystem::remove_all(with_.text("directory"));
  }

  void run() {
    if (const auto filled = with_.number("filled"); filled > 0) {
      const auto began = steady::now();
      take_in(filled, 512, false);
      std::printf("filled with %lld messages: %.0f/s\n", static_cast<long long>(filled),
                  static_cast<double>(filled) / seconds_since(began));
    }
    if (with_.text("mode") == "ready") return ready();
    std::istringstream groups(with_.text("groups"));
    for (std::string group; std::getline(groups, group, ',');) {
      (void)store_->take_statistics();
      latencies_.clear();
      const auto began = steady::now();
      const auto before = cpu_seconds();
      take_in(with_.number("messages"), std::stoul(group), with_.number("deliver") != 0);
      const auto took = seconds_since(began);
      std::ranges::sort(latencies_);
      const auto statistics = store_->take_statistics();
      std::printf(
          "in flight %4s: %8.0f messages/s, store's cpu %.1f us/message, p50 %.0f us, p99 %.0f us, max %.1f ms; %.1f "
          "MB on "
          "disk\n",
          group.c_str(), static_cast<double>(with_.number("messages")) / took,
          (cpu_seconds() - before) * 1e6 / static_cast<double>(with_.number("messages")), at(0.5), at(0.99),
          at(1) / 1000, static_cast<double>(statistics.size_bytes) / 1e6);
    }
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("resident at most %.1f MB\n", static_cast<double>(usage.ru_maxrss) / 1024);
  }

 private:
  /// Of the store's threads: all but this one.
  static double cpu_seconds() { return cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD); }
  static double cpu_seconds(int who) {
    struct rusage usage {};
    getrusage(who, &usage);
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  }
  double at(double part) const {
    if (latencies_.empty()) return 0;
    return latencies_[static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1))] * 1e6;
  }

  intake next() {
    intake what;
    const auto number = std::to_string(++made_);
    auto bytes = body_;
    bytes.replace(0, std::min(bytes.size(), number.size()), number);
    what.message.source = "hospital";
    what.message.peer = "127.0.0.1:40412";
    what.message.received_at = clock_.now();
    what.message.state = model::message_state::routed;
    what.message.format = "hl7v2";
    what.message.sha256 = sha256_hex_of(bytes);
    what.message.size_bytes = bytes.size();
    what.message.control_id = number;
    what.message.facts_json = facts_;
    what.raw = share(std::move(bytes));
    what.sender_key = "SIH^" + number;
    what.document_type = "11502-2";
    if (with_.number("line") != 0) {
      what.subject_key = "one line";
    } else {
      what.document_id = "urn:oid:1.2.3^" + number;
      what.set_id = "urn:oid:1.2.4^" + number;
    }
    what.deliveries.push_back({"gp", "hprim-medecin", "hprim-medecin"});
    return what;
  }

  /// Keeps `in_flight` intakes under way, as that many connections would.
  void take_in(std::int64_t count, std::size_t in_flight, bool deliver) {
    std::int64_t left = count, open = 0;
    const std::function<void()> more = [&] {
      if (left == 0) return;
      --left;
      ++open;
      store_->take_in(next(), [&, began = steady::now()](const intake_outcome& outcome) {
        latencies_.push_back(seconds_since(began));
        --open;
        if (outcome.verdict != intake_verdict::stored) std::fprintf(stderr, "refused: %s\n", outcome.text.c_str());
        if (deliver) {
          ++open;
          delivery_update what;
          what.id = ++delivered_;
          what.state = model::delivery_state::delivered;
          what.receipts.push_back({0, clock_.now(), model::receipt_kind::accepted, "AA", ""});
          store_->update(std::move(what), [&](const result<done>&) { --open; });
        }
        more();
      });
    };
    for (std::size_t i = 0; i < in_flight; ++i) more();
    while (left > 0 || open > 0) executor_.run_one();
  }

  void ready() {
    std::vector<double> took;
    for (int i = 0; i < 200; ++i) {
      bool answered = false;
      const auto began = steady::now();
      store_->ready("gp", {clock_.now() + 1000}, {1, 2, 3}, 100, [&](const result<std::vector<work>>& found) {
        answered = true;
        if (i == 0) std::printf("%zu found\n", found.value().size());
      });
      while (!answered) executor_.run_one();
      took.push_back(seconds_since(began) * 1e3);
    }
    std::printf("ready(100): first %.2f ms", took[0]);
    std::ranges::sort(took);
    std::printf(", p50 %.3f ms, p99 %.3f ms\n", took[100], took[198]);
    for (const char* what : {"next_due", "count_by_recipient", "expire", "list pending", "list by type"}) {
      bool answered = false;
      const auto began = steady::now();
      if (what == std::string("next_due")) {
        store_->next_due("gp", [&](const auto&) { answered = true; });
      } else if (what == std::string("expire")) {
        store_->expire("gp", 1000, 1000, 1000, [&](const auto&) { answered = true; });
      } else if (what == std::string("list pending")) {
        delivery_filter filter;
        filter.recipient = "gp";
        filter.state = model::delivery_state::pending;
        store_->list_deliveries(filter, [&](const auto&) { answered = true; });
      } else if (what == std::string("list by type")) {
        message_filter filter;
        filter.document_type = "none";
        store_->list_messages(filter, [&](const auto&) { answered = true; });
      } else {
        store_->count_by_recipient([&](const auto&) { answered = true; });
      }
      while (!answered) executor_.run_one();
      std::printf("%s: %.3f ms\n", what, seconds_since(began) * 1e3);
    }
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("resident at most %.1f MB\n", static_cast<double>(usage.ru_maxrss) / 1024);
  }

  settings with_;
  wall_clock clock_;
  queue_executor executor_;
  std::unique_ptr<store> store_;
  std::string body_, facts_;
  std::int64_t made_ = 0;
  model::delivery_id delivered_ = 0;
  std::vector<double> latencies_;
};

}  // namespace
}  // namespace liaison::store

int main(int count, char** arguments) {
  liaison::store::settings with;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    if (equals == std::string::npos || !with.values.contains(argument.substr(0, equals))) {
      std::fprintf(stderr, "unknown: %s\n", argument.c_str());
      return 2;
    }
    with.values[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  liaison::store::timing(with).run();
}
