// SPDX-License-Identifier: Apache-2.0
// The broker's logic in one thread under a simulated clock: the in-memory store, translators and senders that do what
// a test says. A test reads as a story: what came in, what time passed, what went out.
#pragma once

#include "core/routing/delivery_scheduler.hpp"
#include "core/routing/message_intake.hpp"
#include "core/store/memory/memory_store.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace liaison::test {

class simulated_time final : public clock, public executor {
 public:
  unix_ms now() const override { return now_; }
  std::int64_t steady_ms() const override { return now_; }
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  timer call_after(std::int64_t delay_ms, std::function<void()> work) override {
    timers_.emplace(now_ + delay_ms, std::pair{++last_, std::move(work)});
    return last_;
  }
  void cancel(timer id) override {
    for (auto at = timers_.begin(); at != timers_.end(); ++at)
      if (at->second.first == id) {
        timers_.erase(at);
        return;
      }
  }

  /// Everything that can happen now.
  void settle() {
    for (int i = 0; i < 100'000 && !posted_.empty(); ++i) {
      auto work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
    ASSERT_TRUE(posted_.empty()) << "the broker never comes to rest";
  }

  void advance(std::int64_t ms) {
    const unix_ms until = now_ + ms;
    settle();
    while (!timers_.empty() && timers_.begin()->first <= until) {
      auto due = timers_.extract(timers_.begin());
      now_ = std::max(now_, due.key());
      due.mapped().second();
      settle();
    }
    now_ = until;
  }

 private:
  unix_ms now_ = 1'700'000'000'000;
  timer last_ = 0;
  std::deque<std::function<void()>> posted_;
  std::multimap<unix_ms, std::pair<timer, std::function<void()>>> timers_;
};

/// A format "envelope", whose profile "sealed" wraps documents, and a made-up format "plain": `key=value` pairs parted by `;` become facts. "bad=1" is rejected, "crash=1" takes the host along.
class scripted_translators final : public plugin::translators {
 public:
  explicit scripted_translators(executor& runs) : runs_(runs) {}

  void call(plugin::request what, std::function<void(plugin::reply)> then) override {
    calls.push_back(what.what);
    runs_.post([reply = answer(what), then = std::move(then)]() mutable { then(std::move(reply)); });
  }
  const std::vector<plugin::translator_info>& list() const override { return list_; }

  std::vector<plugin::operation> calls;
  bool unavailable = false;
  bool decodes_in_short = false;  ///< one that knows short accounts, beside an encoder that does not

 private:
  std::string account_of(const plugin::request& what) const {
    if (decodes_in_short && what.what == plugin::operation::decode && what.options_json.find("\"tally\":true") != std::string::npos)
      return R"({"tally":{"values":1,"places":[[0,1]],"envelope":0,"lost":0}})";
    return R"({"leaves":[{"location":"l","value":"v","to":["/p"]}],"added":[]})";
  }

  static std::string value(const std::string& text, const std::string& key) {
    const std::size_t at = text.find(key + "=");
    if (at == std::string::npos) return {};
    const std::size_t start = at + key.size() + 1;
    return text.substr(start, text.find(';', start) - start);
  }

  plugin::reply answer(const plugin::request& what) {
    plugin::reply reply;
    const std::string& text = *what.input;
    reply.plugin = "test 1";
    if (unavailable) {
      reply.status = LIAISON_RETRY;
      reply.mishap = plugin::mishap::unavailable;
      return reply;
    }
    reply.status = LIAISON_OK;
    if (what.what == plugin::operation::inspect) return inspected(text);
    if (what.what == plugin::operation::acknowledge) {
      reply.parts.push_back({LIAISON_PART_ACKNOWLEDGEMENT, "", "", "", "NACK"});
    } else {
      std::string made = what.what == plugin::operation::encode ? "written:" + text : text;
      for (const plugin::part& part : what.parts)
        if (part.role == LIAISON_PART_EMBEDDED) made += "[" + part.format + ":" + part.bytes + "]";
      reply.parts.push_back({LIAISON_PART_DOCUMENT, "", "", "", made});
      reply.parts.push_back({LIAISON_PART_ACCOUNT, "", "", "", account_of(what)});
    }
    return reply;
  }

