// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/outline.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

namespace liaison::fhir_api {
namespace {

using value = rapidjson::Value;

std::string text_in(const value& of, const char* name) {
  const auto at = of.FindMember(name);
  return at != of.MemberEnd() && at->value.IsString() ? std::string(at->value.GetString(), at->value.GetStringLength())
                                                      : std::string();
}

std::vector<std::string> texts_of(const value& list) {
  std::vector<std::string> found;
  if (!list.IsArray()) return found;
  for (const auto& one : list.GetArray())
    if (one.IsString()) found.emplace_back(one.GetString(), one.GetStringLength());
  return found;
}

std::vector<std::string> texts_in(const value& of, const char* name) {
  const auto at = of.FindMember(name);
  return at == of.MemberEnd() ? std::vector<std::string>() : texts_of(at->value);
}

template <class Visit>
void each_object(const value& of, const char* name, Visit visit) {
  const auto at = of.FindMember(name);
  if (at == of.MemberEnd() || !at->value.IsArray()) return;
  for (const auto& one : at->value.GetArray())
    if (one.IsObject()) visit(one);
}

std::vector<outline::issue> issues_in(const value& of) {
  std::vector<outline::issue> found;
  each_object(of, "issues", [&](const value& one) {
    found.push_back({text_in(one, "severity"), text_in(one, "code"), text_in(one, "detail"), text_in(one, "location")});
  });
  return found;
}

outline::entry entry_from(const value& from) {
  outline::entry to;
  to.full_url = text_in(from, "full_url");
  to.method = text_in(from, "method");
  to.url = text_in(from, "url");
  to.if_none_exist = text_in(from, "if_none_exist");
  to.if_match = text_in(from, "if_match");
  to.status = text_in(from, "status");
  to.location = text_in(from, "location");
  to.type = text_in(from, "type");
  to.id = text_in(from, "id");
  to.content_type = text_in(from, "content_type");
  to.patched_status = text_in(from, "patched_status");
  to.identifiers = texts_in(from, "identifiers");
  to.issues = issues_in(from);
  if (const auto search = from.FindMember("search"); search != from.MemberEnd() && search->value.IsObject())
    for (const auto& member : search->value.GetObject())
      to.search[std::string(member.name.GetString(), member.name.GetStringLength())] = texts_of(member.value);
  return to;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size() && into > 0 && text.front() != '0';
}

int digit_of(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

const outline::entry* outline::part(std::int32_t number) const {
  if (number == 0) return type == "Bundle" || entries.empty() ? nullptr : &entries.front();
  if (!is_transaction() || number < 0 || static_cast<std::size_t>(number) > entries.size()) return nullptr;
  return &entries[static_cast<std::size_t>(number) - 1];
}

result<outline> outline_from_json(std::string_view text) {
  rapidjson::Document read;
  read.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (read.HasParseError() || !read.IsObject()) return failure{"fhir-outline", "the translator's outline is no JSON object"};
  outline to;
  to.type = text_in(read, "type");
  to.id = text_in(read, "id");
  to.bundle_type = text_in(read, "bundle_type");
  to.total = text_in(read, "total");
  to.identifiers = texts_in(read, "identifiers");
  to.profiles = texts_in(read, "profiles");
  to.issues = issues_in(read);
  if (const auto header = read.FindMember("header"); header != read.MemberEnd() && header->value.IsObject()) {
    to.header_id = text_in(header->value, "id");
    to.event_system = text_in(header->value, "event_system");
    to.event_code = text_in(header->value, "event_code");
    to.event_uri = text_in(header->value, "event_uri");
    to.source = text_in(header->value, "source");
    to.response_code = text_in(header->value, "response_code");
  }
  each_object(read, "parameters", [&](const value& one) {
    to.parameters.push_back({text_in(one, "name"), text_in(one, "kind"), text_in(one, "value"), text_in(one, "resource")});
  });
  each_object(read, "entries", [&](const value& one) { to.entries.push_back(entry_from(one)); });
  // A single resource is its own entry: who asks for it need not look whether it is there.
  if (to.type != "Bundle" && to.entries.empty()) return failure{"fhir-outline", "the translator's outline has no entry for its resource"};
  return to;
}

std::string value_of(const outline& of, std::string_view parameter) {
  for (const auto& one : of.parameters)
    if (one.name == parameter) return one.value;
  return {};
}

std::optional<resource_id> resource_id_of(std::string_view text) {
  resource_id id;
  const std::size_t dash = text.find('-');
  if (text.empty() || !read_number(text.substr(0, dash), id.message)) return std::nullopt;
  if (dash == std::string_view::npos) return id;
  if (dash + 1 == text.size() || !read_number(text.substr(dash + 1), id.part)) return std::nullopt;
  return id;
}

std::string text_of(const resource_id& id) {
  return id.part == 0 ? std::to_string(id.message) : std::to_string(id.message) + "-" + std::to_string(id.part);
}

std::optional<std::string> identifier_condition(std::string_view query) {
  constexpr std::string_view name = "identifier=";
  if (query.starts_with("?")) query.remove_prefix(1);
  if (!query.starts_with(name) || query.find('&') != std::string_view::npos) return std::nullopt;
  std::string value;
  for (std::size_t at = name.size(); at < query.size(); ++at) {
    if (query[at] != '%') {
      value += query[at];
      continue;
    }
    const int high = at + 2 < query.size() ? digit_of(query[at + 1]) : -1;
    const int low = at + 2 < query.size() ? digit_of(query[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    value += static_cast<char>(high * 16 + low);
    at += 2;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (value.empty() || value.back() == '|' || std::any_of(value.begin(), value.end(), is_control)) return std::nullopt;
  return value;
}

}  // namespace liaison::fhir_api
