// SPDX-License-Identifier: Apache-2.0
#include "core/routing/delivery_scheduler.hpp"

#include "core/base/digest.hpp"
#include "core/identity/patient_index.hpp"
#include "core/identity/secrecy.hpp"
#include "core/observe/log.hpp"
#include "core/protocol/backoff.hpp"
#include "core/routing/business_acknowledger.hpp"
#include "core/routing/message_intake.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace liaison::routing {

namespace {

constexpr std::uint32_t fetch_max = 96;         ///< deliveries of one recipient fetched at one time
constexpr std::size_t fetch_below = 32;         ///< so few are left when the next are fetched
constexpr std::uint64_t held_bytes_max = 16U << 20U;  ///< of what one recipient is given at one time; a larger delivery goes alone
constexpr std::int64_t record_retry_ms = 1'000;  ///< the store was full or failing: try to write the outcome again
constexpr std::int64_t expiry_period_ms = 30'000;
constexpr std::uint32_t expiry_batch = 1'000;
constexpr std::int64_t waits_period_ms_min = 250;
constexpr std::uint32_t busy_after = 8;            ///< deliveries in a row that did not go: it is the recipient
constexpr std::int64_t busy_rest_ms_max = 60'000;

const char* name_of(model::send_verdict verdict) {
  switch (verdict) {
    case model::send_verdict::accepted: return "accepted";
    case model::send_verdict::refused: return "refused";
    case model::send_verdict::failed: return "failed";
    case model::send_verdict::unreachable: return "unreachable";
  }
  return "failed";
}

/// "201" → "2xx": labels must stay few.
std::string code_class(const std::string& code) {
  if (code.size() == 3 && code[0] >= '1' && code[0] <= '5' && code[1] >= '0' && code[1] <= '9') return code.substr(0, 1) + "xx";
  return code;
}

identity::audience audience_of(const config::endpoint& endpoint) {
  return identity::audience_named(endpoint.audience).value_or(identity::audience::professionals);
}

identity::secrecy_rule rule_for(identity::audience to, const config::configuration& configuration) {
  const auto rule_from = [](const config::secrecy_policy& policy) {
    return identity::secrecy_rule{policy.not_collected == "send", policy.confidentiality_max.front()};
  };
  switch (to) {
    case identity::audience::internal: break;
    case identity::audience::professionals: return rule_from(configuration.secrecy.professionals);
    case identity::audience::patient: return rule_from(configuration.secrecy.patient);
    case identity::audience::representatives: return rule_from(configuration.secrecy.representatives);
    case identity::audience::shared_record: return rule_from(configuration.secrecy.shared_record);
  }
  return identity::default_rule(identity::audience::internal);
}

}  // namespace

/// One recipient.
struct delivery_scheduler::lane {
  std::string name;
  std::shared_ptr<const config::endpoint> endpoint;
  std::shared_ptr<model::sender> sender;
  std::deque<store::work> window;
  std::set<model::delivery_id> in_flight;  ///< from the first step until its outcome is recorded
  std::size_t recording = 0;               ///< of them: the recipient has taken them
  std::uint64_t held_bytes = 0;            ///< of the messages of the others, as they came
  bool may_have_more = true;
  bool fetching = false;
  std::uint32_t generation = 0;  ///< raised when what is being fetched may be stale
  std::uint32_t failures = 0;    ///< in a row, of the recipient itself
  std::uint32_t failed_in_a_row = 0;    ///< deliveries that a recipient who is there did not take now
  model::delivery_id failed_last = 0;
  std::int64_t resting_until = 0;   ///< by the steady clock
  std::int64_t put_off_ms_max = 0;  ///< nothing of this lane was put off for longer, in this life
  executor::timer timer = 0;
  unix_ms timer_due = 0;
};

/// One attempt.
struct delivery_scheduler::job {
  lane_pointer to;
  store::work work;
  std::shared_ptr<const config::endpoint> endpoint;  ///< as it was when the attempt began
  std::shared_ptr<model::sender> sender;
  model::outgoing outgoing;
  identity::audience audience = identity::audience::professionals;
  model::message_facts facts;  ///< as far as they are needed for sending
  std::optional<failure> facts_unread;
  identity::sending_facts known;  ///< what else is known of its patients
  store::delivery_update update;
};

