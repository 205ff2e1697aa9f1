// SPDX-License-Identifier: Apache-2.0
// Reading what the gateway holds: resources as they were posted, documents that came another way as a DocumentReference,
// and the very bytes of a document (MHD ITI-68).
#include "core/base/digest.hpp"
#include "core/fhir_api/document_reference.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"
#include "core/routing/names.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>

namespace liaison::fhir_api {
namespace {

failure not_found() { return {"not-found", "there is no such resource for this asker"}; }

bool is_single_bundle(const outline& of) { return of.type == "Bundle" && !of.is_transaction(); }

}  // namespace

bool service::held::is_submitted(std::string_view type) const {
  if (!outline) return false;
  if (id.part == 0 && is_single_bundle(*outline)) return type == "Bundle";
  const outline::entry* entry = outline->part(id.part);
  return entry != nullptr && entry->type == type && entry->method != "GET" && entry->method != "PATCH";
}

std::string service::document_id_in(const held& what) {
  const outline::entry* entry = what.outline ? what.outline->part(what.id.part) : nullptr;
  if (entry != nullptr) return entry->type != "DocumentReference" || entry->identifiers.empty() ? "" : document_id_of(entry->identifiers.front());
  const auto facts = model::facts_from_json(what.trace.message.facts_json);
  return facts ? facts.value().document.id : std::string();
}

std::string own_reference(const std::string& value) {
  constexpr std::string_view type = "/DocumentReference/";
  const std::size_t at = value.rfind(type);
  return value.find('|') != std::string::npos || at == std::string::npos ? value : value.substr(at + 1);
}

namespace {

std::optional<resource_id> replaced_by(const outline::entry& entry) {
  constexpr std::string_view type = "DocumentReference/";
  const auto values = entry.search.find("replaces");
  if (values == entry.search.end()) return std::nullopt;
  for (const auto& value : values->second)
    if (const std::string own = own_reference(value); own.starts_with(type)) return resource_id_of(std::string_view(own).substr(type.size()));
  return std::nullopt;
}

}  // namespace

bool replaces_own(const outline::entry& entry) { return replaced_by(entry).has_value(); }

void service::find_replaced(const asker& who, const outline::entry& entry, std::function<void(std::string)> then) {
  const auto id = replaced_by(entry);
  if (!id) return then("");
  hold(who, *id, [then = std::move(then)](result<held_pointer> found) { then(found ? document_id_in(*found.value()) : ""); });
}

void service::read_outline_of(model::message_id id, std::function<void(result<outline_pointer>)> then) {
  const auto known = std::find_if(outlines_.begin(), outlines_.end(), [&](const auto& one) { return one.first == id; });
  if (known != outlines_.end()) {
    outlines_.splice(outlines_.begin(), outlines_, known);
    return then(known->second);
  }
  parts_.store.read_raw(id, [this, id, then = std::move(then)](result<shared_bytes> raw) {
    if (!raw) return then(raw.error());
    outline_of(raw.value(), [this, id, then](result<outline_pointer> read, const std::vector<model::issue>&) {
      if (read) {
        outlines_.emplace_front(id, read.value());
        if (outlines_.size() > outlines_kept_max) outlines_.pop_back();
      }
      then(std::move(read));
    });
  });
}

void service::hold(const asker& who, const resource_id& id, std::function<void(result<held_pointer>)> then) {
  parts_.store.read_trace(id.message, [this, who, id, then = std::move(then)](result<store::trace> found) {
    if (!found) return then(found.error());
    if (!may_see(who, found.value())) return then(not_found());
    auto what = std::make_shared<held>();
    what->trace = std::move(found).value();
    what->id = id;
    what->changed_at = what->trace.message.received_at;
    const std::string& source = what->trace.message.source;
    // Somebody else's document leaves the house here, as with a delivery: the rule on matricules is the same.
    if (!who.is_operator && source != who.endpoint) {
      const auto facts = model::facts_from_json(what->trace.message.facts_json);
      if (!facts || !routing::may_leave(facts.value())) return then(not_found());
    }
    if (what->trace.message.format != "fhir") return hold_document(what, then);
    read_outline_of(id.message, [this, what, then](result<outline_pointer> read) {
      if (!read) return then(read.error());
      what->outline = std::move(read).value();
      hold_document(what, then);
    });
  });
}

/// A document that another one replaces is superseded by it: a new version of its DocumentReference.
void service::hold_document(const held_pointer& what, std::function<void(result<held_pointer>)> then) {
  std::vector<std::string> names{"DocumentReference/" + text_of(what->id)};
  if (auto id = document_id_in(*what); !id.empty()) names.push_back(std::move(id));
  const auto look = [this, what, then](const std::string& name, std::function<void()> next) {
    parts_.store.find_marked(routing::replaced_mark(name), 0, 100, [what, then, next](result<std::vector<store::marked>> found) {
      if (!found) return then(found.error());
      for (const store::marked& by : found.value()) {
        if (by.message == what->id.message) continue;
        what->status = "superseded";
        what->version = 2;
      }
      next();
    });
  };
  look(names.front(), [what, names, look, then] {
    if (names.size() == 1) return then(what);
    look(names.back(), [what, then] { then(what); });
  });
}

void service::resource_of(const held_pointer& what, const std::string& type, const std::string& base,
                          std::function<void(result<std::string>)> then) {
  if (what->is_submitted(type)) {
    std::string options;
    {
      detail::json_scope object(options, '{');
      object.text("as", "resource");
      object.member("part") += std::to_string(what->id.part);
      object.text("ids", std::to_string(what->id.message));
      object.text("version", std::to_string(what->version));
      object.text("updated", rfc3339(what->changed_at));
      object.text("status", what->status);
      object.text("base", base);
    }
    return parts_.store.read_raw(what->id.message, [this, options, then = std::move(then)](result<shared_bytes> raw) {
      if (!raw) return then(raw.error());
      part_of(std::move(raw).value(), options, [then](plugin::reply reply) {
        const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
        if (reply.status != LIAISON_OK || !part) return then(failure{"unavailable", "the resource cannot be read now"});
        then(part->bytes);
      });
    });
  }
  const auto facts = model::facts_from_json(what->trace.message.facts_json);
  if (type != "DocumentReference" || what->id.part != 0 || !facts || facts.value().document.id.empty()) return then(not_found());
  then(document_reference(facts.value(), what->trace.message, what->status, what->version, base));
}

void service::read(const exchange_pointer& of, const std::string& type, const std::string& id, bool version_matters) {
  const auto number = resource_id_of(id);
  if (!number) return answer(of, refusal(404, "not-found", "there is no such resource for this asker"));
  hold(of->who, *number, [this, of, type, version_matters](result<held_pointer> found) {
    if (!found && found.error().code != "not-found") return answer(of, try_again({}));
    if (!found) return answer(of, refusal(404, "not-found", "there is no such resource for this asker"));
    const held_pointer what = found.value();
    const std::string version = std::to_string(what->version);
    if (version_matters && of->request.path.substr(of->request.path.rfind('/') + 1) != version)
      return answer(of, refusal(404, "version-unknown", "only the present version is kept"));
    const std::string tag = "W/\"" + version + "\"";
    if (of->request.header("if-none-match") == tag) return answer(of, {304, "", {{"ETag", tag}}, ""});
    if (type == "Binary") return read_binary(of, what);
    resource_of(what, type, of->base, [this, of, tag](result<std::string> text) {
      if (!text && text.error().code == "not-found") return answer(of, refusal(404, "not-found", "there is no such resource for this asker"));
      if (!text) return answer(of, try_again({}));
      answer(of, {200, fhir_json, {{"ETag", tag}}, std::move(text).value()});
    });
  });
}

/// The bytes, and their media type; "not-found": this part holds none.
void service::original_bytes(const held_pointer& what, std::function<void(result<std::string>, std::string)> then) {
  parts_.store.read_raw(what->id.message, [this, what, then = std::move(then)](result<shared_bytes> raw) {
    if (!raw) return then(raw.error(), "");
    if (what->is_submitted("Binary") || what->is_submitted("DocumentReference")) {
      const std::string options = "{\"as\":\"data\",\"part\":" + std::to_string(what->id.part) + "}";
      return part_of(std::move(raw).value(), options, [then](plugin::reply reply) {
        const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
        if (reply.status != LIAISON_OK || !part) return then(not_found(), "");
        then(part->bytes, part->content_type);
      });
    }
    if (what->id.part != 0) return then(not_found(), "");
    const auto facts = model::facts_from_json(what->trace.message.facts_json);
    if (!facts || facts.value().document.id.empty()) return then(not_found(), "");
    routing::examination_request question;
    question.bytes = raw.value();
    question.how.format = what->trace.message.format;
    question.now = rfc3339(parts_.clock.now());
    const bool production = parts_.configuration()->environment == "production";
    question.environment = production ? identity::environment::production : identity::environment::test;
    const auto found = std::make_shared<routing::examination>();
    examiner_.examine(std::move(question), *found, [what, then, found, bytes = raw.value()] {
      // A document that was carried is had without its carrier.
      if (found->inside.size() == 1) return then(*found->inside.front().bytes, media_type_of(found->inside.front().format));
      then(*bytes, media_type_of(what->trace.message.format));
    });
  });
}

void service::read_binary(const exchange_pointer& of, const held_pointer& what) {
  const std::string tag = "W/\"" + std::to_string(what->version) + "\"";
  if (!wants_raw_bytes(of->request) && what->is_submitted("Binary"))
    return resource_of(what, "Binary", of->base, [this, of, tag](result<std::string> text) {
      if (!text) return answer(of, try_again({}));
      answer(of, {200, fhir_json, {{"ETag", tag}}, std::move(text).value()});
    });
  original_bytes(what, [this, of, what, tag](result<std::string> bytes, std::string content_type) {
    if (!bytes && bytes.error().code == "not-found") return answer(of, refusal(404, "not-found", "there is no such resource for this asker"));
    if (!bytes) return answer(of, try_again({}));
    if (!wants_raw_bytes(of->request))
      return answer(of, {200, fhir_json, {{"ETag", tag}}, binary_resource(text_of(what->id), content_type, bytes.value())});
    model::web_response given{200, content_type.empty() ? "application/octet-stream" : content_type, {{"ETag", tag}}, std::move(bytes).value()};
    // A browser that is led here must not run what a document holds.
    given.headers["Content-Security-Policy"] = "sandbox; default-src 'none'";
    of->then(std::move(given));
  });
}

}  // namespace liaison::fhir_api
