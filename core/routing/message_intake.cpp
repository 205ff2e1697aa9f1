// SPDX-License-Identifier: Apache-2.0
#include "core/routing/message_intake.hpp"

#include "core/base/digest.hpp"
#include "core/observe/log.hpp"
#include "core/routing/document_life.hpp"
#include "core/routing/names.hpp"
#include "core/routing/router.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>

namespace liaison::routing {

namespace {

using liaison::facts::identifier_kind;

/// What orders events that are no document: the stay, else the patient. Hashed, for it is stored as a plain key.
std::string subject_key_of(const model::message_facts& facts) {
  if (facts.patients.size() != 1) return {};
  const auto& ids = facts.patients.front().identifiers;
  for (identifier_kind kind : {identifier_kind::stay, identifier_kind::ipp, identifier_kind::ins_nir,
                               identifier_kind::ins_nia, identifier_kind::ins_test}) {
    auto at = std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return id.kind == kind; });
    if (at != ids.end()) return sha256_hex_of(at->system + "|" + at->value).substr(0, 32);
  }
  return {};
}

bool tells_of_a_document(const model::message_facts& facts) {
  return !facts.document.id.empty() || !facts.document.set_id.empty() || !facts.document.replaces.empty();
}

/// A document is found by its own id, by the one that it replaces, and by its patient (routing/names.hpp).
std::vector<model::mark> marks_of(const model::message_facts& facts) {
  std::vector<model::mark> marks;
  if (facts.document.id.empty()) return marks;
  marks.push_back({document_mark(facts.document.id), 0});
  if (!facts.document.replaces.empty()) marks.push_back({replaced_mark(facts.document.replaces), 0});
  for (const auto& patient : facts.patients) {
    for (const auto& id : patient.identifiers) {
      if (marks.size() >= marks_of_facts_max) return marks;
      if (id.kind != identifier_kind::stay) marks.push_back({patient_mark(id.system, id.value), 0});
    }
  }
  return marks;
}

model::issue control_id_reused() {
  return {model::severity::warning, "control-id-reused", "",
          "the sender used this control id before for other content; taken as a new message"};
}

const char* name_of(model::verdict verdict) {
  switch (verdict) {
    case model::verdict::accepted: return "accepted";
    case model::verdict::rejected: return "rejected";
    case model::verdict::not_now: return "not_now";
    case model::verdict::exists: return "exists";
  }
  return "not_now";
}

void log_received(const std::string& source, model::message_id message, const std::string& format, model::verdict verdict,
                  bool duplicate, const std::vector<model::issue>& issues, std::size_t recipients) {
  const bool accepted = verdict == model::verdict::accepted;
  observe::log_line line(accepted ? observe::level::information : observe::level::warning, "message-received");
  line.with("source", source).with("message", message).with("format", format).with("verdict", name_of(verdict));
  if (duplicate) line.with("duplicate", "yes");
  const auto fault = std::find_if(issues.begin(), issues.end(), [](const auto& each) { return each.severity == model::severity::error; });
  if (!accepted && fault != issues.end()) line.with("code", fault->code);
  line.with("recipients", static_cast<std::uint64_t>(recipients));
}

}  // namespace

struct message_intake::task {
  model::arrival arrival;
  std::function<void(model::answer)> then;
  config::snapshot configuration;
  reading how;
  examination found;
  model::answer answer;
  bool told_anew = false;  ///< the answer has findings that the translator did not make
  bool is_filed_later = false;  ///< only then is there an id to log
  std::int64_t started_ms = 0;
};

reading reading_of(const config::endpoint& endpoint) {
  return {endpoint.format, endpoint.profile, endpoint.charset, endpoint.strictness, endpoint.carry, endpoint.options_json};
}

identity::letter_rule letter_rule_of(const config::configuration& configuration) {
  const config::discharge_settings& from = configuration.discharge;
  identity::letter_rule rule;
  rule.types = from.letter_types;
  // "20:00": the schema has checked its form.
  rule.minute_of_day = std::atoi(from.due_at.c_str()) * 60 + std::atoi(from.due_at.c_str() + from.due_at.find(':') + 1);
  rule.after_ms_min = from.after_ms_min;
  rule.classes_excluded = from.classes_excluded;
  rule.is_watched = from.watch;
  rule.zone = from.zone;
  return rule;
}

