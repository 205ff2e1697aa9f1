// SPDX-License-Identifier: Apache-2.0
#include "core/config/finding.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace liaison::config {

bool has_error(const std::vector<finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const finding& one) { return one.severity == model::severity::error; });
}

std::string to_text(const finding& one) {
  std::string text = one.file;
  if (one.line != 0) text += ":" + std::to_string(one.line) + ":" + std::to_string(one.column);
  text += ": ";
  text += model::name_of(one.severity);
  text += ": ";
  if (!one.key.empty()) text += one.key + ": ";
  text += one.text;
  // Names are quoted from the file: what steers a terminal is not passed on.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text;
}

std::string to_json(const std::vector<finding>& findings) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartArray();
  for (const auto& one : findings) {
    writer.StartObject();
    writer.Key("severity");
    writer.String(model::name_of(one.severity));
    writer.Key("file");
    writer.String(one.file);
    if (one.line != 0) {
      writer.Key("line");
      writer.Uint(one.line);
      writer.Key("column");
      writer.Uint(one.column);
    }
    writer.Key("key");
    writer.String(one.key);
    writer.Key("text");
    writer.String(one.text);
    writer.EndObject();
  }
  writer.EndArray();
  return buffer.GetString();
}

}  // namespace liaison::config
