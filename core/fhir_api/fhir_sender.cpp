// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/fhir_sender.hpp"

#include "core/fhir_api/outcome.hpp"
#include "core/net/http_sender.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace liaison::fhir_api {

using model::send_outcome;
using model::send_verdict;
using then_type = std::function<void(send_outcome)>;

namespace {

constexpr std::uint64_t answer_size_bytes_max = 4U << 20;
constexpr std::size_t named_issues_max = 3;

std::string escaped(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char byte : text) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    if (plain) out += byte;
    else (out += '%') += digits[static_cast<unsigned char>(byte) >> 4], out += digits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::string condition_of(const outline::entry& entry) {
  return entry.identifiers.empty() ? std::string() : "identifier=" + escaped(entry.identifiers.front());
}

/// Types that a submission makes anew each time, the surest first; a Patient may well have been there before.
constexpr std::array<std::string_view, 4> made_anew{"List", "DocumentReference", "DiagnosticReport", "Composition"};

/// R4, IssueType: what passes by itself.
bool is_transient(const outline::issue& one) {
  constexpr std::array<std::string_view, 7> codes{"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"};
  return std::find(codes.begin(), codes.end(), one.code) != codes.end();
}

bool is_error(const outline::issue& one) { return one.severity == "error" || one.severity == "fatal"; }

/// Codes and places only: what a server writes for people may speak of a patient.
std::string told_by(const std::vector<outline::issue>& issues) {
  std::string text;
  std::size_t count = 0;
  for (const auto& one : issues) {
    if (!is_error(one) || ++count > named_issues_max) continue;
    text += text.empty() ? ": " : ", ";
    text += one.code + (one.detail.empty() ? "" : " " + one.detail) + (one.location.empty() ? "" : " at " + one.location);
  }
  return text;
}

unsigned number_of(std::string_view status) {
  unsigned value = 0;
  std::from_chars(status.data(), status.data() + std::min<std::size_t>(status.size(), 3), value);
  return value;
}

}  // namespace

fhir_request fhir_request_for(const outline& what) {
  fhir_request request;
  if (what.type == "Bundle" && what.bundle_type == "message") return {"/$process-message", "", "", true};
  if (!what.is_transaction()) {
    request.target = "/" + what.type;
    const std::string condition = what.type == "Bundle" ? (what.identifiers.empty() ? "" : "identifier=" + escaped(what.identifiers.front()))
                                                        : (what.entries.empty() ? "" : condition_of(what.entries.front()));
    request.if_none_exist = condition;
    request.repeatable = !condition.empty();
    if (!condition.empty()) request.search = request.target + "?" + condition;
    return request;
  }
  request.repeatable = what.bundle_type == "transaction";
  for (const auto& entry : what.entries)
    if (entry.method == "POST" && entry.if_none_exist.empty()) request.repeatable = false;
  for (const auto type : made_anew) {
    for (const auto& entry : what.entries) {
      if (!request.search.empty() || entry.type != type || entry.method != "POST" || entry.identifiers.empty()) continue;
      request.search = "/" + entry.type + "?" + condition_of(entry);
    }
  }
  return request;
}

send_outcome outcome_of_answer(unsigned status, std::string_view retry_after, unix_ms now, const outline* answer) {
  send_outcome outcome = net::outcome_of_status(status, retry_after, now);
  if (answer == nullptr) return outcome;
  if (outcome.verdict == send_verdict::accepted) {
    if (answer->response_code == "transient-error") return {send_verdict::failed, "message-refused", "the recipient cannot process the message now", outcome.retry_after_ms};
    if (answer->response_code == "fatal-error") return {send_verdict::refused, "message-refused", "the recipient cannot process the message", 0};
    for (std::size_t at = 0; at < answer->entries.size(); ++at) {
      const outline::entry& entry = answer->entries[at];
      if (entry.status.empty() || number_of(entry.status) < 300 || number_of(entry.status) == 304) continue;
      return {send_verdict::refused, "entry-refused", "Bundle.entry[" + std::to_string(at) + "] was answered " + std::to_string(number_of(entry.status)) + told_by(entry.issues), 0};
    }
    return outcome;
  }
  outcome.text += told_by(answer->issues);
  const bool passes = status == 409 || std::any_of(answer->issues.begin(), answer->issues.end(), is_transient);
  if (outcome.verdict == send_verdict::refused && passes) outcome.verdict = send_verdict::failed;
  return outcome;
}

struct fhir_sender::state : std::enable_shared_from_this<fhir_sender::state> {
  state(net::asio_executor& executor, config::http_destination settings, plugin::translators& plugins)
      : work(executor), client(executor, std::move(settings)), translators(plugins) {}

  struct job {
    model::outgoing what;
    then_type then;
    fhir_request request;
  };
  using job_pointer = std::shared_ptr<job>;

  net::asio_executor& work;
  net::http_client client;
  plugin::translators& translators;
  std::set<model::delivery_id> untried;  ///< deliveries of which the server has certainly seen nothing

  void outline_of(shared_bytes bytes, std::function<void(plugin::reply, result<outline>)> then) {
    plugin::request question;
    question.what = plugin::operation::inspect;
    question.format = "fhir-rest";
    question.input = std::move(bytes);
    translators.call(std::move(question), [then = std::move(then)](plugin::reply reply) {
      const plugin::part* part = reply.status == LIAISON_OK ? reply.find(LIAISON_PART_FACTS) : nullptr;
      result<outline> read = part ? outline_from_json(part->bytes) : failure{"not-fhir", "the body is no FHIR that can be read"};
      then(std::move(reply), std::move(read));
    });
  }

