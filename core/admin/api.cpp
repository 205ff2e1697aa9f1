// SPDX-License-Identifier: Apache-2.0
#include "core/admin/api.hpp"

#include "core/admin/patients_api.hpp"
#include "core/admin/views.hpp"
#include "core/base/digest.hpp"
#include "core/base/local_time.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/routing/router.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace liaison::admin {

namespace {

std::optional<std::int64_t> number_from(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

std::string query(const request& what, const char* key) {
  auto at = what.query.find(key);
  return at == what.query.end() ? std::string() : at->second;
}

std::uint32_t limit_of(const request& what) {
  const auto asked = number_from(query(what, "limit"));
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(asked.value_or(50), 1, 1000));
}

response failed(const failure& why) {
  const unsigned status = why.code == "not-found" ? 404 : why.code == "wrong-state" ? 409 : why.code == "store-corrupt" ? 500 : 503;
  return error_response(status, why.code, why.text);
}

/// Comparison whose time does not depend on where the difference is.
bool same_secret(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

bool is_one_of(const std::string& token, const std::vector<std::string>& tokens) {
  return !token.empty() && std::any_of(tokens.begin(), tokens.end(), [&](const auto& t) { return same_secret(t, token); });
}

/// Four numbers, the first of them 127. "127.example.org" is a name like any other, and whoever owns it says where it leads.
bool is_loopback_address(std::string_view name) {
  if (!name.starts_with("127.")) return false;
  int parts = 0;
  for (;; ++parts) {
    const std::string_view part = name.substr(0, name.find('.'));
    if (part.empty() || part.size() > 3 || part.find_first_not_of("0123456789") != std::string_view::npos) return false;
    if (part.size() == name.size()) return parts == 3;
    name.remove_prefix(part.size() + 1);
  }
}

/// "127.0.0.1:8480", "[::1]:8480", "localhost" name this machine whatever a name server says.
bool names_this_machine(const std::string& host) {
  const std::string name = host.substr(0, host.front() == '[' ? host.find(']') + 1 : host.find(':'));
  return name == "localhost" || name == "[::1]" || is_loopback_address(name);
}

/// Without tokens, being on this machine is the credential, so a page from elsewhere must not be able to borrow it.
bool is_local_and_own(const request& what) {
  if (!what.from_loopback || (!what.host.empty() && !names_this_machine(what.host))) return false;
  return what.origin.empty() || what.origin == "http://" + what.host || what.origin == "https://" + what.host;
}

/// Who may do what: the operator everything, an endpoint only post as itself.
struct access {
  bool is_operator = false;
  std::string source;  ///< endpoint that the token belongs to
};

/// A certificate that the listener's authorities issued and that names this partner.
bool shows_name(const request& what, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const auto& name) {
    return std::find(what.client_names.begin(), what.client_names.end(), name) != what.client_names.end();
  });
}

access access_of(const request& what, const config::configuration& configuration) {
  access found;
  found.is_operator = configuration.http_tokens.empty() ? is_local_and_own(what) : is_one_of(what.bearer_token, configuration.http_tokens);
  for (const auto& [name, endpoint] : configuration.endpoints)
    if (const auto* http = std::get_if<config::http_source>(&endpoint.source); http && (is_one_of(what.bearer_token, http->tokens) || shows_name(what, http->client_names)))
      found.source = name;
  return found;
}

std::string only_http_source(const config::configuration& configuration) {
  std::string only;
  for (const auto& [name, endpoint] : configuration.endpoints)
    if (std::holds_alternative<config::http_source>(endpoint.source)) {
      if (!only.empty()) return {};
      only = name;
    }
  return only;
}

/// "" when the media type says nothing about the format.
std::string format_of(const std::string& content_type) {
  static const std::pair<const char*, const char*> known[] = {{"application/fhir", "fhir"},          {"application/hl7-v2", "hl7v2"},
                                                              {"x-application/hl7-v2", "hl7v2"},     {"application/hl7-cda", "cda"},
                                                              {"application/edi-hl7", "hl7v2"},      {"application/hprim-medecin", "hprim-medecin"},
                                                              {"application/hprim-sante", "hprim-sante"}};
  for (const auto& [prefix, format] : known)
    if (content_type.rfind(prefix, 0) == 0) return format;
  return {};
}

}  // namespace

api::api(parts what)
    : parts_(std::move(what)),
      fhir_({parts_.store, parts_.intake, parts_.translators, parts_.clock, parts_.configuration}),
      patients_(std::make_unique<patients_api>(parts_)) {}
api::~api() = default;

