// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/filled_store.hpp"

#include "core/base/digest.hpp"
#include "core/identity/observation.hpp"
#include "core/routing/names.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

#include <liaison/facts_json.hpp>

#include <algorithm>
#include <deque>
#include <set>

namespace liaison::app::bench {

namespace {

using steady = std::chrono::steady_clock;
constexpr std::uint64_t body_size_bytes = 2048;
constexpr std::uint64_t messages_of_a_patient = 5;
constexpr std::uint64_t messages_of_the_old_source = 200;
constexpr std::uint64_t sources = 20;
constexpr std::uint64_t fill_batch_max = 10'000, fill_batches_min = 100;
constexpr unsigned fill_in_flight = 512;
constexpr std::uint32_t purged_in_one_call = 1000;  // as many as the gateway asks for
constexpr std::int64_t trickle_ms = 10;
constexpr double day_ms = 24.0 * 3600 * 1000, for_ever = 1e9;

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

std::int64_t days_ms(double days) { return static_cast<std::int64_t>(days * day_ms); }

/// So many operations under way until there is no reason to begin another.
struct pump {
  std::function<bool()> may_begin;
  std::function<void()> begin;
  std::function<void()> done;
  unsigned open = 0;
  result<liaison::done> outcome = liaison::done{};

  void start(unsigned in_flight) {
    for (unsigned i = 0; i < in_flight; ++i) next();
    if (open == 0) done();
  }
  void next() {
    if (!outcome || !may_begin()) return;
    ++open;
    begin();
  }
  void ended(const result<liaison::done>& how) {
    if (!how) outcome = how.error();
    --open;
    next();
    if (open == 0) done();
  }
};

}  // namespace

unix_ms past_clock::now() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() - back_ms_.load();
}

std::int64_t past_clock::steady_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now().time_since_epoch()).count();
}

result<double> filled_store::open() {
  if (body_.empty()) {
    std::uint32_t state = 7;
    while (body_.size() < body_size_bytes) {
      state = state * 1664525U + 1013904223U;
      body_ += static_cast<char>(' ' + (state >> 16U) % 90);
    }
  }
  store::sqlite_options options;
  options.directory = directory_;
  options.free_bytes_min = 0;
  const auto begin = steady::now();
  auto opened = store::open_sqlite(std::move(options), executor_, clock_);
  if (!opened) return opened.error();
  store_ = std::move(opened).value();
  kept_ = filed_ = 0;
  store_->on_filed([this](const std::vector<store::filed>& group) {
    filed_ += group.size();
    if (when_filed_ && filed_ >= kept_) when_filed_();
  });
  return seconds_since(begin) * 1e3;
}

void filled_store::close() {
  if (store_) store_->close();
  store_.reset();
}

void filled_store::wait(const std::function<void(std::function<void()>)>& start) {
  executor_.context().restart();
  executor_.post([&] { start([this] { executor_.stop(); }); });
  executor_.run();
}

void filled_store::wait_until_filed() {
  if (filed_ >= kept_) return;
  wait([this](const std::function<void()>& done) {
    if (filed_ >= kept_) return done();  // told while we began to wait
    when_filed_ = done;
  });
  when_filed_ = nullptr;
}

std::string filled_store::control_id_of(std::uint64_t n) { return "B" + std::to_string(n); }
std::string filled_store::document_of(std::uint64_t n) { return "urn:oid:2.999.1." + std::to_string(n); }
std::string filled_store::patient_of(std::uint64_t n) { return "IPP" + std::to_string(n / messages_of_a_patient); }
std::string filled_store::source_of(std::uint64_t n) {
  // A sender of whom nothing came for long: whoever goes back from the newest message has a long way to him.
  return n <= messages_of_the_old_source ? "source-old" : "source-" + std::to_string(n % sources);
}

store::intake filled_store::make(std::uint64_t n, const std::string& recipient) const {
  const std::string number = std::to_string(n);
  model::message_facts facts;
  facts.format = "hl7v2";
  facts.event.code = "ORU^R01^ORU_R01";
  facts.event.message = control_id_of(n);
  facts.event.sending_application = "SIL-BENCH";
  facts.document.id = document_of(n);
  facts.document.type = {"http://loinc.org", "11502-2", "CR d'examens biologiques"};
  facts.document.status = "final";
  liaison::facts::patient person;
  person.family = "MESURE" + patient_of(n);
  person.given = {"ANNE"};
  person.birth_date = "1962-02-14";
  person.identifiers.push_back({patient_system, patient_of(n), liaison::facts::identifier_kind::ipp});
  facts.patients.push_back(person);

  store::intake what;
  std::string bytes = body_;
  bytes.replace(0, number.size(), number);
  what.message.source = source_of(n);
  what.message.peer = "127.0.0.1:40412";
  what.message.received_at = clock_.now();
  what.message.state = model::message_state::routed;
  what.message.format = facts.format;
  what.message.control_id = facts.event.message;
  what.message.sha256 = sha256_hex_of(bytes);
  what.message.size_bytes = bytes.size();
  what.message.facts_json = to_json(facts);
  what.raw = share(std::move(bytes));
  what.sender_key = facts.event.sending_application + "\x1f" + facts.event.message;
  what.document_id = facts.document.id;
  what.document_type = facts.document.type.code;
  what.marks.push_back({routing::document_mark(facts.document.id), 0});
  what.marks.push_back({routing::patient_mark(patient_system, patient_of(n)), 0});
  what.subject = identity::observe(facts, what.message.source, what.message.received_at, {});
  what.deliveries.push_back({recipient, "hl7v2", "", false});
  return what;
}

