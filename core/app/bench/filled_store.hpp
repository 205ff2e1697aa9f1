// SPDX-License-Identifier: Apache-2.0
// A store of the gateway's own kind in this process, filled through its contract with documents of made-up patients: what
// `liaison bench --compare` asks questions of.
#pragma once

#include "core/base/result.hpp"
#include "core/net/asio_executor.hpp"
#include "core/store/store.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace liaison::app::bench {

/// The wall clock, set back: what is filled in now came at its time in the past.
class past_clock final : public clock {
 public:
  unix_ms now() const override;
  std::int64_t steady_ms() const override;
  void set_back(std::int64_t ms) { back_ms_ = ms; }

 private:
  std::atomic<std::int64_t> back_ms_ = 0;
};

class filled_store {
 public:
  static constexpr const char* queue = "queue";      ///< recipient whose deliveries wait
  static constexpr const char* archive = "archive";  ///< recipient that has everything else
  static constexpr const char* patient_system = "urn:oid:2.999.48.20";

  explicit filled_store(std::string directory) : directory_(std::move(directory)) {}
  ~filled_store() { close(); }
  filled_store(const filled_store&) = delete;
  filled_store& operator=(const filled_store&) = delete;

  result<double> open();  ///< milliseconds that took
  void close();

  /// `count` messages that came evenly over the last `days`: the newest `pending` wait in the queue, all others were delivered.
  result<done> fill(std::uint64_t count, std::uint64_t pending, double days);

  struct intake_rates {
    double kept = 0, filed = 0;  ///< messages a second: until they were on disk; until they had their rows too
    std::vector<double> latencies_us;
  };
  /// Takes in for the queue, `in_flight` under way, until the time or the count is over.
  result<intake_rates> take_in(double seconds, std::uint64_t count_max, unsigned in_flight);

  /// Delivers as a recipient's lane does, `in_flight` under way. Deliveries a second.
  result<double> deliver(const std::string& recipient, std::uint64_t count, unsigned in_flight);

  /// Milliseconds of one question. Failure when it is answered with one, or `is_right` says no.
  template <class Answer>
  result<double> time_of(const std::function<void(store::store&, store::callback<result<Answer>>)>& ask,
                         const std::function<bool(const Answer&)>& is_right) {
    result<double> took = 0.0;
    wait([&](const std::function<void()>& answered) {
      const auto begin = std::chrono::steady_clock::now();
      ask(*store_, [&, answered, begin](result<Answer> given) {
        took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
        if (!given) took = given.error();
        else if (!is_right(given.value())) took = failure{"wrong", "the store's answer is not what was kept"};
        answered();
      });
    });
    return took;
  }

  struct purged {
    std::uint64_t messages = 0;
    double seconds = 0;
    std::vector<double> latencies_us;  ///< of intakes meanwhile, a hundred a second
  };
  /// Retention of what ended more than `days` ago, until nothing is left to remove; intakes go on for `seconds_min` at least.
  result<purged> purge(double days, double seconds_min);

  std::uint64_t size_bytes() { return store_->take_statistics().size_bytes; }
  unix_ms now() const { return clock_.now(); }
  std::uint64_t count() const { return made_; }  ///< messages taken in, in all

  /// Names of the n-th message, from 1. Five messages in a row are of the same patient.
  static std::string control_id_of(std::uint64_t n);
  static std::string document_of(std::uint64_t n);
  static std::string patient_of(std::uint64_t n);
  static std::string source_of(std::uint64_t n);

 private:
  store::intake make(std::uint64_t n, const std::string& recipient) const;
  result<intake_rates> take_in_for(const std::string& recipient, double seconds, std::uint64_t count_max, unsigned in_flight);
  void wait(const std::function<void(std::function<void()> done)>& start);
  void wait_until_filed();

  std::string directory_;
  past_clock clock_;
  net::asio_executor executor_;
  std::unique_ptr<store::store> store_;
  std::string body_;
  std::uint64_t made_ = 0;
  std::uint64_t kept_ = 0, filed_ = 0;  ///< since `open`
  std::function<void()> when_filed_;
};

}  // namespace liaison::app::bench