delivery_scheduler::delivery_scheduler(store::store& store, plugin::translators& translators, clock& clock, executor& executor,
                                       observe::metrics& metrics, sender_factory make_sender, std::uint64_t seed)
    : store_(store),
      converter_(translators),
      clock_(clock),
      executor_(executor),
      metrics_(metrics),
      make_sender_(std::move(make_sender)),
      random_(seed) {}

delivery_scheduler::~delivery_scheduler() {
  executor_.cancel(expiry_timer_);
  executor_.cancel(waits_timer_);
  for (auto& [name, to] : lanes_) executor_.cancel(to->timer);
}

void delivery_scheduler::use(config::snapshot configuration) {
  const config::snapshot before = configuration_;
  configuration_ = std::move(configuration);
  for (const auto& [name, endpoint] : configuration_->endpoints) {
    if (std::holds_alternative<std::monostate>(endpoint.destination)) continue;
    lane_pointer& to = lanes_[name];
    if (!to) {
      to = std::make_shared<lane>();
      to->name = name;
    }
    const config::endpoint* old = before ? before->find(name) : nullptr;
    if (!to->sender || !old || !(*old == endpoint)) to->sender = make_sender_(endpoint);
    to->endpoint = {configuration_, &endpoint};
    to->may_have_more = true;
    pump(to);
  }
  for (auto at = lanes_.begin(); at != lanes_.end();) {
    const config::endpoint* endpoint = configuration_->find(at->first);
    if (endpoint && !std::holds_alternative<std::monostate>(endpoint->destination)) {
      ++at;
      continue;
    }
    executor_.cancel(at->second->timer);
    at->second->window.clear();
    at->second->sender.reset();
    at = lanes_.erase(at);
  }
  if (!expiry_timer_) expire_all();
  if (!waits_timer_) end_waits();
}

void delivery_scheduler::wake(const std::string& recipient) {
  auto at = lanes_.find(recipient);
  if (at == lanes_.end()) return;
  at->second->may_have_more = true;
  ++at->second->generation;
  pump(at->second);
}

void delivery_scheduler::changed(const std::string& recipient) {
  auto at = lanes_.find(recipient);
  if (at == lanes_.end()) return;
  at->second->window.clear();
  at->second->resting_until = 0;  // A person who says "now" means it.
  wake(recipient);
}

void delivery_scheduler::stop(std::function<void()> then) {
  stopping_ = true;
  executor_.cancel(expiry_timer_);
  executor_.cancel(waits_timer_);
  for (auto& [name, to] : lanes_) executor_.cancel(to->timer);
  on_stopped_ = std::move(then);
  if (in_flight() == 0) executor_.post(std::exchange(on_stopped_, {}));
}

void delivery_scheduler::pump(const lane_pointer& to) {
  if (stopping_ || !to->sender) return;
  if (const std::int64_t rest_ms = to->resting_until - clock_.steady_ms(); rest_ms > 0) return arm(to, clock_.now() + rest_ms);
  // After a failure one delivery probes; the rest goes on when it came through.
  const std::size_t at_once = to->failures > 0 ? 1 : std::max<std::size_t>(1, to->endpoint->delivery.in_flight_max);
  // A recipient works on the next ones while the outcome of the last ones is being written. One that takes one at a time is
  // given the next when that is done: a crash in between repeats one delivery, not two.
  const auto has_room_for = [&](std::uint64_t size_bytes) {
    return to->in_flight.size() - to->recording < at_once && to->in_flight.size() < 2 * at_once - 1 &&
           (to->held_bytes == 0 || to->held_bytes + size_bytes <= held_bytes_max);
  };
  while (!to->window.empty()) {
    auto chosen = to->window.begin();
    // What was never tried tells more of a busy recipient than what it did not take before, and must not wait for that.
    if (to->failed_in_a_row >= busy_after) {
      const auto untried = std::find_if(chosen, to->window.end(), [](const store::work& each) { return each.delivery.attempts == 0; });
      if (untried != to->window.end()) chosen = untried;
    }
    if (!has_room_for(chosen->size_bytes)) break;
    store::work next = std::move(*chosen);
    to->window.erase(chosen);
    start(to, std::move(next));
  }
  // Who is given one at a time, or is probed, gets what is due by then.
  const std::size_t enough = at_once == 1 ? 1 : fetch_below;
  if (to->window.size() < enough && to->may_have_more && !to->fetching && has_room_for(1)) fetch(to);
}