void api::handle(request what, respond then) {
  const auto answered = [this, path = what.path, then = std::move(then)](response r) {
    const char* label = path.rfind("/api/", 0) == 0 ? "/api" : path.rfind("/fhir", 0) == 0 ? "/fhir" : "other";
    parts_.metrics.count("liaison_http_requests_total", {{"path", label}, {"status", std::string(1, static_cast<char>('0' + r.status / 100)) + "xx"}});
    then(std::move(r));
  };
  if (what.path == "/healthz") return answered({200, "text/plain", {}, "alive\n"});
  if (what.path == "/readyz") {
    return parts_.find_why_not_ready([answered](const std::string& why_not) {
      if (why_not.empty()) return answered({200, "text/plain", {}, "ready\n"});
      answered({503, "text/plain", {}, "not able to accept now: " + why_not + "\n"});
    });
  }
  // The page itself says nothing; it asks for the data with the reader's own token.
  if (what.method == "GET" && (what.path == "/" || what.path == "/index.html"))
    return answered({200, "text/html; charset=utf-8", {{"Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"}}, console_page});
  if (what.path == "/fhir" || what.path.rfind("/fhir/", 0) == 0) return serve_fhir(std::move(what), answered);
  const config::snapshot configuration = parts_.configuration();
  const access who = access_of(what, *configuration);
  if (what.method == "POST" && what.path == "/api/v1/messages") {
    std::string source = who.source;
    if (source.empty() && who.is_operator) {
      source = query(what, "source");
      if (source.empty()) source = only_http_source(*configuration);
    }
    const config::endpoint* endpoint = configuration->find(source);
    if (who.source.empty() && !who.is_operator) {
      response r = error_response(401, "unauthorised", "a bearer token of a configured endpoint is needed");
      r.headers["WWW-Authenticate"] = "Bearer";
      return answered(std::move(r));
    }
    if (!endpoint || !std::holds_alternative<config::http_source>(endpoint->source))
      return answered(error_response(400, "source-unknown", "name an endpoint with an http source: ?source=NAME"));
    return post_message(what, source, answered);
  }
  if (!who.is_operator) {
    response r = error_response(401, "unauthorised", "a bearer token is needed");
    r.headers["WWW-Authenticate"] = "Bearer";
    return answered(std::move(r));
  }
  if (!route_api(what, answered)) answered(error_response(404, "not-found", "nothing is served at this path for this method"));
}

bool api::route_api(const request& what, const respond& then) {
  const bool get = what.method == "GET" || what.method == "HEAD";
  const std::string& path = what.path;
  if (get && path == "/metrics") return get_metrics(then), true;
  if (get && path == "/api/v1/openapi.json") return then({200, "application/json", {}, openapi_text}), true;
  if (get && path == "/api/v1/messages") return get_messages(what, then), true;
  if (get && path == "/api/v1/deliveries") return get_deliveries(what, then), true;
  if (get && path == "/api/v1/receipts") return get_receipts(what, then), true;
  if (get && path == "/api/v1/recipients") return get_recipients(then), true;
  if (get && path == "/api/v1/endpoints") return get_endpoints(then), true;
  if (get && path == "/api/v1/documents") return get_documents(what, then), true;
  if (patients_->route(what, then)) return true;
  // /api/v1/{messages|deliveries}/ID[/ACTION]
  for (const std::string kind : {"messages", "deliveries"}) {
    const std::string prefix = "/api/v1/" + kind + "/";
    if (path.rfind(prefix, 0) != 0) continue;
    const std::size_t slash = path.find('/', prefix.size());
    const auto id = number_from(path.substr(prefix.size(), slash == std::string::npos ? slash : slash - prefix.size()));
    const std::string action = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (!id) return false;
    if (kind == "messages") {
      if (get && action.empty()) return get_message(*id, then), true;
      if (get && action == "trace") return get_trace(*id, then), true;
      if (get && action == "raw") return get_raw(*id, then), true;
      if (what.method == "POST" && action == "replay") return replay(*id, what, then), true;
    } else if (what.method == "POST" && (action == "retry" || action == "cancel")) {
      return change_delivery(*id, action == "retry", then), true;
    }
  }
  return false;
}

void api::post_message(const request& what, const std::string& source, respond then) {
  model::arrival arrival;
  arrival.source = source;
  arrival.peer = what.peer;
  arrival.bytes = share(what.body);
  arrival.format = query(what, "format").empty() ? format_of(what.content_type) : query(what, "format");
  parts_.intake.accept(std::move(arrival), [then = std::move(then)](model::answer answer) {
    if (answer.verdict == model::verdict::not_now) {
      response r = fhir_api::outcome(503, answer.issues);
      r.headers["Retry-After"] = "10";
      return then(std::move(r));
    }
    response r;
    r.status = answer.verdict == model::verdict::rejected ? 422 : answer.duplicate ? 200 : 201;
    if (answer.verdict == model::verdict::rejected) r = fhir_api::outcome(422, answer.issues);
    else {
      detail::json_scope object(r.body, '{');
      object.member("message") += std::to_string(answer.message);
      object.member("duplicate") += answer.duplicate ? "true" : "false";
      {
        detail::json_scope to(object.member("recipients"), '[');
        for (const auto& recipient : answer.recipients) detail::append_json_string(to.element(), recipient);
      }
      object.member("issues") += model::to_json(answer.issues);
    }
    r.headers["Location"] = "/api/v1/messages/" + std::to_string(answer.message);
    then(std::move(r));
  });
}