  static plugin::reply inspected(const std::string& text) {
    plugin::reply reply;
    reply.status = LIAISON_OK;
    if (!value(text, "crash").empty()) {
      reply.status = LIAISON_QUARANTINE;
      reply.mishap = plugin::mishap::crashed;
      reply.issues.push_back({model::severity::error, "plugin-crashed", "", "the translator died"});
      return reply;
    }
    if (!value(text, "bad").empty()) {
      reply.status = LIAISON_REJECT;
      reply.issues.push_back({model::severity::error, "plain-bad", "1", "bad"});
    }
    const auto member = [&](const char* key) { return "\"" + std::string(key) + "\":\"" + value(text, key) + "\""; };
    std::string facts = "{\"format\":\"plain\"," + member("profile") + ",\"event\":{\"message\":\"" + value(text, "control") + "\",\"sending_application\":\"app\"},";
    facts += "\"document\":{\"id\":\"" + value(text, "id") + "\",\"set_id\":\"" + value(text, "set") + "\",\"replaces\":\"" + value(text, "replaces") +
             "\",\"type\":{\"code\":\"" + value(text, "type") + "\"}},";
    facts += "\"patients\":[{" + member("family") + ",\"identity_status\":\"" + (value(text, "status").empty() ? "unknown" : value(text, "status")) + "\"";
    if (!value(text, "traits").empty())
      facts += R"(,"birth_family":"EXEMPLE","given":["ZENOBIE"],"birth_date":"1979-03-28","sex":"female","birth_place_code":"63220")";
    if (!value(text, "ipp").empty())
      facts += ",\"identifiers\":[{\"kind\":\"ipp\",\"system\":\"urn:oid:1.2.250.1.999.1\",\"value\":\"" + value(text, "ipp") + "\"}]";
    if (!value(text, "ins").empty()) facts += ",\"identifiers\":[{\"kind\":\"ins-test\",\"value\":\"" + value(text, "ins") + "\"}]";
    facts += "}]}";
    reply.parts.push_back({LIAISON_PART_FACTS, "", "", "", facts});
    reply.parts.push_back({LIAISON_PART_ACKNOWLEDGEMENT, "", "", "", "ACK"});
    for (const char* part : {"inner", "second"}) {
      std::string inner = value(text, part);
      if (inner.empty()) continue;
      std::replace(inner.begin(), inner.end(), ',', ';');
      std::replace(inner.begin(), inner.end(), ':', '=');
      reply.parts.push_back({LIAISON_PART_EMBEDDED, std::string(part) + "[1]", "", "inner", inner});
    }
    return reply;
  }

  executor& runs_;
  const std::vector<plugin::translator_info> list_{{"envelope", {"open", "sealed"}, {"sealed"}, {}, "", "", ""}};
};

/// A recipient that answers as its script says, else accepts. Remembers what it took, in order.
class scripted_sender final : public model::sender {
 public:
  scripted_sender(executor& runs, bool two_steps) : runs_(runs), two_steps_(two_steps) {}
  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override {
    prepared.push_back(what.name);
    runs_.post([then = std::move(then)] { then({model::send_verdict::accepted, "prepared", "", 0}); });
  }
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override {
    ++attempts;
    model::send_outcome outcome{model::send_verdict::accepted, "AA", "", 0};
    if (!script.empty()) {
      outcome = script.front();
      if (script.size() > 1 || !repeat_last) script.pop_front();
    }
    if (answers)
      if (const auto chosen = answers(*what.document)) outcome = *chosen;
    if (outcome.verdict == model::send_verdict::accepted) taken.push_back(*what.document);
    if (hold) {
      held.push_back([then = std::move(then), outcome] { then(outcome); });
      return;
    }
    runs_.post([then = std::move(then), outcome] { then(outcome); });
  }
  bool has_prepare() const override { return two_steps_; }

