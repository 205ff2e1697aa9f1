// SPDX-License-Identifier: Apache-2.0
#include "core/admin/patients_api.hpp"

#include "core/admin/views.hpp"
#include "core/base/digest.hpp"
#include "core/base/local_time.hpp"
#include "core/coordination/index_rebuild.hpp"
#include "core/identity/stay_rules.hpp"
#include "core/observe/log.hpp"
#include "core/routing/message_intake.hpp"

#include <liaison/json_text.hpp>

#include <rapidjson/document.h>

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace liaison::admin {

namespace {

constexpr std::uint32_t messages_shown_max = 200;
constexpr std::uint32_t traces_shown_max = 50;
constexpr std::size_t text_size_max = 256;

void note_access(const request& what, const char* action, std::int64_t id) {
  observe::log_line(observe::level::information, "patients-access").with("action", action).with("id", id).with("peer", what.peer);
}

std::string query(const request& what, const char* key) {
  const auto at = what.query.find(key);
  return at == what.query.end() ? std::string() : at->second;
}

std::optional<std::int64_t> id_after(const std::string& path, std::string_view prefix) {
  std::int64_t value = 0;
  const char* begin = path.data() + prefix.size();
  const char* end = path.data() + path.size();
  const auto [stopped, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stopped != end || value <= 0) return std::nullopt;
  return value;
}

response not_known(const char* text) { return error_response(404, "not-found", text); }
response failed(const failure& why) { return error_response(503, why.code, why.text); }

std::string text_of(const rapidjson::Value& object, const char* key) {
  const auto at = object.FindMember(key);
  return at != object.MemberEnd() && at->value.IsString() ? at->value.GetString() : "";
}

struct consent_read {
  identity::consent choice;
  std::string error;
};

consent_read consent_from(const std::string& body, unix_ms now, const std::string& zone) {
  consent_read read;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return {{}, "a JSON object is wanted"};
  identity::consent& choice = read.choice;
  choice.system = text_of(document, "system");
  choice.value = text_of(document, "value");
  choice.kind = text_of(document, "kind");
  choice.source = text_of(document, "source");
  const auto answer = identity::answer_named(text_of(document, "answer"));
  const std::string date = text_of(document, "date");
  const auto since = date.empty() ? std::optional<unix_ms>(now) : time_from_fhir(date, {zone});
  for (const std::string* text : {&choice.system, &choice.value, &choice.source})
    if (text->size() > text_size_max) read.error = "system, value and source have at most 256 bytes";
  if (choice.value.empty()) read.error = "'value' names the patient by an identifier, with its 'system'";
  else if (choice.source.empty()) read.error = "'source' says who told it";
  else if (!identity::is_consent_kind(choice.kind)) read.error = "'kind' is dmp-feeding, professionals, patient, representatives or another kind";
  else if (!answer) read.error = "'answer' is permit, deny or not-collected";
  else if (!since || *since <= 0) read.error = "'date' is a FHIR date or dateTime";
  if (!read.error.empty()) return read;
  choice.answer = *answer;
  choice.since = *since;
  return read;
}

}  // namespace

struct patients_api::stay_file {
  std::optional<identity::stay_row> stay;
  std::vector<identity::subject_row> messages;
  std::vector<std::string> traces;
};

bool patients_api::route(const request& what, const respond& then) {
  const bool get = what.method == "GET" || what.method == "HEAD";
  const bool post = what.method == "POST";
  const std::string& path = what.path;
  if (get && path == "/api/v1/patients") return find(what, then), true;
  if (post && path == "/api/v1/patients/consents") return record_consent(what, then), true;
  if ((get || post) && path == "/api/v1/patients/rebuild") return rebuild(what, then), true;
  if (get && path == "/api/v1/stays") return query(what, "value").empty() ? list_stays(what, then) : find_stay(what, then), true;
  constexpr std::string_view patients = "/api/v1/patients/", stays = "/api/v1/stays/";
  if (get && path.starts_with(patients))
    if (const auto id = id_after(path, patients)) return show(what, *id, then), true;
  if (get && path.starts_with(stays))
    if (const auto id = id_after(path, stays)) return show_stay(what, *id, then), true;
  return false;
}

void patients_api::find(const request& what, respond then) {
  if (query(what, "value").empty())
    return then(error_response(400, "identifier-missing", "name an identifier: ?system=…&value=…"));
  auto found = std::make_shared<std::optional<identity::patient_file>>();
  parts_.store.look_at_patients(
      [found, system = query(what, "system"), value = query(what, "value")](identity::patient_table& table) {
        *found = identity::patient_index(table).find(system, value, messages_shown_max);
      },
      [what, found, then = std::move(then)](result<done> outcome) {
        if (!outcome) return then(failed(outcome.error()));
        note_access(what, "patient-find", *found ? (*found)->patient.id : 0);
        then(*found ? response{200, "application/json", {}, to_json(**found)} : not_known("no patient has this identifier"));
      });
}

void patients_api::show(const request& what, std::int64_t id, respond then) {
  auto found = std::make_shared<std::optional<identity::patient_file>>();
  parts_.store.look_at_patients(
      [found, id](identity::patient_table& table) {
        *found = identity::patient_index(table).file_of(id, messages_shown_max);
      },
      [what, id, found, then = std::move(then)](result<done> outcome) {
        if (!outcome) return then(failed(outcome.error()));
        note_access(what, "patient-show", id);
        then(*found ? response{200, "application/json", {}, to_json(**found)} : not_known("no patient has this number"));
      });
}

void patients_api::record_consent(const request& what, respond then) {
  consent_read read = consent_from(what.body, parts_.clock.now(), parts_.configuration()->discharge.zone);
  if (!read.error.empty()) return then(error_response(400, "consent-malformed", read.error));
  auto patient = std::make_shared<std::int64_t>(0);
  parts_.store.change_patients(
      [patient, choice = read.choice](identity::patient_table& table) {
        identity::patient_index index(table);
        *patient = 0;
        if (!index.record(choice)) return;
        if (const auto file = index.find(choice.system, choice.value, 1)) *patient = file->patient.id;
      },
      [what, patient, choice = read.choice, then = std::move(then)](result<done> outcome) {
        if (!outcome) return then(failed(outcome.error()));
        if (*patient == 0) return then(not_known("no patient has this identifier"));
        note_access(what, "consent-recorded", *patient);
        then({201, "application/json", {}, to_json(choice)});
      });
}

void patients_api::rebuild(const request& what, respond then) {
  unsigned status = 200;
  if (what.method == "POST") {
    const auto from = query(what, "clear") == "true" ? coordination::rebuild_from::nothing : coordination::rebuild_from::what_is_there;
    if (!parts_.rebuild.start(from, routing::letter_rule_of(*parts_.configuration())))
      return then(error_response(409, "wrong-state", "the index is being rebuilt already"));
    note_access(what, "patients-rebuild", 0);
    status = 202;
  }
  const auto& state = parts_.rebuild.state();
  response r;
  r.status = status;
  {
    detail::json_scope object(r.body, '{');
    object.member("running") += state.is_running ? "true" : "false";
    object.member("messages") += std::to_string(state.messages);
    if (!state.error.empty()) object.text("error", state.error);
  }
  then(std::move(r));
}

void patients_api::list_stays(const request& what, respond then) {
  const std::string state = query(what, "letter").empty() ? "overdue" : query(what, "letter");
  if (state != "overdue" && state != "waiting")
    return then(error_response(400, "state-unknown", "letter is waiting or overdue"));
  const auto clock = state == "waiting" ? identity::letter_clock::waiting : identity::letter_clock::overdue;
  auto found = std::make_shared<std::vector<identity::stay_row>>();
  parts_.store.look_at_patients(
      [found, clock](identity::patient_table& table) {
        constexpr unix_ms ever = 1LL << 62;
        *found = table.stays_by_clock(clock, ever, messages_shown_max);
      },
      [what, found, then = std::move(then)](result<done> outcome) {
        if (!outcome) return then(failed(outcome.error()));
        note_access(what, "stays-list", 0);
        std::vector<std::string> items;
        for (const auto& stay : *found) items.push_back(to_json(stay));
        then({200, "application/json", {}, page_json(items, 0)});
      });
}

void patients_api::show_stay(const request& what, std::int64_t id, respond then) {
  auto found = std::make_shared<stay_file>();
  parts_.store.look_at_patients(
      [found, id](identity::patient_table& table) {
        found->stay = table.stay(id);
        if (found->stay) found->messages = table.subjects_in(id, traces_shown_max);
      },
      [this, what, found, then = std::move(then)](result<done> outcome) { answer_stay(what, found, std::move(outcome), then); });
}

void patients_api::find_stay(const request& what, respond then) {
  auto found = std::make_shared<stay_file>();
  parts_.store.look_at_patients(
      [found, system = query(what, "system"), value = query(what, "value")](identity::patient_table& table) {
        found->stay = table.find_stay(system, value);
        if (found->stay) found->messages = table.subjects_in(found->stay->id, traces_shown_max);
      },
      [this, what, found, then = std::move(then)](result<done> outcome) { answer_stay(what, found, std::move(outcome), then); });
}

void patients_api::answer_stay(const request& what, std::shared_ptr<stay_file> found, result<done> outcome, respond then) {
  if (!outcome) return then(failed(outcome.error()));
  if (!found->stay) return then(not_known("no such stay"));
  note_access(what, "stay-show", found->stay->id);
  add_traces(std::move(found), 0, std::move(then));
}

/// Message by message: what came in, who got it, what came back.
void patients_api::add_traces(std::shared_ptr<stay_file> to, std::size_t at, respond then) {
  if (at >= to->messages.size()) {
    response r;
    {
      detail::json_scope object(r.body, '{');
      object.member("stay") += to_json(*to->stay);
      detail::json_scope list(object.member("messages"), '[');
      for (const std::string& trace : to->traces) list.element() += trace;
    }
    return then(std::move(r));
  }
  const auto id = to->messages[at].message;
  parts_.store.read_trace(id, [this, to, at, then = std::move(then)](result<store::trace> found) mutable {
    if (found) to->traces.push_back(trace_json(found.value()));
    else if (found.error().code != "not-found") return then(failed(found.error()));
    add_traces(std::move(to), at + 1, std::move(then));
  });
}

}  // namespace liaison::admin