/// FHIR's own answers: also to who is not let in.
void api::serve_fhir(request what, respond then) {
  const config::snapshot configuration = parts_.configuration();
  const access who = access_of(what, *configuration);
  if (who.source.empty() && !who.is_operator && what.path != "/fhir/metadata") {
    response r = fhir_api::refusal(401, "unauthorised", "a bearer token or certificate of a configured endpoint is needed");
    r.headers["WWW-Authenticate"] = "Bearer";
    return then(std::move(r));
  }
  fhir_api::asker asker{who.is_operator && who.source.empty(), who.source};
  if (asker.endpoint.empty() && who.is_operator) {
    std::string source = query(what, "source");
    if (source.empty()) source = only_http_source(*configuration);
    const config::endpoint* endpoint = configuration->find(source);
    if (endpoint && std::holds_alternative<config::http_source>(endpoint->source)) asker.endpoint = source;
  }
  fhir_.handle(std::move(what), std::move(asker), std::move(then));
}

void api::get_messages(const request& what, respond then) {
  store::message_filter filter;
  filter.source = query(what, "source");
  filter.document_type = query(what, "document_type");
  filter.control_id = query(what, "control_id");
  for (auto [name, into] : {std::pair{"from", &filter.received_from}, {"until", &filter.received_until}}) {
    const std::string text = query(what, name);
    if (text.empty()) continue;
    const auto at = time_from_fhir(text, {parts_.configuration()->discharge.zone});
    if (!at || *at <= 0) return then(error_response(400, "time-malformed", std::string("'") + name + "' is a FHIR date or dateTime"));
    *into = *at;
  }
  const std::string state = query(what, "state");
  for (auto s : {model::message_state::routed, model::message_state::unrouted, model::message_state::quarantined})
    if (state == model::name_of(s)) filter.state = s;
  if (!state.empty() && !filter.state) return then(error_response(400, "state-unknown", "states are routed, unrouted, quarantined"));
  filter.before = number_from(query(what, "before")).value_or(0);
  filter.limit = limit_of(what);
  parts_.store.list_messages(filter, [then = std::move(then), limit = filter.limit](result<std::vector<model::message>> found) {
    if (!found) return then(failed(found.error()));
    std::vector<std::string> items;
    for (const auto& m : found.value()) items.push_back(to_json(m, false));
    then({200, "application/json", {}, page_json(items, items.size() == limit ? found.value().back().id : 0)});
  });
}

void api::get_message(std::int64_t id, respond then) {
  parts_.store.read_trace(id, [then = std::move(then)](result<store::trace> found) {
    if (!found) return then(failed(found.error()));
    then({200, "application/json", {}, to_json(found.value().message, true)});
  });
}

void api::get_trace(std::int64_t id, respond then) {
  parts_.store.read_trace(id, [then = std::move(then)](result<store::trace> found) {
    if (!found) return then(failed(found.error()));
    then({200, "application/json", {}, trace_json(found.value())});
  });
}

void api::get_raw(std::int64_t id, respond then) {
  parts_.store.read_raw(id, [then = std::move(then), id](result<shared_bytes> found) {
    if (!found) return then(failed(found.error()));
    response r{200, "application/octet-stream", {}, *found.value()};
    r.headers["Content-Disposition"] = "attachment; filename=\"message-" + std::to_string(id) + "\"";
    then(std::move(r));
  });
}

void api::replay(std::int64_t id, const request& what, respond then) {
  const std::string to = query(what, "to");
  parts_.store.read_trace(id, [this, id, to, then = std::move(then)](result<store::trace> found) {
    if (!found) return then(failed(found.error()));
    const config::snapshot configuration = parts_.configuration();
    const model::message& message = found.value().message;
    if (message.state == model::message_state::quarantined)
      return then(error_response(409, "wrong-state", "a message in quarantine cannot be delivered"));
    std::vector<store::new_delivery> deliveries;
    const auto add = [&](const std::string& name) {
      const config::endpoint* endpoint = configuration->find(name);
      if (endpoint && !std::holds_alternative<std::monostate>(endpoint->destination))
        deliveries.push_back({name, endpoint->format, endpoint->profile});
    };
    if (!to.empty()) add(to);
    else if (auto facts = model::facts_from_json(message.facts_json))
      for (const auto& r : routing::route(*configuration, message.source, facts.value())) add(r.recipient);
    if (deliveries.empty()) return then(error_response(400, "no-recipient", "no such recipient, or no route takes this message today"));
    parts_.store.replay(id, deliveries, parts_.clock.now(), [this, deliveries, then](result<std::vector<model::delivery_id>> made) {
      if (!made) return then(failed(made.error()));
      for (const auto& d : deliveries) parts_.scheduler.wake(d.recipient);
      response r;
      r.status = 201;
      {
        detail::json_scope object(r.body, '{');
        detail::json_scope list(object.member("deliveries"), '[');
        for (auto delivery : made.value()) list.element() += std::to_string(delivery);
      }
      then(std::move(r));
    });
  });
}