store::intake record_of(const config::configuration& configuration, const std::string& source, const examination& found) {
  store::intake record;
  record.message.source = source;
  record.message.format = found.format;
  record.message.issues = found.issues;
  record.message.control_id = found.facts.event.message;
  record.sender_key = found.facts.event.message.empty()
                          ? std::string()
                          : found.facts.event.sending_application + "\x1f" + found.facts.event.message;
  if (found.status != LIAISON_OK) {
    record.message.state = model::message_state::quarantined;
    return record;
  }
  record.document_id = name_for_all(found.facts.document.id, source);
  record.set_id = name_for_all(found.facts.document.set_id, source);
  record.replaces = name_for_all(found.facts.document.replaces, source);
  record.removes = change_of(found.facts) == document_change::deletion;
  record.document_type = found.facts.document.type.code;
  if (!tells_of_a_document(found.facts) && found.facts.results == 0) record.subject_key = subject_key_of(found.facts);
  const config::endpoint* from = configuration.find(source);
  const bool reports = from != nullptr && !from->acknowledgements.to.empty() && tells_of_a_document(found.facts);
  for (const routed& to : route(configuration, source, found.facts)) {
    const config::endpoint* recipient = configuration.find(to.recipient);
    record.deliveries.push_back({to.recipient, recipient->format, recipient->profile, reports});
  }
  record.marks = marks_of(found.facts);
  record.message.state = record.deliveries.empty() ? model::message_state::unrouted : model::message_state::routed;
  return record;
}

message_intake::message_intake(store::store& store, plugin::translators& translators, const clock& clock,
                               executor& executor, observe::metrics& metrics, std::function<void(const std::string&)> on_deliveries)
    : store_(store),
      translators_(translators),
      examiner_(translators),
      clock_(clock),
      executor_(executor),
      metrics_(metrics),
      on_deliveries_(std::move(on_deliveries)) {
  store_.on_filed([this](std::vector<store::filed> group) { filed(group); });
}

/// Made of texts, and the same for every message of a configuration.
const identity::letter_rule& message_intake::rule_of(const config::snapshot& configuration) {
  if (rule_from_ != configuration) {
    rule_ = letter_rule_of(*configuration);
    rule_from_ = configuration;
  }
  return rule_;
}

void message_intake::accept(model::arrival what, std::function<void(model::answer)> then) {
  auto t = std::make_shared<task>();
  t->arrival = std::move(what);
  t->then = std::move(then);
  t->configuration = configuration_;
  t->started_ms = clock_.steady_ms();
  ++in_flight_;
  bytes_in_flight_ += t->arrival.bytes->size();
  const config::endpoint* endpoint = t->configuration->find(t->arrival.source);
  if (stopping_ || !endpoint || (bytes_in_flight_ > intake_bytes_in_flight_max && in_flight_ > 1)) {
    t->answer.issues.push_back({model::severity::error, stopping_ ? "gateway-stopping" : endpoint ? "gateway-busy" : "source-unknown", "",
                                "the gateway cannot take the message now"});
    return executor_.post([this, t] { finish(t, model::verdict::not_now); });
  }
  t->how = reading_of(*endpoint);
  if (!t->arrival.format.empty()) t->how.format = t->arrival.format;
  examination_request question;
  question.bytes = t->arrival.bytes;
  question.how = t->how;
  question.now = rfc3339(clock_.now());
  question.environment = t->configuration->environment == "production" ? identity::environment::production : identity::environment::test;
  question.acknowledge = t->arrival.wants_acknowledgement;
  examiner_.examine(std::move(question), t->found, [this, t] { examined(t); });
}

void message_intake::examined(const task_pointer& t) {
  t->how.format = t->found.format;
  if (t->found.mishap == plugin::mishap::unavailable || t->found.status == LIAISON_RETRY) {
    t->answer.issues = t->found.issues;
    return finish(t, model::verdict::not_now);
  }
  look_back(t);
}

