// SPDX-License-Identifier: Apache-2.0
// Transactions (R4 http.html 3.1.0.11; MHD ITI-65) and batches. A transaction is one message, taken whole or not at all: every
// entry is checked before anything is kept. A batch is a number of requests that have nothing to do with one another.
#include "core/base/digest.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"
#include "core/routing/names.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace liaison::fhir_api {
namespace {

using detail::json_scope;

constexpr std::size_t marks_max = 4000;
constexpr std::uint64_t batch_work_bytes_max = 512U << 20;  ///< each resource of a batch is cut out of the whole body anew
constexpr int attempts_max = 3;  ///< of a transaction whose conditions were overtaken by another one

std::string location_of(std::size_t at) { return "Bundle.entry[" + std::to_string(at) + "]"; }

/// "DocumentReference/12-3" as its type and id.
struct instance {
  std::string type, id;
};
std::optional<instance> instance_of(std::string_view url) {
  const std::size_t slash = url.find('/');
  if (slash == std::string_view::npos || url.find('?') != std::string_view::npos) return std::nullopt;
  if (url.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return instance{std::string(url.substr(0, slash)), std::string(url.substr(slash + 1))};
}

/// Path and query of an entry's url as those of a request of its own.
void set_target(model::web_request& to, std::string_view url) {
  const std::size_t mark = url.find('?');
  to.path = "/fhir/" + std::string(url.substr(0, mark));
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::size_t equals = std::min(one.find('='), one.size());
    const auto decoded = identifier_condition("identifier=" + std::string(one.substr(std::min(equals + 1, one.size()))));
    to.parameters.emplace_back(std::string(one.substr(0, equals)), decoded.value_or(""));
    to.query[to.parameters.back().first] = to.parameters.back().second;
  }
}

}  // namespace

struct service::transaction {
  struct result {
    std::string status, location, etag, outcome, resource;
  };
  exchange_pointer of;
  outline_pointer body;
  std::vector<result> results;
  std::vector<std::string> conditions;  ///< of entries that are to be made, as marks
  bool makes_something = false;
  bool reads_something = false;
  std::string replaced_document;  ///< id of the document whose DocumentReference is patched
  int attempts = 0;
  model::answer given;
  std::size_t next = 0;     ///< entry that is to be asked for
  bool is_asking = false;   ///< the loop over the entries is on the stack
};

void service::begin_transaction(const exchange_pointer& of, const outline_pointer& body) {
  auto t = std::make_shared<transaction>();
  t->of = of;
  t->body = body;
  t->results.resize(body->entries.size());
  if (body->entries.empty()) return answer_transaction(t);
  if (body->bundle_type != "batch") return check_entry(t, 0);
  const auto cut_out = std::count_if(body->entries.begin(), body->entries.end(), [](const outline::entry& one) { return !one.type.empty(); });
  if (of->request.body.size() * static_cast<std::size_t>(cut_out) > batch_work_bytes_max)
    return answer(of, refusal(413, "batch-too-large", "so many entries in so large a batch are too much work; send several batches, or a transaction"));
  ask_entries(t, 0, &service::ask_of_batch);
}

/// One entry after the other. Many are answered at once, from inside the call: then this goes on in its loop, for the stack
/// would not hold a Bundle of thousands.
void service::ask_entries(const transaction_pointer& t, std::size_t from, void (service::*ask)(const transaction_pointer&, std::size_t)) {
  t->next = from;
  if (t->is_asking) return;
  t->is_asking = true;
  const std::size_t count = t->body->entries.size();
  for (std::size_t at = count; t->next != at && t->next < count;) {
    at = t->next;
    (this->*ask)(t, at);
  }
  t->is_asking = false;
  if (t->next >= count) answer_transaction(t);
}

