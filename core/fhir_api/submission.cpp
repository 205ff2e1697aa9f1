// SPDX-License-Identifier: Apache-2.0
// What is posted, but for transactions: create and conditional create, messages, Bundles for delivery. Each is one message
// of the gateway; what is answered with 2xx is on disk.
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"
#include "core/routing/names.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>

namespace liaison::fhir_api {
namespace {

using detail::json_scope;

constexpr std::size_t key_size_max = 200;

std::string idempotency_mark(const std::string& source, std::string_view key) {
  return "key\x1f" + source + "\x1f" + std::string(key);
}

model::issue already_there(const std::string& text) { return {model::severity::information, "already-there", "", text}; }

}  // namespace

/// Which body, and that it is one: the rest is told by its kind.
void service::submit(const exchange_pointer& of, std::string type, bool as_message) {
  if (of->who.endpoint.empty())
    return answer(of, refusal(400, "source-unknown", "name an endpoint with an http source: ?source=NAME"));
  const std::string& content_type = of->request.content_type;
  const bool raw_binary = type == "Binary" && syntax_of_media_type(content_type) == syntax::none;
  if (!content_type.empty() && syntax_of_media_type(content_type) == syntax::none)
    return answer(of, refusal(415, "media-type", raw_binary ? "a Binary is posted as a resource; bytes of a document go to /api/v1/messages or $convert"
                                                            : "FHIR comes as application/fhir+json or application/fhir+xml"));
  if (of->request.header("idempotency-key").size() > key_size_max)
    return answer(of, refusal(400, "idempotency-key", "the Idempotency-Key is longer than 200 characters"));
  outline_of(share(of->request.body), [this, of, type = std::move(type), as_message](result<outline_pointer> body, std::vector<model::issue> issues) {
    if (!body && body.error().code == "unavailable") return answer(of, try_again(issues));
    if (!body) {
      // Kept all the same, as whatever comes in and cannot be processed.
      model::arrival arrival = arrival_of(of);
      return parts_.intake.accept(std::move(arrival), [this, of, issues](model::answer given) {
        if (given.verdict == model::verdict::not_now) return answer(of, try_again(given.issues));
        answer(of, outcome(400, issues));
      });
    }
    const outline_pointer& read = body.value();
    if (as_message) return process_message(of, read);
    if (!type.empty()) {
      if (read->type != type) return answer(of, refusal(400, "type-mismatch", "the body is another type than the path names", "resourceType"));
      return create(of, type, read);
    }
    if (read->type != "Bundle") return answer(of, refusal(400, "not-a-bundle", "post single resources to their type: [base]/" + read->type, "resourceType"));
    if (read->is_transaction()) return begin_transaction(of, read);
    deliver(of, read);
  });
}

model::arrival service::arrival_of(const exchange_pointer& of) const {
  model::arrival arrival;
  arrival.source = of->who.endpoint;
  arrival.peer = of->request.peer;
  arrival.bytes = share(of->request.body);
  arrival.format = "fhir";
  if (const auto key = of->request.header("idempotency-key"); !key.empty()) {
    arrival.marks.push_back({idempotency_mark(arrival.source, key), 0});
    arrival.unless_marked.push_back(arrival.marks.back().text);
  }
  return arrival;
}

/// Intake, and what the answers other than `accepted` mean to a client.
void service::take(const exchange_pointer& of, model::arrival arrival, std::function<void(model::answer)> accepted) {
  const bool keyed = !of->request.header("idempotency-key").empty();
  parts_.intake.accept(std::move(arrival), [this, of, keyed, accepted = std::move(accepted)](model::answer given) {
    switch (given.verdict) {
      case model::verdict::accepted: return accepted(std::move(given));
      case model::verdict::not_now: return answer(of, try_again(given.issues));
      case model::verdict::rejected: return answer(of, outcome(422, given.issues));
      case model::verdict::exists: break;
    }
    model::web_response refused =
        refusal(409, "already-taken", keyed ? "this Idempotency-Key or identifier came before with other content; that one counts"
                                            : "this identifier came before with other content; that one counts");
    refused.headers["Content-Location"] = of->base + "/$status/" + std::to_string(given.message);
    answer(of, std::move(refused));
  });
}

void service::create(const exchange_pointer& of, const std::string& type, const outline_pointer& body) {
  std::string condition;
  if (const auto asked = of->request.header("if-none-exist"); !asked.empty()) {
    const auto identifier = identifier_condition(asked);
    if (!identifier) return answer(of, refusal(400, "condition-unsupported", "If-None-Exist takes identifier=system|value and nothing else"));
    condition = resource_mark(of->who.endpoint, type, *identifier);
  }
  model::arrival arrival = arrival_of(of);
  std::vector<std::string> identifiers = type == "Bundle" ? body->identifiers : body->entries.front().identifiers;
  for (const auto& identifier : identifiers) arrival.marks.push_back({resource_mark(arrival.source, type, identifier), 0});
  // A Bundle's identifier names this very Bundle (R4 bundle.html): it comes once.
  if (type == "Bundle")
    for (const auto& identifier : identifiers) arrival.unless_marked.push_back(resource_mark(arrival.source, type, identifier));
  const auto go_on = [this, of, type](model::arrival what) {
    take(of, std::move(what), [this, of, type](model::answer given) {
      const resource_id id{given.message, 0};
      if (of->wish.asynchronous) return answer_later(of, given);
      created(of, id, type, given.duplicate ? 200 : 201, given.issues);
    });
  };
  if (condition.empty() && type == "DocumentReference" && replaces_own(body->entries.front())) {
    auto waiting = std::make_shared<model::arrival>(std::move(arrival));
    return find_replaced(of->who, body->entries.front(), [waiting, go_on](std::string id) {
      waiting->replaces = std::move(id);
      go_on(std::move(*waiting));
    });
  }
  if (condition.empty()) return go_on(std::move(arrival));
  arrival.unless_marked.push_back(condition);
  auto kept = std::make_shared<model::arrival>(std::move(arrival));
  parts_.store.find_marked(condition, 0, 2, [this, of, type, kept, go_on](result<std::vector<store::marked>> found) {
    if (!found) return answer(of, try_again({}));
    if (found.value().size() > 1) return answer(of, refusal(412, "condition-ambiguous", "If-None-Exist matches more than one resource"));
    if (found.value().empty()) return go_on(std::move(*kept));
    const auto& first = found.value().front();
    created(of, {first.message, first.part}, type, 200, {already_there("a resource with this identifier is there already; nothing was made")});
  });
}

void service::created(const exchange_pointer& of, const resource_id& id, const std::string& type, unsigned status,
                      const std::vector<model::issue>& issues) {
  model::web_response made;
  made.status = status;
  made.content_type = fhir_json;
  made.headers["Location"] = of->base + "/" + type + "/" + text_of(id) + "/_history/1";
  made.headers["ETag"] = "W/\"1\"";
  if (of->wish.result == preferences::what::minimal) return answer(of, std::move(made));
  if (of->wish.result == preferences::what::operation_outcome) {
    made.body = outcome_text(status, issues);
    return answer(of, std::move(made));
  }
  hold(of->who, id, [this, of, type, made, issues](result<held_pointer> found) mutable {
    if (!found) return answer(of, std::move(made));
    resource_of(found.value(), type, of->base, [this, of, made, issues](result<std::string> text) mutable {
      made.body = text ? std::move(text).value() : outcome_text(made.status, issues);
      answer(of, std::move(made));
    });
  });
}

/// A document, message or collection for its recipients: accepted for delivery, and where to ask what became of it.
void service::deliver(const exchange_pointer& of, const outline_pointer& body) {
  model::arrival arrival = arrival_of(of);
  for (const auto& identifier : body->identifiers) {
    arrival.marks.push_back({resource_mark(arrival.source, "Bundle", identifier), 0});
    arrival.unless_marked.push_back(arrival.marks.back().text);
  }
  take(of, std::move(arrival), [this, of](model::answer given) { answer_later(of, given); });
}

void service::answer_later(const exchange_pointer& of, const model::answer& given) {
  model::web_response later = outcome(202, given.issues);
  later.headers["Content-Location"] = of->base + "/$status/" + std::to_string(given.message);
  answer(of, std::move(later));
}

void service::process_message(const exchange_pointer& of, const outline_pointer& body) {
  if (body->type != "Bundle" || body->bundle_type != "message" || body->entries.empty() || body->entries.front().type != "MessageHeader")
    return answer(of, refusal(400, "not-a-message", "$process-message takes a Bundle of type message that begins with a MessageHeader", "Bundle.type"));
  model::arrival arrival = arrival_of(of);
  for (const auto& identifier : body->identifiers) {
    arrival.marks.push_back({resource_mark(arrival.source, "Bundle", identifier), 0});
    arrival.unless_marked.push_back(arrival.marks.back().text);
  }
  const auto async = of->request.query.find("async");
  const bool later = of->wish.asynchronous || (async != of->request.query.end() && async->second == "true");
  parts_.intake.accept(std::move(arrival), [this, of, body, later](model::answer given) {
    if (given.verdict == model::verdict::not_now) return answer(of, try_again(given.issues));
    if (given.verdict == model::verdict::exists)
      return answer(of, refusal(409, "already-taken", "this message's identifier or Idempotency-Key came before with other content; that one counts"));
    if (given.verdict == model::verdict::accepted && later) return answer_later(of, given);
    const bool good = given.verdict == model::verdict::accepted;
    const std::string name = std::to_string(given.message);
    std::string text;
    {
      json_scope bundle(text, '{');
      bundle.text("resourceType", "Bundle");
      bundle.text("type", "message");
      {
        json_scope identifier(bundle.member("identifier"), '{');
        identifier.text("system", "urn:liaison:" + parts_.store.instance());
        identifier.text("value", "answer-" + name);
      }
      json_scope entries(bundle.member("entry"), '[');
      {
        json_scope entry(entries.element(), '{');
        entry.text("fullUrl", of->base + "/MessageHeader/answer-" + name);
        json_scope header(entry.member("resource"), '{');
        header.text("resourceType", "MessageHeader");
        header.text("id", "answer-" + name);
        if (!body->event_code.empty()) {
          json_scope event(header.member("eventCoding"), '{');
          event.text("system", body->event_system);
          event.text("code", body->event_code);
        } else {
          header.text("eventUri", body->event_uri.empty() ? "urn:liaison:event:unknown" : body->event_uri);
        }
        if (!body->source.empty()) {
          json_scope destinations(header.member("destination"), '[');
          json_scope destination(destinations.element(), '{');
          destination.text("endpoint", body->source);
        }
        {
          json_scope source(header.member("source"), '{');
          source.text("software", "liaison");
          source.text("endpoint", of->base + "/$process-message");
        }
        json_scope response(header.member("response"), '{');
        response.text("identifier", body->header_id.empty() ? "unknown" : body->header_id);
        response.text("code", good ? "ok" : "fatal-error");
        json_scope details(response.member("details"), '{');
        details.text("reference", of->base + "/OperationOutcome/answer-" + name);
      }
      json_scope entry(entries.element(), '{');
      entry.text("fullUrl", of->base + "/OperationOutcome/answer-" + name);
      std::string told = outcome_text(good ? 200 : 422, given.issues);
      entry.member("resource") += "{\"id\":\"answer-" + name + "\"," + told.substr(1);
    }
    answer(of, {good ? 200U : 422U, fhir_json, {}, std::move(text)});
  });
}

/// 202 while a delivery waits; then what became of each.
void service::tell_progress(const exchange_pointer& of, const resource_id& id) {
  parts_.store.read_trace(id.message, [this, of](result<store::trace> found) {
    const bool mine = found && (of->who.is_operator || found.value().message.source == of->who.endpoint);
    if (!mine) return answer(of, refusal(404, "not-found", "no such submission"));
    std::vector<model::issue> told;
    std::size_t ended = 0;
    for (const model::delivery& one : found.value().deliveries) {
      const bool dead = one.state == model::delivery_state::dead || one.state == model::delivery_state::cancelled;
      ended += one.state == model::delivery_state::pending ? 0 : 1;
      told.push_back({dead ? model::severity::error : model::severity::information, std::string("delivery-") + model::name_of(one.state), "",
                      "recipient " + one.recipient + ": " + model::name_of(one.state)});
    }
    const std::size_t all = found.value().deliveries.size();
    model::web_response progress = outcome(ended < all ? 202 : 200, told);
    if (ended < all) {
      progress.headers["X-Progress"] = std::to_string(ended) + " of " + std::to_string(all) + " deliveries ended";
      progress.headers["Retry-After"] = "5";
    }
    answer(of, std::move(progress));
  });
}

}  // namespace liaison::fhir_api
