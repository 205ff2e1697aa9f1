// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/documents: the life of one document, or the deliveries that wait for a document that has not come.
#include "core/admin/api.hpp"

#include "core/admin/views.hpp"
#include "core/base/digest.hpp"
#include "core/routing/document_life.hpp"

#include <liaison/json_text.hpp>

namespace liaison::admin {
namespace {

using detail::json_scope;
using line = std::vector<store::document_version>;

constexpr std::uint32_t versions_max = 200;
constexpr std::uint32_t waiting_max = 1000;

std::string query(const request& what, const std::string& name) {
  const auto at = what.query.find(name);
  return at == what.query.end() ? std::string() : at->second;
}

/// No patient in it: who it is about stands in the facts of the messages.
std::string version_json(const store::document_version& of, const routing::life_version& life) {
  std::string text;
  {
    json_scope object(text, '{');
    object.text("state", routing::name_of(life.state));
    object.text("change", routing::name_of(life.change));
    object.text("id", life.id);
    object.text("set_id", life.facts.document.set_id);
    if (life.facts.document.version) object.member("version") += std::to_string(*life.facts.document.version);
    object.text("type", life.facts.document.type.code);
    object.text("confidentiality", life.facts.document.confidentiality);
    if (!life.facts.document.masks.empty()) {
      json_scope masks(object.member("masks"), '[');
      for (const auto& mask : life.facts.document.masks) detail::append_json_string(masks.element(), mask);
    }
    object.text("refers_to", life.target);
    object.member("message") += std::to_string(life.message);
    if (life.changed_by > 0) object.member("changed_by_message") += std::to_string(life.changed_by);
    object.text("received_at", rfc3339(of.message.received_at));
    object.text("source", of.message.source);
    if (of.awaits_until > 0) object.text("waits_until", rfc3339(of.awaits_until));
    {
      json_scope deliveries(object.member("deliveries"), '[');
      for (const auto& delivery : of.deliveries) deliveries.element() += to_json(delivery);
    }
  }
  return text;
}

std::string life_json(const std::string& id, const line& of) {
  const auto life = routing::life_of(of);
  std::string text;
  {
    json_scope object(text, '{');
    object.text("id", id);
    object.text("state", routing::state_of(life));
    json_scope versions(object.member("items"), '[');
    for (std::size_t i = 0; i < life.size(); ++i) versions.element() += version_json(of[i], life[i]);
  }
  return text;
}

/// An id with its scheme, or the digits and dots of an OID, names one document. Any other one is asked for as a UUID
/// and among those of each source. The last one is tried first.
std::vector<std::string> names_to_try(const std::string& id, const std::string& source,
                                      const config::configuration& in) {
  if (id.rfind("urn:", 0) == 0) return {id};
  std::vector<std::string> names;
  for (const auto& [name, endpoint] : in.endpoints) {
    if (std::holds_alternative<std::monostate>(endpoint.source)) continue;
    if (source.empty() || source == name) names.push_back(routing::name_for_all(id, name));
  }
  names.push_back("urn:uuid:" + id);
  names.push_back("urn:oid:" + id);
  return names;
}

void find_first(store::store& in, std::vector<std::string> names, std::function<void(result<line>)> then) {
  if (names.empty()) return then(line());
  std::string name = std::move(names.back());
  names.pop_back();
  in.document_line(std::move(name), versions_max,
                   [&in, names = std::move(names), then = std::move(then)](result<line> found) mutable {
                     if (!found || !found.value().empty() || names.empty()) return then(std::move(found));
                     find_first(in, std::move(names), std::move(then));
                   });
}

}  // namespace

void api::get_documents(const request& what, respond then) {
  const std::string id = query(what, "id");
  if (!id.empty()) {
    auto names = names_to_try(id, query(what, "source"), *parts_.configuration());
    return find_first(parts_.store, std::move(names), [id, then = std::move(then)](const result<line>& found) {
      if (!found) return then(error_response(500, found.error().code, found.error().text));
      if (found.value().empty()) return then(error_response(404, "not-found", "no message of this document is kept"));
      then({200, "application/json", {}, life_json(id, found.value())});
    });
  }
  if (query(what, "state") != "waiting")
    return then(
        error_response(400, "document-unnamed", "ask for one with id=…, or for those that wait with state=waiting"));
  store::delivery_filter filter;
  filter.awaits_document = true;
  filter.limit = waiting_max;
  parts_.store.list_deliveries(filter, [then = std::move(then)](const result<std::vector<model::delivery>>& found) {
    if (!found) return then(error_response(500, found.error().code, found.error().text));
    std::vector<std::string> items;
    for (const auto& delivery : found.value()) items.push_back(to_json(delivery));
    then({200, "application/json", {}, page_json(items, 0)});
  });
}

}  // namespace liaison::admin