void api::get_deliveries(const request& what, respond then) {
  store::delivery_filter filter;
  filter.recipient = query(what, "recipient");
  filter.message = number_from(query(what, "message")).value_or(0);
  const std::string state = query(what, "state");
  for (auto s : {model::delivery_state::pending, model::delivery_state::delivered, model::delivery_state::dead, model::delivery_state::cancelled})
    if (state == model::name_of(s)) filter.state = s;
  if (!state.empty() && !filter.state) return then(error_response(400, "state-unknown", "states are pending, delivered, dead, cancelled"));
  filter.before = number_from(query(what, "before")).value_or(0);
  filter.limit = limit_of(what);
  parts_.store.list_deliveries(filter, [then = std::move(then), limit = filter.limit](result<std::vector<model::delivery>> found) {
    if (!found) return then(failed(found.error()));
    std::vector<std::string> items;
    for (const auto& d : found.value()) items.push_back(to_json(d));
    then({200, "application/json", {}, page_json(items, items.size() == limit ? found.value().back().id : 0)});
  });
}

void api::change_delivery(std::int64_t id, bool retry, respond then) {
  auto changed = [this, then = std::move(then)](result<done> outcome) {
    if (!outcome) return then(failed(outcome.error()));
    // Which recipient it was is not worth a query: each lane looks again.
    for (const auto& [name, endpoint] : parts_.configuration()->endpoints) parts_.scheduler.changed(name);
    then({200, "application/json", {}, "{\"done\":true}"});
  };
  if (retry) parts_.store.retry(id, parts_.clock.now(), std::move(changed));
  else parts_.store.cancel(id, parts_.clock.now(), std::move(changed));
}

void api::get_receipts(const request& what, respond then) {
  parts_.store.list_receipts(number_from(query(what, "message")).value_or(0), limit_of(what), [then = std::move(then)](result<std::vector<model::receipt>> found) {
    if (!found) return then(failed(found.error()));
    std::vector<std::string> items;
    for (const auto& r : found.value()) items.push_back(to_json(r));
    then({200, "application/json", {}, page_json(items, 0)});
  });
}

void api::get_recipients(respond then) {
  parts_.store.count_by_recipient([this, then = std::move(then)](result<std::vector<store::recipient_count>> found) {
    if (!found) return then(failed(found.error()));
    std::vector<std::string> items;
    for (const auto& c : found.value()) {
      std::string text;
      {
        detail::json_scope object(text, '{');
        object.text("recipient", c.recipient);
        object.member("pending") += std::to_string(c.pending);
        object.member("delivered") += std::to_string(c.delivered);
        object.member("dead") += std::to_string(c.dead);
        object.member("cancelled") += std::to_string(c.cancelled);
        if (c.oldest_pending_at > 0) object.text("oldest_pending_at", rfc3339(c.oldest_pending_at));
        object.member("configured") += parts_.configuration()->find(c.recipient) ? "true" : "false";
      }
      items.push_back(std::move(text));
    }
    then({200, "application/json", {}, page_json(items, 0)});
  });
}

void api::get_endpoints(respond then) {
  static const char* const sources[] = {"", "mllp", "folder", "http"};
  static const char* const destinations[] = {"", "mllp", "http", "folder"};
  std::vector<std::string> items;
  for (const auto& [name, endpoint] : parts_.configuration()->endpoints) {
    std::string text;
    {
      detail::json_scope object(text, '{');
      object.text("name", name);
      object.text("display", endpoint.display);
      object.text("source", sources[endpoint.source.index()]);
      object.text("destination", destinations[endpoint.destination.index()]);
      object.text("format", endpoint.format);
      object.text("profile", endpoint.profile);
    }
    items.push_back(std::move(text));
  }
  then({200, "application/json", {}, page_json(items, 0)});
}

void api::get_metrics(respond then) {
  parts_.refresh_metrics([this, then = std::move(then)] {
    then({200, "text/plain; version=0.0.4; charset=utf-8", {}, parts_.metrics.to_prometheus_text()});
  });
}

}  // namespace liaison::admin