void delivery_scheduler::fetch(const lane_pointer& to) {
  to->fetching = true;
  to->may_have_more = false;
  const std::uint32_t generation = to->generation;
  std::vector<model::delivery_id> except(to->in_flight.begin(), to->in_flight.end());
  for (const store::work& each : to->window) except.push_back(each.delivery.id);
  const unix_ms now = clock_.now();
  // Put off beyond anything that we or the recipient asked for: the clock was set back since.
  const std::int64_t put_off_ms_max = std::max(to->put_off_ms_max, to->endpoint->delivery.retry_delay_ms_max);
  // One that is not there is asked with one delivery; of a busy one's queue it is chosen.
  const std::uint32_t limit = to->failures > 0 && to->failed_in_a_row < busy_after ? 1 : fetch_max;
  store_.ready(to->name, {now, now + put_off_ms_max}, std::move(except), limit, [this, to, generation, limit](result<std::vector<store::work>> found) {
    to->fetching = false;
    if (!found) {
      observe::log_line(observe::level::error, "queue-unreadable").with("recipient", to->name).with("reason", found.error().text);
      to->may_have_more = true;
      return arm(to, clock_.now() + record_retry_ms);
    }
    if (generation != to->generation) to->may_have_more = true;
    for (store::work& w : found.value())
      if (!to->in_flight.count(w.delivery.id)) to->window.push_back(std::move(w));
    if (found.value().size() >= limit) to->may_have_more = true;
    if (!to->window.empty() || to->may_have_more) return pump(to);
    store_.next_due(to->name, [this, to](result<unix_ms> due) {
      if (due && due.value() > 0) arm(to, due.value());
    });
  });
}

void delivery_scheduler::arm(const lane_pointer& to, unix_ms due) {
  if (stopping_) return;
  if (to->timer && to->timer_due <= due) return;
  executor_.cancel(to->timer);
  to->timer_due = due;
  const std::int64_t delay = std::max<std::int64_t>(1, due - clock_.now());
  // A timer no longer than a minute: the wall clock may be set back or forth meanwhile.
  to->timer = executor_.call_after(std::min<std::int64_t>(delay, 60'000), [this, to] {
    to->timer = 0;
    to->may_have_more = true;
    pump(to);
  });
}

void delivery_scheduler::start(const lane_pointer& to, store::work what) {
  auto j = std::make_shared<job>();
  j->to = to;
  j->work = std::move(what);
  j->endpoint = to->endpoint;
  j->sender = to->sender;
  j->update.id = j->work.delivery.id;
  j->audience = audience_of(*j->endpoint);
  to->in_flight.insert(j->work.delivery.id);
  to->held_bytes += j->work.size_bytes;
  ++jobs_;
  const model::delivery& d = j->work.delivery;
  if (clock_.now() - d.waits_since > j->endpoint->delivery.dead_letter_after_ms)
    return give_up(j, "expired", "not delivered within the time that the configuration allows");
  j->outgoing.delivery = d.id;
  j->outgoing.message = d.message;
  j->outgoing.name = store_.instance() + "-" + std::to_string(d.id);
  j->outgoing.format = j->endpoint->format.empty() ? d.format : j->endpoint->format;
  j->outgoing.prepared = d.prepared && j->sender->has_prepare();
  if (j->work.raw) return translate(j, std::move(j->work.raw));
  store_.read_raw(d.message, [this, j](result<shared_bytes> raw) {
    if (raw) return translate(j, std::move(raw).value());
    if (raw.error().code == "store-corrupt")
      return give_up(j, raw.error().code, raw.error().text);
    fail(j, {model::send_verdict::failed, raw.error().code, raw.error().text, 0});
  });
}