/// What can be said without asking anybody; then what is there already.
void service::check_entry(const transaction_pointer& t, std::size_t at) {
  for (; at < t->body->entries.size(); ++at) {
    const outline::entry& entry = t->body->entries[at];
    const auto refused = [&](unsigned status, const char* code, const char* text) { answer(t->of, refusal(status, code, text, location_of(at) + ".request")); };
    if (entry.method.empty() || entry.url.empty()) return refused(400, "request-missing", "an entry of a transaction says method and url");
    if (entry.method == "GET" || entry.method == "HEAD") {
      t->reads_something = true;
      continue;
    }
    if (entry.method == "DELETE") return refused(405, "delete", "what was taken in is not deleted");
    if (entry.method != "POST" && entry.method != "PUT" && entry.method != "PATCH") return refused(400, "method-unknown", "no such method in FHIR");
    if (entry.type.empty()) return refused(400, "resource-missing", "this entry has no resource");
    if (entry.method == "POST" && entry.url != entry.type) return refused(400, "type-mismatch", "the url is not the type of the resource");
    if (!entry.if_none_exist.empty() && !identifier_condition(entry.if_none_exist))
      return refused(412, "condition-unsupported", "ifNoneExist takes identifier=system|value and nothing else");
    if (entry.method == "POST") continue;
    const auto target = instance_of(entry.url);
    if (entry.method == "PUT" && (!target || target->type != entry.type)) return refused(400, "type-mismatch", "the url is not Type/id of the resource");
    if (entry.method == "PATCH" && (!target || entry.patched_status.empty()))
      return refused(422, "patch-unsupported", "only the status of a DocumentReference is patched (MHD, replace)");
  }
  t->conditions.clear();
  t->makes_something = false;
  look_for_existing(t, 0);
}

/// Conditional creates, and what PATCH and If-Match speak of.
void service::look_for_existing(const transaction_pointer& t, std::size_t at) {
  for (; at < t->body->entries.size(); ++at) {
    const outline::entry& entry = t->body->entries[at];
    if (entry.method == "POST" && entry.if_none_exist.empty()) {
      t->makes_something = true;
      continue;
    }
    if (entry.method == "GET" || entry.method == "HEAD") continue;
    if (entry.method == "POST") {
      const std::string condition = resource_mark(t->of->who.endpoint, entry.type, *identifier_condition(entry.if_none_exist));
      return parts_.store.find_marked(condition, 0, 2, [this, t, at, condition](result<std::vector<store::marked>> found) {
        if (!found) return answer(t->of, try_again({}));
        if (found.value().size() > 1)
          return answer(t->of, refusal(412, "condition-ambiguous", "ifNoneExist matches more than one resource", location_of(at) + ".request"));
        if (found.value().empty()) {
          t->conditions.push_back(condition);
          t->makes_something = true;
        } else {
          const auto& first = found.value().front();
          t->results[at] = {"200 OK", t->body->entries[at].type + "/" + text_of({first.message, first.part}) + "/_history/1", "W/\"1\"", "", ""};
        }
        look_for_existing(t, at + 1);
      });
    }
    const auto target = instance_of(entry.url);
    const auto id = target ? resource_id_of(target->id) : std::nullopt;
    t->makes_something = true;
    if (!id) {
      if (entry.method == "PATCH") return answer(t->of, refusal(404, "not-found", "there is nothing to patch", location_of(at) + ".request.url"));
      if (!entry.if_match.empty()) return answer(t->of, refusal(412, "version-conflict", "there is no such version", location_of(at) + ".request.ifMatch"));
      continue;  // An update of what we do not have makes it (R4: update as create), under an id of ours.
    }
    return hold(t->of->who, *id, [this, t, at, type = target->type](result<held_pointer> found) {
      const outline::entry& asked = t->body->entries[at];
      if (!found && asked.method == "PATCH") return answer(t->of, refusal(404, "not-found", "there is nothing to patch", location_of(at) + ".request.url"));
      const std::string version = found ? std::to_string(found.value()->version) : std::string();
      if (!asked.if_match.empty() && asked.if_match != "W/\"" + version + "\"")
        return answer(t->of, refusal(412, "version-conflict", "the resource has another version", location_of(at) + ".request.ifMatch"));
      if (asked.method == "PATCH") {
        t->replaced_document = document_id_in(*found.value());
        t->results[at] = {"200 OK", asked.url + "/_history/" + std::to_string(found.value()->version + 1), "W/\"" + std::to_string(found.value()->version + 1) + "\"", "", ""};
      }
      look_for_existing(t, at + 1);
    });
  }
  look_for_replaced(t);
}