result<filled_store::intake_rates> filled_store::take_in_for(const std::string& recipient, double seconds, std::uint64_t count_max, unsigned in_flight) {
  intake_rates rates;
  const std::uint64_t first = made_;
  const auto begin = steady::now();
  pump work;
  wait([&](const std::function<void()>& done) {
    work.done = done;
    work.may_begin = [&] { return made_ - first < count_max && seconds_since(begin) < seconds; };
    work.begin = [&] {
      ++kept_;
      store_->keep(make(++made_, recipient), [&, began = steady::now()](const result<liaison::done>& kept) {
        rates.latencies_us.push_back(seconds_since(began) * 1e6);
        work.ended(kept);
      });
    };
    work.start(in_flight);
  });
  if (!work.outcome) return work.outcome.error();
  const auto count = static_cast<double>(made_ - first);
  rates.kept = count / seconds_since(begin);
  wait_until_filed();
  rates.filed = count / seconds_since(begin);
  return rates;
}

result<filled_store::intake_rates> filled_store::take_in(double seconds, std::uint64_t count_max, unsigned in_flight) {
  return take_in_for(queue, seconds, count_max, in_flight);
}

result<done> filled_store::fill(std::uint64_t count, std::uint64_t pending, double days) {
  const std::uint64_t delivered = count - pending;
  const std::uint64_t batch_max = std::clamp<std::uint64_t>(count / fill_batches_min, 1, fill_batch_max);
  for (std::uint64_t at = 0; at < count;) {
    const bool is_pending = at >= delivered;
    const std::uint64_t batch = std::min(batch_max, (is_pending ? count : delivered) - at);
    clock_.set_back(days_ms(days * (1 - static_cast<double>(at) / static_cast<double>(count))));
    if (auto taken = take_in_for(is_pending ? queue : archive, for_ever, batch, fill_in_flight); !taken) return taken.error();
    if (!is_pending)
      if (auto sent = deliver(archive, batch, fill_in_flight); !sent) return sent.error();
    at += batch;
  }
  clock_.set_back(0);
  return done{};
}

result<double> filled_store::deliver(const std::string& recipient, std::uint64_t count, unsigned in_flight) {
  std::deque<model::delivery_id> window;
  std::set<model::delivery_id> under_way;
  std::uint64_t left = count;
  bool fetching = false;
  const auto begin = steady::now();
  pump work;
  std::function<void()> fetch;
  wait([&](const std::function<void()>& done) {
    work.done = [&, done] {
      if (!fetching) done();
    };
    work.may_begin = [&] {
      if (window.empty() && left > 0) fetch();
      return !window.empty() && left > 0;
    };
    work.begin = [&] {
      store::delivery_update update;
      const auto id = update.id = window.front();
      window.pop_front();
      under_way.insert(id);
      --left;
      update.state = model::delivery_state::delivered;
      update.receipts.push_back({0, clock_.now(), model::receipt_kind::accepted, "AA", ""});
      store_->update(std::move(update), [&, id](const result<liaison::done>& updated) {
        under_way.erase(id);
        work.ended(updated);
      });
    };
    fetch = [&, done] {
      if (fetching) return;
      fetching = true;
      store_->ready(recipient, {clock_.now()}, {under_way.begin(), under_way.end()}, 2 * in_flight, [&, done](const result<std::vector<store::work>>& found) {
        fetching = false;
        if (!found) work.outcome = found.error();
        else if (found.value().empty()) work.outcome = failure{"store", "the queue is shorter than it should be"};
        else
          for (const store::work& one : found.value()) window.push_back(one.delivery.id);
        while (work.open < in_flight) {
          const unsigned before = work.open;
          work.next();
          if (work.open == before) break;
        }
        if (work.open == 0 && !fetching) done();
      });
    };
    fetch();
  });
  if (!work.outcome) return work.outcome.error();
  return static_cast<double>(count) / seconds_since(begin);
}

result<filled_store::purged> filled_store::purge(double days, double seconds_min) {
  store::retention policy;
  policy.finished_after_ms = days_ms(days);
  policy.messages_max = purged_in_one_call;
  purged found;
  result<done> outcome = done{};
  const auto begin = steady::now();
  bool is_over = false;
  unsigned open = 0;
  executor::timer next = 0;
  std::function<void()> end_if_idle, trickle, purge_more;
  trickle = [&] {
    ++open;
    ++kept_;
    store_->keep(make(++made_, queue), [&, began = steady::now()](const result<done>& kept) {
      found.latencies_us.push_back(seconds_since(began) * 1e6);
      if (!kept) outcome = kept.error();
      --open;
      end_if_idle();
    });
    next = executor_.call_after(trickle_ms, trickle);
  };
  purge_more = [&] {
    store_->purge(policy, clock_.now(), [&](const result<std::uint32_t>& gone) {
      if (!gone) outcome = gone.error();
      found.messages += gone ? gone.value() : 0;
      if (gone && gone.value() > 0) return purge_more();
      found.seconds = seconds_since(begin);
      executor_.call_after(static_cast<std::int64_t>(std::max(0.0, seconds_min - found.seconds) * 1e3), [&] {
        is_over = true;
        executor_.cancel(next);
        end_if_idle();
      });
    });
  };
  wait([&](const std::function<void()>& ended) {
    end_if_idle = [&, ended] {
      if (is_over && open == 0) ended();
    };
    trickle();
    purge_more();
  });
  wait_until_filed();
  if (!outcome) return outcome.error();
  return found;
}

}  // namespace liaison::app::bench