void delivery_scheduler::translate(const job_pointer& j, shared_bytes raw) {
  const bool stays_inside = j->audience == identity::audience::internal;
  const bool same_format = j->work.message_format == j->outgoing.format && j->endpoint->charset.empty();
  const std::string& profile = j->endpoint->profile;
  const bool asks_profile = same_format && !profile.empty();
  if (!stays_inside || asks_profile)
    if (auto read = model::read_facts(j->work.facts_json, j->facts, model::wanted_facts::for_sending); !read) j->facts_unread = read.error();
  const bool as_it_came = same_format && (!asks_profile || (!j->facts_unread && j->facts.profile == profile));
  // What the gateway wrote itself was written for this recipient.
  const bool is_as_wanted = as_it_came || j->work.message_source == business_acknowledgement_source;
  // What the recipient reads as it came needs no translator: the facts of intake say what it is and whether it may leave.
  if (is_as_wanted && (stays_inside || (!j->facts_unread && may_leave(j->facts)))) {
    if (as_it_came && asks_profile) note_passed_on(*j);
    j->outgoing.document = std::move(raw);
    return ask_secrecy(j);
  }
  conversion_request question;
  question.bytes = std::move(raw);
  if (const config::endpoint* source = configuration_->find(j->work.message_source)) question.from = reading_of(*source);
  question.from.format = j->work.message_format;
  question.to = reading_of(*j->endpoint);
  question.to.format = j->outgoing.format;
  // The same at every attempt: ids, control id and, as far as it is ours to choose, time.
  question.now = rfc3339(j->work.delivery.created_at);
  question.id_seed = j->work.sha256 + ":" + j->work.delivery.recipient;
  question.control_id = j->outgoing.name;
  question.purpose = stays_inside ? purpose::deliver_inside : purpose::deliver;
  question.environment = configuration_->environment == "production" ? identity::environment::production : identity::environment::test;
  converter_.convert(std::move(question), [this, j](conversion made) { translated(j, std::move(made)); });
}

void delivery_scheduler::translated(const job_pointer& j, conversion made) {
  if (made.status == LIAISON_RETRY || made.mishap == plugin::mishap::unavailable)
    return fail(j, {model::send_verdict::failed, "translator-unavailable", "the translator cannot work now", 0});
  if (made.status != LIAISON_OK) {
    std::string code = "translation-failed", text = "the message cannot be translated for this recipient";
    for (const auto& issue : made.issues)
      if (issue.severity == model::severity::error) {
        code = issue.code;
        text = issue.diagnostics + (issue.location.empty() ? "" : " (" + issue.location + ")");
        break;
      }
    return give_up(j, code, text);
  }
  if (made.passed_on) {
    note_passed_on(*j);
  } else {
    j->update.receipts.push_back({0, clock_.now(), model::receipt_kind::translated, "translated",
                                  made.translators + ": " + std::to_string(made.account.carried) + " of " +
                                      std::to_string(made.account.source_leaves) + " values carried, " +
                                      std::to_string(made.account.source_leaves - made.account.carried) + " reported as not carried"});
  }
  j->outgoing.document = std::move(made.document);
  j->outgoing.attachments = std::move(made.attachments);
  ask_secrecy(j);
}

void delivery_scheduler::note_passed_on(job& j) {
  j.update.receipts.push_back({0, clock_.now(), model::receipt_kind::translated, "as-is", "passed on byte for byte"});
}

/// At the last moment before anything leaves: choices and marks may have changed since the message came in.
void delivery_scheduler::ask_secrecy(const job_pointer& j) {
  if (j->audience == identity::audience::internal) return prepare(j);
  if (j->facts_unread) return withhold(j, {model::severity::error, j->facts_unread->code, "", j->facts_unread->text});
  if (j->facts.patients.empty()) return prepare(j);
  // The store looks on a thread of its own, where no attempt may end: who is told afterwards keeps it.
  store_.look_before_sending(
      [&known = j->known, message = j->work.delivery.message](identity::patient_table& table) {
        known = identity::patient_index(table).facts_for_sending(message);
      },
      [this, j](result<done> outcome) {
        if (!outcome) return fail(j, {model::send_verdict::failed, outcome.error().code, outcome.error().text, 0});
        const auto why = identity::why_withheld(
            {j->audience, rule_for(j->audience, *configuration_), j->facts, j->known.consents, j->known.flags});
        if (why) return withhold(j, *why);
        prepare(j);
      });
}

/// A dead letter: a person sees it, and may retry it when the patient has changed their mind.
void delivery_scheduler::withhold(const job_pointer& j, const model::issue& why) {
  metrics_.count("liaison_withheld_total", {{"recipient", j->to->name}, {"code", why.code}});
  give_up(j, why.code, why.diagnostics);
}

