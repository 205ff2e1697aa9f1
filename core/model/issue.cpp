// SPDX-License-Identifier: Apache-2.0
#include "core/model/issue.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace liaison::model {

bool has_error(const std::vector<issue>& issues) {
  return std::any_of(issues.begin(), issues.end(), [](const issue& i) { return i.severity == severity::error; });
}

const char* name_of(severity level) {
  switch (level) {
    case severity::information: return "information";
    case severity::warning: return "warning";
    case severity::error: return "error";
  }
  return "error";
}

std::string to_json(const std::vector<issue>& issues) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartArray();
  for (const issue& i : issues) {
    json.StartObject();
    json.Key("severity");
    json.String(name_of(i.severity));
    json.Key("code");
    json.String(i.code);
    if (!i.location.empty()) {
      json.Key("location");
      json.String(i.location);
    }
    json.Key("diagnostics");
    json.String(i.diagnostics);
    json.EndObject();
  }
  json.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<issue> issues_from_json(std::string_view text) {
  std::vector<issue> issues;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError() || !document.IsArray()) return issues;
  auto string_of = [](const rapidjson::Value& object, const char* key) -> std::string {
    auto at = object.FindMember(key);
    if (at == object.MemberEnd() || !at->value.IsString()) return {};
    return {at->value.GetString(), at->value.GetStringLength()};
  };
  for (const auto& item : document.GetArray()) {
    if (!item.IsObject()) continue;
    issue found;
    const std::string level = string_of(item, "severity");
    found.severity = level == "error"     ? severity::error
                     : level == "warning" ? severity::warning
                                          : severity::information;
    found.code = string_of(item, "code");
    found.location = string_of(item, "location");
    found.diagnostics = string_of(item, "diagnostics");
    issues.push_back(std::move(found));
  }
  return issues;
}

}  // namespace liaison::model
