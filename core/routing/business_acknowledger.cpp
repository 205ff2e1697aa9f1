// SPDX-License-Identifier: Apache-2.0
#include "core/routing/business_acknowledger.hpp"

#include "core/base/digest.hpp"
#include "core/config/pattern.hpp"
#include "core/model/facts.hpp"
#include "core/observe/log.hpp"
#include "core/routing/examiner.hpp"

#include <liaison/facts_json.hpp>
#include <liaison/json_text.hpp>

#include <algorithm>
#include <array>

namespace liaison::routing {
namespace {

constexpr std::uint32_t looked_at_max = 64;
constexpr std::int64_t look_period_ms = 5'000;  ///< ends that no delivery of ours made: expired, cancelled
constexpr std::int64_t gather_ms = 20;

constexpr const char* smtp_silent = "441";  ///< serveur destinataire muet
constexpr const char* smtp_failed = "554";  ///< échec définitif
constexpr const char* other_error = "906";
constexpr const char* dmp_error = "XDSRepositoryError";

bool has(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool is_digits(const std::string& text, std::size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Table 0533 of the volet.
bool is_application_code(const std::string& code) { return is_digits(code, 3) && code >= "900" && code <= "906"; }

/// The recipient's own software said no, as opposed to: it was never asked.
bool recipient_refused(const model::receipt& last) {
  return last.kind == model::receipt_kind::refused &&
         (last.code == "AE" || last.code == "CE" || is_application_code(last.code) ||
          (is_digits(last.code, 3) && last.code.front() == '4'));
}

std::string smtp_code_of(const store::outcome& ended) {
  if (ended.delivery.state == model::delivery_state::dead &&
      (ended.last.code == "expired" || ended.last.kind == model::receipt_kind::attempt_failed))
    return smtp_silent;
  return smtp_failed;
}

std::string acceptance_of(const config::endpoint* recipient) {
  if (recipient == nullptr) return "received";
  if (!recipient->acceptance.empty()) return recipient->acceptance;
  return std::holds_alternative<config::mllp_destination>(recipient->destination) ? "integrated" : "received";
}

struct mailbox {
  std::string address, identifier;
};

/// Those of the message's recipients that the endpoint stands for.
std::vector<mailbox> mailboxes_of(const model::message_facts& facts, const config::endpoint* recipient) {
  std::vector<mailbox> all, own;
  for (const auto& one : facts.recipients) {
    if (one.role == "reply" || one.address.empty()) continue;
    all.push_back({one.address, one.identifiers.empty() ? std::string() : one.identifiers.front().value});
  }
  if (recipient == nullptr || recipient->mailboxes.empty()) return all.size() == 1 ? all : own;
  for (auto& one : all) {
    const auto is = [&](const std::string& pattern) { return config::pattern_matches(pattern, one.address); };
    if (std::any_of(recipient->mailboxes.begin(), recipient->mailboxes.end(), is)) own.push_back(std::move(one));
  }
  return own;
}

std::string trigger_of(const std::string& kind) {
  return kind == "dmp-received" ? "Z01" : kind == "mail-received" ? "Z02" : "Z03";
}

std::string answer_json(const business_answer& of, const std::string& time) {
  std::string text;
  {
    detail::json_scope object(text, '{');
    object.text("kind", of.kind);
    object.text("outcome", of.accepted ? "accept" : "reject");
    object.text("time", time);
    object.text("address", of.address);
    object.text("recipient", of.recipient);
    if (!of.error_code.empty()) {
      detail::json_scope errors(object.member("errors"), '[');
      detail::json_scope error(errors.element(), '{');
      error.text("severity", "E");
      error.text("code", of.error_code);
    }
  }
  return text;
}

}  // namespace

business_answers answers_to(const store::outcome& ended, const config::endpoint& source,
                            const config::endpoint* recipient) {
  business_answers found;
  const auto read = model::facts_from_json(ended.facts_json);
  const bool over = ended.delivery.state != model::delivery_state::pending;
  if (!over || !read || ended.message_format != "hl7v2" || source.acknowledgements.to.empty()) return found;
  const model::message_facts& facts = read.value();
  if (facts.document.id.empty() && facts.document.type.code.empty()) return found;
  const bool always = source.acknowledgements.when == "always";
  const bool reception = always || has(facts.instructions, "acknowledge-reception");
  const bool reading = always || has(facts.instructions, "acknowledge-reading");
  const bool delivered = ended.delivery.state == model::delivery_state::delivered;
  const std::string acceptance = acceptance_of(recipient);
  if (acceptance == "dmp") {
    if (reception) found.answers.push_back({"dmp-received", delivered, {}, {}, delivered ? "" : dmp_error});
    return found;
  }
  const bool refused_there = acceptance == "integrated" && recipient_refused(ended.last);
  const bool reached = delivered || refused_there;
  const bool read_there = acceptance == "integrated" && reached;
  if (!reception && !(reading && read_there)) return found;
  const auto mailboxes = mailboxes_of(facts, recipient);
  found.unnamed = mailboxes.empty();
  for (const auto& one : mailboxes) {
    if (reception)
      found.answers.push_back(
          {"mail-received", reached, one.address, one.identifier, reached ? "" : smtp_code_of(ended)});
    if (reading && read_there) {
      const std::string code = is_application_code(ended.last.code) ? ended.last.code : other_error;
      found.answers.push_back({"mail-read", delivered, one.address, one.identifier, delivered ? "" : code});
    }
  }
  return found;
}

struct business_acknowledger::job {
  store::outcome ended;
  std::string to;
  config::endpoint target;
  std::vector<business_answer> answers;
  shared_bytes original;
  std::size_t at = 0;
  std::vector<store::intake> follows;
  std::vector<model::receipt> notes;
};

business_acknowledger::business_acknowledger(store::store& store, plugin::translators& translators, clock& clock,
                                             executor& executor, observe::metrics& metrics,
                                             std::function<void(const std::string&)> on_deliveries)
    : store_(store),
      translators_(translators),
      clock_(clock),
      executor_(executor),
      metrics_(metrics),
      on_deliveries_(std::move(on_deliveries)) {}

business_acknowledger::~business_acknowledger() { executor_.cancel(timer_); }

void business_acknowledger::use(config::snapshot configuration) {
  configuration_ = std::move(configuration);
  wake();
}

void business_acknowledger::wake() {
  if (busy_) {
    again_ = true;
    return;
  }
  if (!stopping_) look_after(gather_ms);
}

/// Ends come in crowds: those of a moment are looked at together.
void business_acknowledger::look_after(std::int64_t delay_ms) {
  if (timer_ != 0 && timer_delay_ms_ <= delay_ms) return;
  executor_.cancel(timer_);
  timer_delay_ms_ = delay_ms;
  timer_ = executor_.call_after(delay_ms, [this] {
    timer_ = 0;
    look();
  });
}

void business_acknowledger::stop(std::function<void()> then) {
  stopping_ = true;
  executor_.cancel(timer_);
  ended_.clear();
  if (busy_)
    on_stopped_ = std::move(then);
  else
    executor_.post(std::move(then));
}

void business_acknowledger::look() {
  busy_ = true;
  again_ = false;
  executor_.cancel(std::exchange(timer_, 0));
  store_.list_outcomes(looked_at_max, [this](result<std::vector<store::outcome>> found) {
    if (found)
      ended_.assign(std::make_move_iterator(found.value().begin()), std::make_move_iterator(found.value().end()));
    if (found && found.value().size() == looked_at_max) again_ = true;
    next();
  });
}

void business_acknowledger::next() {
  if (stopping_ || ended_.empty()) return rest();
  auto j = std::make_shared<job>();
  j->ended = std::move(ended_.front());
  ended_.pop_front();
  const config::endpoint* source = configuration_->find(j->ended.message_source);
  if (source == nullptr) return settle(j);
  const config::endpoint* target = configuration_->find(source->acknowledgements.to);
  auto found = answers_to(j->ended, *source, configuration_->find(j->ended.delivery.recipient));
  if (found.unnamed)
    note(j, "no-mailbox", "none of the message's mailboxes is this recipient's: see the setting 'mailboxes'");
  if (found.answers.empty() || target == nullptr) return settle(j);
  j->to = source->acknowledgements.to;
  j->target = *target;
  j->answers = std::move(found.answers);
  store_.read_raw(j->ended.delivery.message, [this, j](result<shared_bytes> raw) {
    if (raw) {
      j->original = std::move(raw).value();
      return write(j);
    }
    note(j, raw.error().code, "no acknowledgement: the message cannot be read");
    settle(j);
  });
}

/// Another end of the same delivery is another message.
std::string business_acknowledger::control_id_of(const job& j) const {
  const model::delivery& d = j.ended.delivery;
  return store_.instance() + "-" + std::to_string(d.id) + model::name_of(d.state)[0] + std::to_string(j.at + 1);
}

void business_acknowledger::write(const job_pointer& j) {
  if (j->at == j->answers.size()) return settle(j);
  const model::delivery& d = j->ended.delivery;
  plugin::request question;
  question.what = plugin::operation::acknowledge;
  question.format = j->ended.message_format;
  question.input = j->original;
  call_options options;
  options.now = rfc3339(clock_.now());
  options.answer_json = answer_json(j->answers[j->at], rfc3339(d.finished_at > 0 ? d.finished_at : clock_.now()));
  options.control_id = control_id_of(*j);
  question.options_json = to_json(options);
  translators_.call(std::move(question), [this, j](plugin::reply reply) { written(j, std::move(reply)); });
}

void business_acknowledger::written(const job_pointer& j, plugin::reply reply) {
  // Its end is still there: looked at again later.
  if (reply.status == LIAISON_RETRY || reply.mishap == plugin::mishap::unavailable) return next();
  const business_answer& what = j->answers[j->at];
  const plugin::part* part = reply.find(LIAISON_PART_ACKNOWLEDGEMENT);
  const std::string trigger = trigger_of(what.kind);
  const char* outcome = part == nullptr ? "not-written" : what.accepted ? "accept" : "reject";
  metrics_.count("liaison_business_acknowledgements_total",
                 {{"source", j->ended.message_source}, {"kind", trigger}, {"outcome", outcome}});
  if (part != nullptr) {
    j->follows.push_back(record_of(*j, trigger, part->bytes));
    note(j, trigger,
         what.accepted ? "positive acknowledgement to the sender"
                       : "negative acknowledgement to the sender, " + what.error_code);
  } else {
    const std::string code = reply.issues.empty() ? "acknowledgement-not-written" : reply.issues.front().code;
    observe::log_line(observe::level::error, "business-acknowledgement-not-written")
        .with("delivery", j->ended.delivery.id)
        .with("code", code);
    note(j, code, trigger + " could not be written");
  }
  ++j->at;
  write(j);
}

store::intake business_acknowledger::record_of(const job& j, const std::string& trigger,
                                               const std::string& bytes) const {
  store::intake record;
  record.message.source = business_acknowledgement_source;
  record.message.peer = "delivery " + std::to_string(j.ended.delivery.id);
  record.message.received_at = clock_.now();
  record.message.state = model::message_state::routed;
  record.message.format = j.ended.message_format;
  record.message.sha256 = sha256_hex_of(bytes);
  record.message.size_bytes = bytes.size();
  record.message.control_id = record.sender_key = control_id_of(j);
  model::message_facts facts;
  facts.format = record.message.format;
  facts.event.code = "ZAM^" + trigger;
  facts.event.message = record.message.control_id;
  record.message.facts_json = liaison::to_json(facts);
  record.raw = share(bytes);
  // What the same message's ends say arrives in their order.
  record.subject_key = std::string(business_acknowledgement_source) + std::to_string(j.ended.delivery.message);
  record.deliveries.push_back({j.to, j.target.format, j.target.profile});
  return record;
}

/// For the trace, once the end is settled.
void business_acknowledger::note(const job_pointer& j, const std::string& code, const std::string& text) {
  j->notes.push_back({j->ended.delivery.id, clock_.now(), model::receipt_kind::reported, code, text});
}

void business_acknowledger::settle(const job_pointer& j) {
  store_.settle(j->ended.delivery.id, std::move(j->follows),
                [this, j](result<std::vector<store::intake_outcome>> made) { settled(j, std::move(made)); });
}

void business_acknowledger::settled(const job_pointer& j, result<std::vector<store::intake_outcome>> made) {
  if (!made && made.error().code != "not-found") {
    observe::log_line(observe::level::error, made.error().code)
        .with("delivery", j->ended.delivery.id)
        .with("reason", made.error().text);
    ended_.clear();
    return rest();
  }
  if (made && !made.value().empty()) on_deliveries_(j->to);
  if (j->notes.empty() || j->ended.delivery.state == model::delivery_state::pending) return next();
  store::delivery_update update;
  update.id = j->ended.delivery.id;
  update.state = j->ended.delivery.state;
  update.count_attempt = false;
  update.receipts = std::move(j->notes);
  store_.update(std::move(update), [this](const result<done>&) { next(); });
}

/// Until the next end, or a while.
void business_acknowledger::rest() {
  busy_ = false;
  if (stopping_) {
    if (on_stopped_) executor_.post(std::exchange(on_stopped_, {}));
    return;
  }
  look_after(std::exchange(again_, false) ? gather_ms : look_period_ms);
}

}  // namespace liaison::routing