void delivery_scheduler::prepare(const job_pointer& j) {
  // Prepared before a crash: translated again all the same, for the names of its files (and the same bytes).
  if (!j->sender->has_prepare() || j->outgoing.prepared) return send(j);
  j->sender->prepare(j->outgoing, [this, j](model::send_outcome outcome) {
    if (outcome.verdict != model::send_verdict::accepted) return sent(j, outcome);
    // On disk before the rename: after a crash a missing temporary file then means "delivered".
    j->update.state = model::delivery_state::pending;
    j->update.count_attempt = false;
    j->update.prepared = true;
    record(j, [this, j] {
      j->outgoing.prepared = true;
      j->update.receipts.clear();
      send(j);
    });
  });
}

void delivery_scheduler::send(const job_pointer& j) {
  j->sender->send(j->outgoing, [this, j](model::send_outcome outcome) { sent(j, outcome); });
}

void delivery_scheduler::sent(const job_pointer& j, const model::send_outcome& outcome) {
  release(*j);
  metrics_.count("liaison_delivery_attempts_total",
                 {{"recipient", j->to->name}, {"verdict", name_of(outcome.verdict)}, {"code", code_class(outcome.code)}});
  if (outcome.verdict == model::send_verdict::refused) return give_up(j, outcome.code, outcome.text);
  if (outcome.verdict == model::send_verdict::failed) note_busy(*j->to, j->work.delivery.id);
  if (outcome.verdict != model::send_verdict::accepted) return fail(j, outcome);
  j->to->failures = 0;
  j->to->failed_in_a_row = 0;
  j->to->resting_until = 0;
  j->update.state = model::delivery_state::delivered;
  j->update.leaves_the_house = j->audience != identity::audience::internal;
  j->update.count_attempt = true;
  j->update.prepared.reset();
  j->update.error.clear();
  j->update.receipts.push_back({0, clock_.now(), model::receipt_kind::accepted, outcome.code, outcome.text});
  ++j->to->recording;
  record(j, [this, j] {
    --j->to->recording;
    metrics_.observe_seconds("liaison_delivery_seconds", {{"recipient", j->to->name}},
                             static_cast<double>(clock_.now() - j->work.delivery.created_at) / 1000.0);
    observe::log_line(observe::level::information, "delivery-accepted")
        .with("recipient", j->to->name)
        .with("delivery", j->work.delivery.id)
        .with("message", j->work.delivery.message);
    end(j);
  });
  pump(j->to);
}

/// A recipient that says "not now" to one after the other is busy as a whole: its queue must not be carried past it, each at
/// its own pace, for as long as that lasts. It rests for a short while only, since it may be that these few are what it cannot take.
void delivery_scheduler::note_busy(lane& to, model::delivery_id which) {
  if (which != std::exchange(to.failed_last, which)) ++to.failed_in_a_row;
  const std::int64_t now = clock_.steady_ms();
  if (to.failed_in_a_row < busy_after || to.resting_until > now) return;
  const config::delivery_policy& policy = to.endpoint->delivery;
  ++to.failures;
  to.window.clear();  // what comes meanwhile is not in it
  to.resting_until = now + protocol::backoff_delay_ms({policy.retry_delay_ms_min, std::min(policy.retry_delay_ms_max, busy_rest_ms_max)}, to.failures, random_(), 0);
}

void delivery_scheduler::fail(const job_pointer& j, model::send_outcome outcome) {
  const unix_ms now = clock_.now();
  const protocol::backoff_limits limits{j->endpoint->delivery.retry_delay_ms_min, j->endpoint->delivery.retry_delay_ms_max};
  j->update.state = model::delivery_state::pending;
  j->update.count_attempt = true;
  j->update.error = outcome.code + ": " + outcome.text;
  j->update.receipts.push_back({0, now, model::receipt_kind::attempt_failed, outcome.code, outcome.text});
  if (outcome.verdict == model::send_verdict::unreachable) {
    // The recipient rests as a whole; the delivery itself stays due, so that it probes first.
    ++j->to->failures;
    j->to->window.clear();  // in which this one no longer is
    j->to->resting_until = clock_.steady_ms() + protocol::backoff_delay_ms(limits, j->to->failures, random_(), outcome.retry_after_ms);
    j->update.next_attempt_at = now;
  } else {
    const std::int64_t delay_ms = protocol::backoff_delay_ms(limits, j->work.delivery.attempts + 1, random_(), outcome.retry_after_ms);
    j->to->put_off_ms_max = std::max(j->to->put_off_ms_max, delay_ms);
    j->update.next_attempt_at = now + delay_ms;
  }
  observe::log_line(observe::level::warning, "delivery-failed")
      .with("recipient", j->to->name)
      .with("delivery", j->work.delivery.id)
      .with("code", outcome.code)
      .with("attempt", j->work.delivery.attempts + 1);
  record(j, [this, j] { end(j); });
}

