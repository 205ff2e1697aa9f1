// SPDX-License-Identifier: Apache-2.0
#include "rest_resource.hpp"

#include "json_parser.hpp"
#include "rest_outline.hpp"

#include <liaison/common/digest.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace liaison::fhir {
namespace {

constexpr const char* fhir_json = "application/fhir+json";

/// Entries that a server gives an id: those of a transaction or a batch.
bool entries_have_ids(const tree& of) {
  const std::string_view type = of.text(0, "type");
  return of.type_of(0) == "Bundle" && (type == "transaction" || type == "batch");
}

node_id resource_of_part(const tree& of, std::uint32_t part) {
  if (part == 0) return 0;
  const auto entries = top_entries(of);
  return part <= entries.size() ? of.child(entries[part - 1], "resource") : none;
}

std::string name_of(const part_request& what, std::size_t part) {
  return part == 0 ? what.ids : what.ids + "-" + std::to_string(part);
}

/// Where references of the sender lead now: fullUrl, or `Type/id` of the sender's own, to `Type/id` of ours.
using addresses = std::unordered_map<std::string, std::string>;

addresses addresses_of(const tree& of, const part_request& what) {
  addresses found;
  if (!entries_have_ids(of)) return found;
  std::size_t part = 0;
  for (const node_id entry : top_entries(of)) {
    ++part;
    const node_id resource = of.child(entry, "resource");
    if (resource == none) continue;
    const std::string type(of.type_of(resource));
    const std::string ours = type + "/" + name_of(what, part);
    if (const auto url = of.text(entry, "fullUrl"); !url.empty()) found.emplace(url, ours);
    if (const auto id = of.text(resource, "id"); !id.empty()) found.emplace(type + "/" + std::string(id), ours);
  }
  return found;
}

bool may_be_address(std::string_view name) {
  return name == "reference" || name == "url" || name == "valueUri" || name == "valueUrl" || name == "uri";
}

/// Data inside an attachment are had as a Binary of their own.
void refer_to_data(tree& of, node_id document, const std::string& binary) {
  bool first = true;
  of.each(of.child(document, "content"), [&](node_id content) {
    const node_id attachment = of.child(content, "attachment");
    const node_id data = attachment == none ? none : of.child(attachment, "data");
    if (data == none || !first) return;
    first = false;
    if (const node_id url = of.child(attachment, "url"); url != none) of.detach(url);
    of.at(data).name = "url";
    of.at(data).text = of.keep(binary);
  });
}

void write_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

part_found resource_part(tree& of, node_id resource, const part_request& what) {
  if (of.type_of(resource) == "DocumentReference") {
    refer_to_data(of, resource, (what.base.empty() ? "" : what.base + "/") + "Binary/" + name_of(what, what.part));
    if (const node_id status = of.child(resource, "status"); status != none && !what.status.empty())
      of.at(status).text = of.keep(what.status);
  }
  const addresses known = addresses_of(of, what);
  const auto instead = [&](node_id id) -> std::optional<std::string> {
    if (known.empty() || !may_be_address(of[id].name)) return std::nullopt;
    const auto found = known.find(std::string(of[id].text));
    if (found == known.end()) return std::nullopt;
    return of[id].name == "url" && !what.base.empty() ? what.base + "/" + found->second : found->second;
  };
  std::string out = "{\"resourceType\":";
  append_json_string(out, of.type_of(resource));
  write_member(out, "id", name_of(what, what.part));
  out += ",\"meta\":{\"versionId\":";
  append_json_string(out, what.version);
  write_member(out, "lastUpdated", what.updated);
  const auto copy_members = [&](node_id from, std::initializer_list<std::string_view> without) {
    for (node_id id = from == none ? none : of[from].first; id != none; id = of[id].next) {
      if (std::find(without.begin(), without.end(), of[id].name) != without.end()) continue;
      out += ',';
      append_json_string(out, of[id].name);
      out += ':';
      write_json(of, id, out, instead);
    }
  };
  copy_members(of.child(resource, "meta"), {"versionId", "lastUpdated"});
  out += '}';
  copy_members(resource, {"resourceType", "id", "meta"});
  out += '}';
  return {true, std::move(out), fhir_json};
}

part_found decoded(const tree& of, node_id data, std::string_view content_type) {
  if (data == none) return {};
  auto bytes = base64_decode(of[data].text);
  if (!bytes) return {};
  return {true, std::move(*bytes), std::string(content_type)};
}

part_found data_part(const tree& of, node_id resource) {
  if (of.type_of(resource) == "Binary")
    return decoded(of, of.child(resource, "data"), of.text(resource, "contentType"));
  const node_id attachment = of.find(resource, "content/0/attachment");
  return decoded(of, of.child(attachment, "data"), of.text(attachment, "contentType"));
}

part_found parameter_part(const tree& of, std::string_view name) {
  part_found found;
  of.each(of.child(0, "parameter"), [&](node_id parameter) {
    if (found.found || of.text(parameter, "name") != name) return;
    if (const node_id resource = of.child(parameter, "resource"); resource != none) {
      if (of.type_of(resource) == "Binary") {
        found = data_part(of, resource);
        return;
      }
      found = {true, {}, fhir_json};
      write_json(of, resource, found.bytes);
      return;
    }
    if (const node_id data = of.child(parameter, "valueBase64Binary"); data != none) found = decoded(of, data, {});
    if (const node_id text = of.child(parameter, "valueString"); text != none)
      found = {true, std::string(of[text].text), "text/plain"};
  });
  return found;
}

}  // namespace

part_request part_request_of(std::string_view options_json) {
  part_request what;
  tree options;
  if (!parse_json(options_json, options).good) return what;
  const std::string_view part = options.text(0, "part");
  std::from_chars(part.data(), part.data() + part.size(), what.part);
  const std::string_view as = options.text(0, "as");
  what.as = as == "data"        ? part_request::form::data
            : as == "parameter" ? part_request::form::parameter
            : as == "entry"     ? part_request::form::entry
                                : part_request::form::resource;
  what.ids = options.text(0, "ids");
  what.version = options.text(0, "version");
  what.updated = options.text(0, "updated");
  what.status = options.text(0, "status");
  what.parameter = options.text(0, "parameter");
  what.base = options.text(0, "base");
  return what;
}

part_found extract_part(tree& of, const part_request& what) {
  if (what.as == part_request::form::parameter) return parameter_part(of, what.parameter);
  const node_id resource = resource_of_part(of, what.part);
  if (resource == none) return {};
  if (what.as == part_request::form::entry) {
    part_found found{true, {}, fhir_json};
    write_json(of, resource, found.bytes);
    return found;
  }
  return what.as == part_request::form::data ? data_part(of, resource) : resource_part(of, resource, what);
}

}  // namespace liaison::fhir