/// A document that is replaced without a PATCH is looked up all the same.
void service::look_for_replaced(const transaction_pointer& t) {
  if (!t->makes_something) return t->reads_something ? ask_entries(t, 0, &service::read_entry) : answer_transaction(t);
  if (!t->replaced_document.empty()) return take_transaction(t);
  for (const outline::entry& entry : t->body->entries)
    if (entry.type == "DocumentReference" && replaces_own(entry))
      return find_replaced(t->of->who, entry, [this, t](std::string id) {
        t->replaced_document = std::move(id);
        take_transaction(t);
      });
  take_transaction(t);
}

void service::take_transaction(const transaction_pointer& t) {
  model::arrival arrival = arrival_of(t->of);
  // The bytes name it by our own id; what orders deliveries is the id of the document.
  arrival.replaces = t->replaced_document;
  const std::string& source = arrival.source;
  const auto mark = [&](std::string text, std::size_t part) {
    if (arrival.marks.size() < marks_max) arrival.marks.push_back({std::move(text), static_cast<std::int32_t>(part)});
  };
  for (const auto& identifier : t->body->identifiers) {
    mark(resource_mark(source, "Bundle", identifier), 0);
    arrival.unless_marked.push_back(resource_mark(source, "Bundle", identifier));
  }
  for (std::size_t at = 0; at < t->body->entries.size(); ++at) {
    const outline::entry& entry = t->body->entries[at];
    if ((entry.method != "POST" && entry.method != "PUT") || !t->results[at].status.empty()) continue;
    for (const auto& identifier : entry.identifiers) mark(resource_mark(source, entry.type, identifier), at + 1);
    if (entry.type != "DocumentReference") continue;
    for (const auto& [name, values] : entry.search) {
      for (const auto& value : values) {
        if (name == "identifier") mark(routing::document_mark(document_id_of(value)), at + 1);
        if (name == "replaces") mark(routing::replaced_mark(document_id_of(own_reference(value))), at + 1);
        if (name != "patient.identifier") continue;
        const std::size_t bar = value.find('|');
        if (bar != std::string::npos) mark(routing::patient_mark(value.substr(0, bar), value.substr(bar + 1)), at + 1);
      }
    }
  }
  for (const auto& condition : t->conditions) arrival.unless_marked.push_back(condition);
  const bool conditional = !t->conditions.empty();
  parts_.intake.accept(std::move(arrival), [this, t, conditional](model::answer given) {
    if (given.verdict == model::verdict::not_now) return answer(t->of, try_again(given.issues));
    if (given.verdict == model::verdict::rejected) return answer(t->of, outcome(422, given.issues));
    if (given.verdict == model::verdict::exists) {
      // Another one with the same conditions came first: now they match.
      if (conditional && ++t->attempts < attempts_max) {
        t->results.assign(t->body->entries.size(), {});
        t->conditions.clear();
        t->makes_something = false;
        return look_for_existing(t, 0);
      }
      model::web_response refused = refusal(409, "already-taken", "this transaction's identifier or Idempotency-Key came before with other content; that one counts");
      refused.headers["Content-Location"] = t->of->base + "/$status/" + std::to_string(given.message);
      return answer(t->of, std::move(refused));
    }
    t->given = std::move(given);
    if (t->of->wish.asynchronous) return answer_later(t->of, t->given);
    for (std::size_t at = 0; at < t->results.size(); ++at) {
      const outline::entry& entry = t->body->entries[at];
      if (!t->results[at].status.empty() || (entry.method != "POST" && entry.method != "PUT")) continue;
      const resource_id id{t->given.message, static_cast<std::int32_t>(at + 1)};
      t->results[at] = {"201 Created", entry.type + "/" + text_of(id) + "/_history/1", "W/\"1\"", "", ""};
    }
    t->reads_something ? ask_entries(t, 0, &service::read_entry) : answer_transaction(t);
  });
}