  void begin(const model::outgoing& what, then_type then) {
    auto j = std::make_shared<job>();
    j->what = what;
    j->then = std::move(then);
    outline_of(what.document ? what.document : share({}), [self = shared_from_this(), this, j](plugin::reply reply, result<outline> read) {
      if (reply.status == LIAISON_RETRY || reply.mishap == plugin::mishap::unavailable)
        return j->then({send_verdict::failed, "translator-unavailable", "the translator cannot work now", 0});
      if (!read) return j->then({send_verdict::refused, read.error().code, read.error().text, 0});
      j->request = fhir_request_for(read.value());
      const bool never_tried = untried.erase(j->what.delivery) > 0;
      never_tried || j->request.repeatable ? post(j) : look(j);
    });
  }

  std::string base() const {
    std::string path = client.target();
    while (!path.empty() && path.back() == '/') path.pop_back();
    return path;
  }

  /// An earlier attempt may have arrived.
  void look(const job_pointer& j) {
    if (j->request.search.empty())
      return j->then({send_verdict::refused, "uncertain",
                      "an earlier attempt may have arrived and nothing in it tells: look there, then cancel or replay", 0});
    net::http_call call;
    call.method = "GET";
    call.target = base() + j->request.search + "&_count=1";
    call.headers["Accept"] = fhir_json;
    call.answer_size_bytes_max = answer_size_bytes_max;
    client.ask(std::move(call), [self = shared_from_this(), this, j](const net::http_reply& reply) {
      if (reply.failure) return j->then(*reply.failure);
      if (reply.status != 200) {
        send_outcome outcome = net::outcome_of_status(reply.status, reply.retry_after, work.now());
        // That a server cannot be asked is no reason to send again, nor to say that it refused.
        if (outcome.verdict == send_verdict::refused)
          outcome = {send_verdict::refused, "uncertain", "an earlier attempt may have arrived, and asking for it was answered with status " + outcome.code, 0};
        return j->then(std::move(outcome));
      }
      outline_of(share(reply.body), [self, this, j](const plugin::reply&, result<outline> read) {
        if (!read || read.value().type != "Bundle") return j->then({send_verdict::failed, "answer-unreadable", "the recipient's answer to a search is no Bundle", 0});
        const bool there = std::any_of(read.value().entries.begin(), read.value().entries.end(), [](const auto& one) { return one.type != "OperationOutcome" && !one.type.empty(); });
        if (there || number_of(read.value().total) > 0)
          return j->then({send_verdict::accepted, "already-there", "an earlier attempt had arrived", 0});
        post(j);
      });
    });
  }

  void post(const job_pointer& j) {
    net::http_call call;
    call.target = base() + j->request.target;
    if (call.target.empty()) call.target = "/";
    const std::string& bytes = *j->what.document;
    const std::size_t first = bytes.find_first_not_of("\xEF\xBB\xBF \t\r\n");
    const bool xml = first != std::string::npos && bytes[first] == '<';
    const std::string& configured = client.settings().content_type;
    call.headers["Content-Type"] = !configured.empty() ? configured : xml ? fhir_xml : fhir_json;
    call.headers["Accept"] = fhir_json;
    call.headers["Idempotency-Key"] = j->what.name;
    if (j->request.target != "/$process-message") call.headers["Prefer"] = "return=minimal";
    if (!j->request.if_none_exist.empty()) call.headers["If-None-Exist"] = j->request.if_none_exist;
    call.body = j->what.document;
    call.answer_size_bytes_max = answer_size_bytes_max;
    client.ask(std::move(call), [self = shared_from_this(), this, j](const net::http_reply& reply) {
      if (reply.failure) {
        if (!reply.may_have_arrived) untried.insert(j->what.delivery);
        return j->then(*reply.failure);
      }
      // A server that says 4xx has not done it; of a 5xx nobody knows.
      if (reply.status >= 400 && reply.status < 500 && reply.status != 408 && reply.status != 409) untried.insert(j->what.delivery);
      if (reply.body.empty()) return j->then(outcome_of_answer(reply.status, reply.retry_after, work.now(), nullptr));
      outline_of(share(reply.body), [self, this, j, status = reply.status, retry_after = reply.retry_after](const plugin::reply&, result<outline> read) {
        j->then(outcome_of_answer(status, retry_after, work.now(), read ? &read.value() : nullptr));
      });
    });
  }
};

fhir_sender::fhir_sender(net::asio_executor& work, config::http_destination settings, plugin::translators& translators)
    : state_(std::make_shared<state>(work, std::move(settings), translators)) {}

void fhir_sender::prepare(const model::outgoing& what, then_type then) {
  state_->untried.insert(what.delivery);
  state_->work.post([then = std::move(then)] { then({send_verdict::accepted, "prepared", {}, 0}); });
}

void fhir_sender::send(const model::outgoing& what, then_type then) {
  if (!what.attachments.empty()) return state_->work.post([then = std::move(then)] { then(net::attachments_not_carried()); });
  state_->begin(what, std::move(then));
}

}  // namespace liaison::fhir_api