/// What replaces or removes a document is compared with what came before; rare, and so worth a question to the store.
void message_intake::look_back(const task_pointer& t) {
  const std::string target = t->found.status == LIAISON_OK ? target_of(t->found.facts) : std::string();
  if (target.empty()) return keep(t);
  constexpr std::uint32_t versions_max = 200;
  store_.document_line(name_for_all(target, t->arrival.source), versions_max,
                       [this, t](result<std::vector<store::document_version>> line) {
                         if (!line) return keep(t);
                         for (auto& issue : judge(t->found.facts, t->arrival.source, line.value(), t->how.strictness)) {
                           if (issue.severity == model::severity::error) t->found.status = LIAISON_REJECT;
                           t->found.issues.push_back(std::move(issue));
                           t->told_anew = true;
                         }
                         keep(t);
                       });
}

void message_intake::keep(const task_pointer& t) {
  store::intake record = record_of(*t->configuration, t->arrival.source, t->found);
  record.message.facts_json = std::move(t->found.facts_json);
  record.message.peer = t->arrival.peer;
  record.message.received_at = clock_.now();
  // Of what is kept the store reckons it, while the next message is looked at.
  if (!t->arrival.answer_when_kept) record.message.sha256 = sha256_hex_of(*t->arrival.bytes);
  record.message.size_bytes = t->arrival.bytes->size();
  record.raw = t->arrival.bytes;
  const double wait_minutes = t->configuration->missing_original.wait_minutes;
  if (wait_minutes > 0) record.waits_until = record.message.received_at + static_cast<unix_ms>(wait_minutes * 60'000);
  if (t->found.status == LIAISON_OK)
    record.subject = identity::observe(std::move(t->found.facts), t->arrival.source, record.message.received_at, rule_of(t->configuration));
  record.if_control_id_seen = control_id_reused();
  if (t->found.status == LIAISON_OK && !t->arrival.replaces.empty())
    record.replaces = name_for_all(t->arrival.replaces, t->arrival.source);
  for (model::mark& mark : t->arrival.marks) record.marks.push_back(std::move(mark));
  // What cannot be processed is kept whatever is known under its names.
  if (t->found.status == LIAISON_OK) record.unless_marked = std::move(t->arrival.unless_marked);
  if (t->arrival.answer_when_kept) {
    t->is_filed_later = true;
    return store_.keep(std::move(record), [this, t](result<done> outcome) {
      if (!outcome) return not_kept(t, outcome.error());
      refused_at_ms_.reset();
      t->answer.issues = std::move(t->found.issues);
      answer(t);
    });
  }
  store_.take_in(std::move(record), [this, t](store::intake_outcome outcome) { kept(t, std::move(outcome)); });
}

void message_intake::kept(const task_pointer& t, store::intake_outcome outcome) {
  if (outcome.verdict == store::intake_verdict::full) return not_kept(t, {"store-full", outcome.text});
  if (outcome.verdict == store::intake_verdict::failed) return not_kept(t, {"store-failed", outcome.text});
  refused_at_ms_.reset();
  t->answer.message = outcome.id;
  t->answer.issues = std::move(t->found.issues);
  if (outcome.verdict == store::intake_verdict::exists) return finish(t, model::verdict::exists);
  t->answer.duplicate = outcome.verdict == store::intake_verdict::duplicate;
  count(t->arrival.source, outcome, t->answer.issues);
  for (const std::string& recipient : outcome.recipients) on_deliveries_(recipient);
  for (const std::string& recipient : outcome.released) on_deliveries_(recipient);
  t->answer.recipients = std::move(outcome.recipients);
  answer(t);
}

std::optional<std::int64_t> message_intake::refused_ms_ago() const {
  if (!refused_at_ms_) return std::nullopt;
  return clock_.steady_ms() - *refused_at_ms_;
}

void message_intake::not_kept(const task_pointer& t, const failure& why) {
  const bool full = why.code == "store-full";
  if (!full) refused_at_ms_ = clock_.steady_ms();
  t->is_filed_later = false;
  t->answer.issues = std::move(t->found.issues);
  t->answer.issues.push_back({model::severity::error, full ? "store-full" : "store-failed", "",
                              full ? "no room to keep the message; send it again later"
                                   : "the message could not be kept; send it again later"});
  observe::log_line(observe::level::error, full ? "store-full" : "store-failed").with("source", t->arrival.source).with("reason", why.text);
  finish(t, model::verdict::not_now);
}

/// What was answered before it had its rows.
void message_intake::filed(std::vector<store::filed>& group) {
  std::set<std::string> recipients;
  for (auto& [message, outcome] : group) {
    const bool duplicate = outcome.verdict == store::intake_verdict::duplicate;
    count(message.source, outcome, message.issues);
    const bool rejected = message.state == model::message_state::quarantined;
    log_received(message.source, message.id, message.format, rejected ? model::verdict::rejected : model::verdict::accepted,
                 duplicate, message.issues, outcome.recipients.size());
    std::move(outcome.recipients.begin(), outcome.recipients.end(), std::inserter(recipients, recipients.end()));
    std::move(outcome.released.begin(), outcome.released.end(), std::inserter(recipients, recipients.end()));
  }
  for (const std::string& recipient : recipients) on_deliveries_(recipient);
}

/// The message is kept.
void message_intake::answer(const task_pointer& t) {
  if (t->found.status != LIAISON_OK) return acknowledge(t, model::verdict::rejected);
  if (t->told_anew) return acknowledge(t, model::verdict::accepted);
  t->answer.acknowledgement = std::move(t->found.acknowledgement);
  finish(t, model::verdict::accepted);
}

/// What the store found is added to the issues; every tolerance, and every fault, is counted by its code.
void message_intake::count(const std::string& source, const store::intake_outcome& outcome, std::vector<model::issue>& issues) {
  if (outcome.verdict == store::intake_verdict::duplicate) metrics_.count("liaison_duplicates_total", {{"source", source}});
  if (outcome.control_id_seen) issues.push_back(control_id_reused());
  if (auto issue = identity::issue_of(outcome.reconciliation)) issues.push_back(std::move(*issue));
  if (outcome.reconciliation != identity::reconciliation::none)
    metrics_.count("liaison_identities_total", {{"source", source}, {"outcome", identity::name_of(outcome.reconciliation)}});
  if (outcome.verdict == store::intake_verdict::duplicate) return;
  for (const auto& issue : issues)
    metrics_.count("liaison_issues_total", {{"source", source}, {"severity", model::name_of(issue.severity)}, {"code", issue.code}});
}

/// The translator's own words for an answer that it could not make while it looked.
void message_intake::acknowledge(const task_pointer& t, model::verdict verdict) {
  if (!t->arrival.wants_acknowledgement || t->found.mishap != plugin::mishap::none) return finish(t, verdict);
  plugin::request question;
  question.what = plugin::operation::acknowledge;
  question.format = t->how.format;
  question.input = t->arrival.bytes;
  call_options options;
  options.how = &t->how;
  options.now = rfc3339(clock_.now());
  options.outcome = verdict == model::verdict::accepted ? "accept" : "reject";
  options.issues = &t->answer.issues;
  question.options_json = to_json(options);
  translators_.call(std::move(question), [this, t, verdict](plugin::reply reply) {
    if (verdict == model::verdict::accepted) t->answer.acknowledgement = std::move(t->found.acknowledgement);
    for (plugin::part& part : reply.parts)
      if (part.role == LIAISON_PART_ACKNOWLEDGEMENT) t->answer.acknowledgement = std::move(part.bytes);
    finish(t, verdict);
  });
}

void message_intake::finish(const task_pointer& t, model::verdict verdict) {
  t->answer.verdict = verdict;
  --in_flight_;
  bytes_in_flight_ -= t->arrival.bytes->size();
  const std::string& format = t->how.format;
  metrics_.count("liaison_messages_received_total",
                 {{"source", t->arrival.source}, {"format", format}, {"verdict", name_of(verdict)}});
  metrics_.observe_seconds("liaison_intake_seconds", {{"source", t->arrival.source}},
                           static_cast<double>(clock_.steady_ms() - t->started_ms) / 1000.0);
  if (!t->is_filed_later)
    log_received(t->arrival.source, t->answer.message, format, verdict, t->answer.duplicate, t->answer.issues,
                 t->answer.recipients.size());
  t->then(std::move(t->answer));
}

}  // namespace liaison::routing