/// What is to be read, after what is written (R4: DELETE, POST, PUT, GET).
void service::read_entry(const transaction_pointer& t, std::size_t at) {
  const outline::entry& entry = t->body->entries[at];
  if (entry.method != "GET" && entry.method != "HEAD") return ask_entries(t, at + 1, &service::read_entry);
  model::web_request question;
  question.method = entry.method;
  question.host = t->of->request.host;
  question.encrypted = t->of->request.encrypted;
  question.headers.emplace_back("accept", fhir_json);
  set_target(question, entry.url);
  handle(std::move(question), t->of->who, [this, t, at](model::web_response read) {
    t->results[at].status = std::to_string(read.status);
    (read.status < 300 ? t->results[at].resource : t->results[at].outcome) = std::move(read.body);
    ask_entries(t, at + 1, &service::read_entry);
  });
}

void service::answer_transaction(const transaction_pointer& t) {
  std::string text;
  {
    json_scope bundle(text, '{');
    bundle.text("resourceType", "Bundle");
    bundle.text("type", t->body->bundle_type + "-response");
    if (!t->results.empty()) {
      json_scope entries(bundle.member("entry"), '[');
      for (const auto& one : t->results) {
        json_scope entry(entries.element(), '{');
        if (!one.resource.empty()) entry.member("resource") += one.resource;
        json_scope response(entry.member("response"), '{');
        response.text("status", one.status);
        response.text("location", one.location);
        response.text("etag", one.etag);
        if (!one.location.empty() && one.status.starts_with("201")) response.text("lastModified", rfc3339(parts_.clock.now()));
        if (!one.outcome.empty()) response.member("outcome") += one.outcome;
      }
    }
  }
  answer(t->of, {200, fhir_json, {}, std::move(text)});
}

void service::ask_of_batch(const transaction_pointer& t, std::size_t at) {
  const outline::entry& entry = t->body->entries[at];
  auto question = std::make_shared<model::web_request>();
  question->method = entry.method;
  question->host = t->of->request.host;
  question->encrypted = t->of->request.encrypted;
  question->peer = t->of->request.peer;
  question->headers.emplace_back("accept", fhir_json);
  if (!entry.if_none_exist.empty()) question->headers.emplace_back("if-none-exist", entry.if_none_exist);
  set_target(*question, entry.url);
  const auto ask = [this, t, at, question] {
    handle(std::move(*question), t->of->who, [this, t, at](model::web_response given) {
      transaction::result& told = t->results[at];
      told.status = std::to_string(given.status);
      if (const auto location = given.headers.find("Location"); location != given.headers.end())
        told.location = location->second.substr(std::min(location->second.size(), t->of->base.size() + 1));
      if (const auto tag = given.headers.find("ETag"); tag != given.headers.end()) told.etag = tag->second;
      (given.status < 300 ? told.resource : told.outcome) = std::move(given.body);
      ask_entries(t, at + 1, &service::ask_of_batch);
    });
  };
  if (entry.type.empty()) return ask();
  const std::string options = "{\"as\":\"entry\",\"part\":" + std::to_string(at + 1) + "}";
  part_of(share(t->of->request.body), options, [this, t, at, question, ask](plugin::reply reply) {
    const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
    if (reply.status != LIAISON_OK || !part) {
      t->results[at].status = "503";
      return ask_entries(t, at + 1, &service::ask_of_batch);
    }
    question->body = part->bytes;
    question->content_type = fhir_json;
    ask();
  });
}

}  // namespace liaison::fhir_api
