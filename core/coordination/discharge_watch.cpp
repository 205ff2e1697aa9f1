// SPDX-License-Identifier: Apache-2.0
#include "core/coordination/discharge_watch.hpp"

#include "core/base/digest.hpp"
#include "core/identity/stay_rules.hpp"
#include "core/observe/log.hpp"

#include <liaison/json_text.hpp>

#include <array>
#include <memory>
#include <utility>

namespace liaison::coordination {

namespace {

using identity::letter_clock;
using identity::stay_row;

constexpr std::int64_t period_ms = 5'000;  // one look at a small index
constexpr std::uint32_t alerts_at_once = 100;

store::intake alert_message(const stay_row& stay, const std::vector<std::string>& to, unix_ms now) {
  store::intake made;
  std::string text = alert_of(stay);
  made.message.source = discharge_source;
  made.message.received_at = now;
  made.message.format = "event";
  made.message.sha256 = sha256_hex_of(text);
  made.message.size_bytes = text.size();
  made.message.control_id = "stay-" + std::to_string(stay.id) + "-" + std::to_string(stay.deadline);
  made.message.facts_json = R"({"format":"event","event":{"code":"discharge-letter-late"}})";
  made.message.state = model::message_state::routed;
  made.raw = share(std::move(text));
  made.sender_key = made.message.control_id;  // Raised again after a crash, it is the same message and goes nowhere twice.
  for (const std::string& name : to) made.deliveries.push_back({name, "event", ""});
  return made;
}

}  // namespace

std::string alert_of(const stay_row& stay) {
  std::string text;
  {
    detail::json_scope object(text, '{');
    object.text("event", "discharge-letter-late");
    object.text("text", "La lettre de liaison de ce séjour n'est pas partie dans le délai.");
    detail::json_scope in(object.member("stay"), '{');
    in.member("id") += std::to_string(stay.id);
    in.text("system", stay.system);
    in.text("number", stay.value);
    in.text("class", stay.patient_class);
    if (stay.admitted_at != 0) in.text("admitted_at", rfc3339(stay.admitted_at));
    in.text("discharged_at", rfc3339(stay.discharged_at));
    in.text("deadline", rfc3339(stay.deadline));
    in.member("letter_known") += stay.letter != 0 ? "true" : "false";
  }
  return text;
}

discharge_watch::discharge_watch(store::store& store, const clock& clock, executor& executor,
                                 observe::metrics& metrics, std::function<void(const std::string&)> on_deliveries)
    : store_(store), clock_(clock), executor_(executor), metrics_(metrics), on_deliveries_(std::move(on_deliveries)) {}

discharge_watch::~discharge_watch() { executor_.cancel(timer_); }

void discharge_watch::use(config::snapshot configuration) {
  configuration_ = std::move(configuration);
  if (timer_ == 0 && !stopped_) look();
}

void discharge_watch::stop() {
  stopped_ = true;
  executor_.cancel(std::exchange(timer_, 0));
}

void discharge_watch::look() {
  timer_ = executor_.call_after(period_ms, [this] {
    if (!stopped_) look();
  });
  auto late = std::make_shared<std::vector<stay_row>>();
  store_.look_at_patients(
      [late, now = clock_.now()](identity::patient_table& table) {
        // A letter that left in the very second of its deadline is in time.
        *late = table.stays_by_clock(letter_clock::waiting, now - 1, alerts_at_once);
      },
      [this, late](result<done> outcome) {
        if (!outcome)
          observe::log_line(observe::level::error, "discharges-unreadable").with("reason", outcome.error().text);
        else if (!stopped_) raise(std::move(*late));
        count();
      });
}

void discharge_watch::count() {
  auto counts = std::make_shared<identity::clock_counts>();
  store_.look_at_patients([counts](identity::patient_table& table) { *counts = table.count_clocks(); },
                          [this, counts](result<done> outcome) {
                            if (!outcome) return;
                            for (std::size_t i = 1; i < counts->size(); ++i)
                              metrics_.set("liaison_discharges", {{"letter", identity::name_of(letter_clock(i))}},
                                           static_cast<double>((*counts)[i]));
                          });
}

/// First the message on disk, then the mark on the stay: after a crash in between the message is known already.
void discharge_watch::raise(std::vector<stay_row> late) {
  for (const stay_row& stay : late) {
    std::vector<std::string> to;
    for (const std::string& name : configuration_->discharge.alert_to)
      if (configuration_->find(name) != nullptr) to.push_back(name);
    if (to.empty()) {
      said(stay, [] {});
      continue;
    }
    store_.take_in(alert_message(stay, to, clock_.now()), [this, stay](store::intake_outcome outcome) {
      const bool kept = outcome.verdict == store::intake_verdict::stored || outcome.verdict == store::intake_verdict::duplicate;
      if (!kept) return;  // No room now: the stay still waits, and is looked at again.
      said(stay, [this, recipients = std::move(outcome.recipients)] {
        for (const std::string& name : recipients) on_deliveries_(name);
      });
    });
  }
}

void discharge_watch::said(const stay_row& stay, std::function<void()> then) {
  auto is_first = std::make_shared<bool>(false);
  store_.change_patients(
      [is_first, id = stay.id, now = clock_.now()](identity::patient_table& table) {
        const auto before = table.stay(id);
        *is_first = before && before->clock == letter_clock::waiting;
        if (*is_first) table.put(identity::after_alert(*before, now));
      },
      [this, is_first, id = stay.id, then = std::move(then)](result<done> outcome) {
        then();
        if (!outcome || !*is_first) return;
        metrics_.count("liaison_discharge_alerts_total", {});
        observe::log_line(observe::level::warning, "discharge-letter-late").with("stay", id);
        count();
      });
}

}  // namespace liaison::coordination
