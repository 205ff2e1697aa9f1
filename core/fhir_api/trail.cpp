// SPDX-License-Identifier: Apache-2.0
// What happened to a message as FHIR tells it: a Provenance for each translation (from which bytes, by which translators),
// an AuditEvent for what came in, each translation and each attempt to deliver (IHE BALP's patterns). Made of the receipts,
// which are on disk; nothing here is kept twice. Ids: message, delivery, ordinal of the receipt ("12.7.1"; "12.0.0": receipt).
#include "core/base/digest.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>

namespace liaison::fhir_api {
namespace {

using detail::json_scope;
using model::receipt_kind;

struct told {
  std::string id, resource;
};

void write_device(json_scope& object, const char* name, const std::string& display) {
  json_scope who(object.member(name), '{');
  {
    json_scope identifier(who.member("identifier"), '{');
    identifier.text("system", "urn:liaison:gateway");
    identifier.text("value", "liaison " LIAISON_VERSION);
  }
  who.text("display", display);
}

void write_coding(json_scope& object, const char* system, const char* code, const char* display) {
  object.text("system", system);
  object.text("code", code);
  object.text("display", display);
}

std::string provenance(const std::string& id, const store::trace& of, const model::receipt& translated, const std::string& base) {
  const std::string message = std::to_string(of.message.id);
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "Provenance");
    object.text("id", id);
    {
      json_scope targets(object.member("target"), '[');
      json_scope target(targets.element(), '{');
      json_scope identifier(target.member("identifier"), '{');
      identifier.text("system", "urn:liaison:delivery");
      identifier.text("value", std::to_string(translated.delivery));
    }
    object.text("recorded", rfc3339(translated.at));
    {
      json_scope activity(object.member("activity"), '{');
      {
        json_scope codings(activity.member("coding"), '[');
        json_scope coding(codings.element(), '{');
        write_coding(coding, "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "transform", "Transform/Translate Record Lifecycle Event");
      }
      activity.text("text", translated.text);
    }
    {
      json_scope agents(object.member("agent"), '[');
      json_scope agent(agents.element(), '{');
      {
        json_scope type(agent.member("type"), '{');
        json_scope codings(type.member("coding"), '[');
        json_scope coding(codings.element(), '{');
        write_coding(coding, "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", "Assembler");
      }
      write_device(agent, "who", translated.text.substr(0, translated.text.find(": ")));
    }
    json_scope entities(object.member("entity"), '[');
    json_scope entity(entities.element(), '{');
    entity.text("role", "source");
    json_scope what(entity.member("what"), '{');
    what.text("reference", base + "/Binary/" + message);
    json_scope identifier(what.member("identifier"), '{');
    identifier.text("system", "urn:liaison:sha256");
    identifier.text("value", of.message.sha256);
  }
  return text;
}

struct event {
  const char* system;
  const char* code;
  const char* display;
  const char* action;
  const char* outcome;  ///< 0 success, 4 minor, 8 serious failure
};
constexpr const char* dicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr event received{dicom, "110107", "Import", "C", "0"};

event event_of(receipt_kind what) {
  switch (what) {
    case receipt_kind::accepted: return {dicom, "110106", "Export", "R", "0"};
    case receipt_kind::attempt_failed: return {dicom, "110106", "Export", "R", "4"};
    case receipt_kind::refused: return {dicom, "110106", "Export", "R", "8"};
    case receipt_kind::translated: return {"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "transform", "Transform/Translate Record Lifecycle Event", "E", "0"};
    default: return {dicom, "110100", "Application Activity", "E", "0"};
  }
}

std::string audit_event(const std::string& id, const store::trace& of, const event& what, unix_ms at, const std::string& text_of_it,
                        const std::string& source, const std::string& destination, const std::string& base) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("resourceType", "AuditEvent");
    object.text("id", id);
    {
      json_scope type(object.member("type"), '{');
      write_coding(type, what.system, what.code, what.display);
    }
    object.text("action", what.action);
    object.text("recorded", rfc3339(at));
    object.text("outcome", what.outcome);
    object.text("outcomeDesc", text_of_it);
    {
      json_scope agents(object.member("agent"), '[');
      const auto agent = [&](const char* code, const char* display, const std::string& name, bool requestor) {
        json_scope one(agents.element(), '{');
        {
          json_scope type(one.member("type"), '{');
          json_scope codings(type.member("coding"), '[');
          json_scope coding(codings.element(), '{');
          write_coding(coding, dicom, code, display);
        }
        one.text("name", name);
        one.member("requestor") += requestor ? "true" : "false";
      };
      agent("110153", "Source Role ID", source, true);
      agent("110152", "Destination Role ID", destination, false);
    }
    {
      json_scope observer(object.member("source"), '{');
      write_device(observer, "observer", "liaison");
    }
    json_scope entities(object.member("entity"), '[');
    json_scope entity(entities.element(), '{');
    {
      json_scope of_what(entity.member("what"), '{');
      of_what.text("reference", base + "/Binary/" + std::to_string(of.message.id));
      json_scope identifier(of_what.member("identifier"), '{');
      identifier.text("system", "urn:liaison:sha256");
      identifier.text("value", of.message.sha256);
    }
    json_scope type(entity.member("type"), '{');
    write_coding(type, "http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object");
  }
  return text;
}