  std::deque<model::send_outcome> script;
  bool repeat_last = false;
  std::function<std::optional<model::send_outcome>(const std::string& document)> answers;  ///< instead, for some
  bool hold = false;
  int attempts = 0;
  std::vector<std::string> taken, prepared;
  std::vector<std::function<void()>> held;

 private:
  executor& runs_;
  bool two_steps_;
};

class broker : public ::testing::Test {
 protected:
  void SetUp() override {
    auto c = std::make_shared<config::configuration>();
    c->endpoints["hospital"].source = config::mllp_source{};
    for (const char* name : {"gp", "pta"}) {
      config::endpoint& e = c->endpoints[name];
      e.destination = config::mllp_destination{};
      e.format = std::string(name) == "gp" ? "plain" : "other";
      e.delivery.retry_delay_ms_min = 1'000;
      e.delivery.retry_delay_ms_max = 60'000;
      e.delivery.dead_letter_after_ms = 24LL * 3600 * 1000;
    }
    for (auto& [name, e] : c->endpoints) e.name = name;
    c->endpoints["hospital"].format = "plain";
    config::route letters;
    letters.name = "letters";
    letters.when.document_type = {"letter"};
    letters.to = {"gp"};
    config::route reports = letters;
    reports.name = "reports";
    reports.when.document_type = {"report"};
    reports.to = {"gp", "pta"};
    c->routes = {letters, reports};
    configuration = c;
    store = store::open_memory(time, time);
    for (const char* name : {"gp", "pta"}) senders[name] = std::make_shared<scripted_sender>(time, two_steps);
    start();
  }

  /// A held answer holds its sender, which holds the answer.
  void TearDown() override {
    for (auto& [name, sender] : senders) sender->held.clear();
  }

  void start() {
    scheduler = std::make_unique<routing::delivery_scheduler>(
        *store, translators, time, time, metrics, [this](const config::endpoint& e) { return senders.at(e.name); }, 42);
    intake = std::make_unique<routing::message_intake>(*store, translators, time, time, metrics,
                                                       [this](const std::string& recipient) { scheduler->wake(recipient); });
    intake->use(configuration);
    scheduler->use(configuration);
    time.settle();
  }

  model::answer receive(const std::string& text) {
    model::answer got;
    bool answered = false;
    model::arrival arrival;
    arrival.source = "hospital";
    arrival.bytes = share(text);
    arrival.wants_acknowledgement = true;
    intake->accept(std::move(arrival), [&](model::answer a) {
      EXPECT_FALSE(answered) << "answered twice";
      answered = true;
      got = std::move(a);
    });
    EXPECT_FALSE(answered) << "answered from inside the call";
    time.settle();
    EXPECT_TRUE(answered);
    return got;
  }

  std::vector<model::delivery> deliveries(const std::string& recipient) {
    std::vector<model::delivery> found;
    store::delivery_filter filter;
    filter.recipient = recipient;
    filter.limit = 1000;
    store->list_deliveries(filter, [&](result<std::vector<model::delivery>> r) { found = std::move(r).value(); });
    time.settle();
    return found;
  }

  bool two_steps = false;
  simulated_time time;
  scripted_translators translators{time};
  observe::metrics metrics;
  config::snapshot configuration;
  std::unique_ptr<store::memory_store> store;
  std::map<std::string, std::shared_ptr<scripted_sender>> senders;
  std::unique_ptr<routing::delivery_scheduler> scheduler;
  std::unique_ptr<routing::message_intake> intake;
};

inline const model::send_outcome failed_once{model::send_verdict::failed, "AR", "busy", 0};
inline const model::send_outcome refused{model::send_verdict::refused, "AE", "no", 0};
inline const model::send_outcome unreachable{model::send_verdict::unreachable, "connection-refused", "", 0};

}  // namespace liaison::test
