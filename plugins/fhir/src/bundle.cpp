// SPDX-License-Identifier: Apache-2.0
#include "bundle.hpp"

namespace liaison::fhir {

namespace {
constexpr unsigned nested_bundles_max = 4;

/// Percent-encoding undone (RFC 3986, 2.1).
std::string unescaped(std::string_view url) {
  const auto digit = [](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    return c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10U : 16U;
  };
  std::string out;
  for (std::size_t at = 0; at < url.size(); ++at) {
    const bool escaped = url[at] == '%' && at + 2 < url.size() && digit(url[at + 1]) < 16U && digit(url[at + 2]) < 16U;
    if (escaped) {
      out += static_cast<char>(digit(url[at + 1]) * 16U + digit(url[at + 2]));
      at += 2;
    } else {
      out += url[at];
    }
  }
  return out;
}
}  // namespace

bundle_view::bundle_view(const tree& of) : tree_(of) {
  is_bundle_ = tree_.type_of(0) == "Bundle";
  if (is_bundle_) {
    collect(0, 0);
  } else if (!tree_.empty()) {
    entries_.push_back({{}, none, 0});
  }
}

void bundle_view::collect(node_id bundle, unsigned depth) {
  if (depth > nested_bundles_max) return;
  const node_id list = tree_.child(bundle, "entry");
  if (!tree_.is_array(list)) return;
  for (node_id id = tree_[list].first; id != none; id = tree_[id].next) {
    node_id resource = tree_.child(id, "resource");
    if (!tree_.is_object(resource)) resource = none;
    entries_.push_back({tree_.text(id, "fullUrl"), id, resource});
    if (resource != none && tree_.type_of(resource) == "Bundle") collect(resource, depth + 1);
  }
}

node_id bundle_view::first(std::string_view resource_type) const {
  for (const entry& of : entries_) {
    if (of.resource != none && tree_.type_of(of.resource) == resource_type) return of.resource;
  }
  return none;
}

void bundle_view::index() const {
  indexed_ = true;
  for (const entry& of : entries_) {
    if (of.resource == none) continue;
    if (!of.full_url.empty()) by_url_.emplace(of.full_url, of.resource);
    index_identifiers(of.resource);
    const std::string_view id = tree_.text(of.resource, "id");
    if (id.empty()) continue;
    std::string key(tree_.type_of(of.resource));
    by_type_and_id_.emplace(key.append("/").append(id), of.resource);
  }
}

/// What `?identifier=` finds: identifier and, of a DocumentReference, masterIdentifier.
void bundle_view::index_identifiers(node_id resource) const {
  const auto add = [&](node_id identifier) {
    const std::string_view value = tree_.text(identifier, "value");
    if (value.empty()) return;
    std::string key(tree_.type_of(resource));
    key.append("?identifier=").append(tree_.text(identifier, "system")).append("|").append(value);
    const auto [known, is_new] = by_condition_.try_emplace(std::move(key), resource);
    if (!is_new && known->second != resource) known->second = none;
  };
  for (const std::string_view name : {"identifier", "masterIdentifier"}) {
    const node_id found = tree_.child(resource, name);
    if (tree_.is_array(found) || tree_.is_object(found)) tree_.each(found, add);
  }
}

node_id bundle_view::holder(node_id of) const {
  node_id at = of;
  node_id resource = none;
  while (at != none) {
    const node& here = tree_[at];
    const bool in_contained = here.parent != none && tree_[here.parent].name == "contained";
    if (here.kind == kind::object && !in_contained && (here.parent == none || here.name == "resource")) {
      resource = at;
      break;
    }
    at = here.parent;
  }
  return resource;
}

node_id bundle_view::resolve(node_id reference) const {
  std::string_view url = tree_.text(reference, "reference");
  if (url.empty()) return none;
  if (url[0] == '#') {
    const node_id container = holder(reference);
    if (url.size() == 1) return container;
    return resolve_contained(container, url.substr(1));
  }
  return resolve_url(url);
}

node_id bundle_view::resolve_contained(node_id container, std::string_view id) const {
  const auto made = contained_.try_emplace(container);
  auto& by_id = made.first->second;
  if (made.second) {
    tree_.each(tree_.child(container, "contained"),
               [&](node_id candidate) { by_id.emplace(tree_.text(candidate, "id"), candidate); });
  }
  const auto found = by_id.find(id);
  return found == by_id.end() ? none : found->second;
}

node_id bundle_view::resolve_url(std::string_view url) const {
  if (!indexed_) index();
  if (const std::size_t history = url.find("/_history/"); history != std::string_view::npos)
    url = url.substr(0, history);
  if (const auto found = by_url_.find(url); found != by_url_.end()) return found->second;
  if (url.find('?') != std::string_view::npos) {
    const auto found = by_condition_.find(unescaped(url));
    return found == by_condition_.end() ? none : found->second;
  }
  const std::size_t id_slash = url.rfind('/');
  if (id_slash == std::string_view::npos) return none;
  const std::size_t type_slash = url.rfind('/', id_slash - 1);
  // An absolute URL of another server must match a fullUrl; only a relative one is looked up by type and id.
  if (id_slash == 0 || type_slash != std::string_view::npos) return none;
  const auto found = by_type_and_id_.find(std::string(url));
  return found == by_type_and_id_.end() ? none : found->second;
}

}  // namespace liaison::fhir