/// The sender sees all that happened to its message, a recipient what concerns itself.
std::vector<told> trail_of(const store::trace& of, const asker& who, const std::string& type, const std::string& base) {
  std::vector<told> found;
  const bool all = who.is_operator || of.message.source == who.endpoint;
  const std::string message = std::to_string(of.message.id);
  if (type == "AuditEvent" && all)
    found.push_back({message + ".0.0", audit_event(message + ".0.0", of, received, of.message.received_at, model::name_of(of.message.state), of.message.source, "liaison", base)});
  std::map<model::delivery_id, unsigned> ordinals;
  for (const model::receipt& one : of.receipts) {
    const unsigned ordinal = ++ordinals[one.delivery];
    const auto delivery = std::find_if(of.deliveries.begin(), of.deliveries.end(), [&](const auto& d) { return d.id == one.delivery; });
    const std::string recipient = delivery == of.deliveries.end() ? "" : delivery->recipient;
    if (!all && recipient != who.endpoint) continue;
    const std::string id = message + "." + std::to_string(one.delivery) + "." + std::to_string(ordinal);
    if (type == "AuditEvent") found.push_back({id, audit_event(id, of, event_of(one.kind), one.at, one.code + (one.text.empty() ? "" : ": " + one.text), "liaison", recipient, base)});
    else if (one.kind == receipt_kind::translated) found.push_back({id, provenance(id, of, one, base)});
  }
  return found;
}

}  // namespace

void service::find_trail(const exchange_pointer& of, const std::string& type) {
  const char* parameter = type == "Provenance" ? "target" : "entity";
  const auto asked = of->request.query.find(parameter);
  const auto id = asked == of->request.query.end() ? std::nullopt : resource_id_of(std::string_view(asked->second).substr(asked->second.rfind('/') + 1));
  if (!id) return answer(of, refusal(400, "parameter-missing", std::string("ask with ") + parameter + "=Type/id", parameter));
  parts_.store.read_trace(id->message, [this, of, type, parameter, value = asked->second](result<store::trace> found) {
    if (!found && found.error().code != "not-found") return answer(of, try_again({}));
    std::vector<told> entries;
    if (found && may_see(of->who, found.value())) entries = trail_of(found.value(), of->who, type, of->base);
    std::string text;
    {
      json_scope bundle(text, '{');
      bundle.text("resourceType", "Bundle");
      bundle.text("type", "searchset");
      bundle.member("total") += std::to_string(entries.size());
      {
        json_scope links(bundle.member("link"), '[');
        json_scope self(links.element(), '{');
        self.text("relation", "self");
        self.text("url", of->base + "/" + type + "?" + parameter + "=" + value);
      }
      if (!entries.empty()) {
        json_scope list(bundle.member("entry"), '[');
        for (const told& one : entries) {
          json_scope entry(list.element(), '{');
          entry.text("fullUrl", of->base + "/" + type + "/" + one.id);
          entry.member("resource") += one.resource;
          json_scope how(entry.member("search"), '{');
          how.text("mode", "match");
        }
      }
    }
    answer(of, {200, fhir_json, {}, std::move(text)});
  });
}

void service::read_trail(const exchange_pointer& of, const std::string& type, const std::string& id) {
  const auto nothing = [this, of] { answer(of, refusal(404, "not-found", "there is no such resource for this asker")); };
  const auto message = resource_id_of(id.substr(0, id.find('.')));
  // What a client posted itself has an id of the other form.
  if (id.find('.') == std::string::npos) return read(of, type, id, false);
  if (!message || message->part != 0) return nothing();
  parts_.store.read_trace(message->message, [this, of, type, id, nothing](result<store::trace> found) {
    if (!found && found.error().code != "not-found") return answer(of, try_again({}));
    if (found && may_see(of->who, found.value()))
      for (told& one : trail_of(found.value(), of->who, type, of->base))
        if (one.id == id) return answer(of, {200, fhir_json, {}, std::move(one.resource)});
    nothing();
  });
}

}  // namespace liaison::fhir_api