void delivery_scheduler::give_up(const job_pointer& j, const std::string& code, const std::string& text) {
  j->update.state = model::delivery_state::dead;
  j->update.count_attempt = true;
  j->update.error = code + ": " + text;
  j->update.receipts.push_back({0, clock_.now(), model::receipt_kind::refused, code, text});
  metrics_.count("liaison_dead_letters_total", {{"recipient", j->to->name}});
  observe::log_line(observe::level::error, "delivery-dead")
      .with("recipient", j->to->name)
      .with("delivery", j->work.delivery.id)
      .with("message", j->work.delivery.message)
      .with("code", code);
  j->to->failures = 0;
  j->to->failed_in_a_row = 0;
  record(j, [this, j] { end(j); });
}

/// Nobody needs the bytes any more: the outcome is known.
void delivery_scheduler::release(job& j) {
  j.to->held_bytes -= std::exchange(j.work.size_bytes, 0);
  j.outgoing.document.reset();
  j.outgoing.attachments.clear();
}

/// The outcome is written before anything else happens to this delivery, however long the disk is full.
void delivery_scheduler::record(const job_pointer& j, std::function<void()> then) {
  store_.update(j->update, [this, j, then = std::move(then)](result<done> outcome) mutable {
    // Purged meanwhile: there is nothing left to write it to.
    if (outcome || outcome.error().code == "not-found") return then();
    observe::log_line(observe::level::error, outcome.error().code).with("delivery", j->work.delivery.id).with("reason", outcome.error().text);
    executor_.call_after(record_retry_ms, [this, j, then = std::move(then)]() mutable { record(j, std::move(then)); });
  });
}

void delivery_scheduler::end(const job_pointer& j) {
  release(*j);
  j->to->in_flight.erase(j->work.delivery.id);
  --jobs_;
  j->to->may_have_more = true;
  ++j->to->generation;
  if (on_ended_ && j->update.state != model::delivery_state::pending) on_ended_();
  if (stopping_) {
    if (on_stopped_ && in_flight() == 0) executor_.post(std::exchange(on_stopped_, {}));
    return;
  }
  pump(j->to);
}

void delivery_scheduler::expire_all() {
  for (const auto& [name, to] : lanes_) {
    const unix_ms now = clock_.now();
    store_.expire(name, now - to->endpoint->delivery.dead_letter_after_ms, now, expiry_batch, [this, to = to](result<std::uint32_t> gone) {
      if (!gone || gone.value() == 0) return;
      metrics_.count("liaison_dead_letters_total", {{"recipient", to->name}}, gone.value());
      observe::log_line(observe::level::error, "deliveries-expired").with("recipient", to->name).with("count", gone.value());
      to->window.clear();
      to->may_have_more = true;
      ++to->generation;
      pump(to);
    });
  }
  expiry_timer_ = executor_.call_after(expiry_period_ms, [this] { expire_all(); });
}

/// What waited in vain for the document that it replaces or removes.
void delivery_scheduler::end_waits() {
  const auto& settings = configuration_->missing_original;
  const auto how = settings.then == "dead-letter" ? store::unawaited::dead : store::unawaited::sent;
  store_.end_waits(clock_.now(), how, expiry_batch, [this, how](result<std::vector<std::string>> found) {
    if (!found) return;
    for (const auto& recipient : found.value()) {
      observe::log_line(observe::level::warning, "document-original-missing")
          .with("recipient", recipient)
          .with("then", how == store::unawaited::dead ? "dead-letter" : "sent");
      wake(recipient);
    }
    if (on_ended_ && how == store::unawaited::dead && !found.value().empty()) on_ended_();
  });
  const auto quarter = static_cast<std::int64_t>(settings.wait_minutes * 15'000);
  waits_timer_ = executor_.call_after(std::clamp(quarter, waits_period_ms_min, expiry_period_ms), [this] { end_waits(); });
}

}  // namespace liaison::routing
