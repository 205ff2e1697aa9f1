// SPDX-License-Identifier: Apache-2.0
// A host for tests: calls one operation of a translator through the C interface and keeps what comes back.
#pragma once

#include <liaison/translator.h>

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim::testing {

struct part {
  liaison_part_role role;
  std::string name, content_type, bytes;
};

struct reply {
  liaison_status status = LIAISON_UNSUPPORTED;
  std::vector<part> parts;
  std::vector<std::string> issues;  // codes
  std::vector<liaison_severity> severities;
  std::vector<std::string> diagnostics;

  const part* find(liaison_part_role role) const {
    for (const part& one : parts) {
      if (one.role == role) return &one;
    }
    return nullptr;
  }
  std::string bytes(liaison_part_role role) const { return find(role) == nullptr ? std::string{} : find(role)->bytes; }
  std::string document() const { return bytes(LIAISON_PART_DOCUMENT); }
  bool has_issue(std::string_view fragment) const {
    for (const std::string& code : issues) {
      if (code.find(fragment) != std::string::npos) return true;
    }
    return false;
  }
};

inline const liaison_translator& translator_of(std::string_view format) {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  for (std::size_t i = 0; i < plugin->translator_count; ++i) {
    if (plugin->translators[i]->format == format) return *plugin->translators[i];
  }
  return *plugin->translators[0];
}

inline liaison_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline reply run(liaison_operation operation, std::string_view input, std::string_view options = "{}") {
  reply out;
  liaison_sink sink = {};
  sink.size = sizeof sink;
  sink.self = &out;
  sink.part = [](void* self, const liaison_part* p) {
    const auto text = [](const char* t) { return t == nullptr ? std::string{} : std::string(t); };
    static_cast<reply*>(self)->parts.push_back(
        {p->role, text(p->name), text(p->content_type), {reinterpret_cast<const char*>(p->bytes.data), p->bytes.size}});
    return LIAISON_OK;
  };
  sink.issue = [](void* self, const liaison_issue* i) {
    auto& to = *static_cast<reply*>(self);
    to.issues.emplace_back(i->code);
    to.severities.push_back(i->severity);
    to.diagnostics.emplace_back(std::string(i->location) + " " + i->diagnostics);
    return LIAISON_OK;
  };
  liaison_call call = {};
  call.size = sizeof call;
  call.input = bytes_of(input);
  call.options = bytes_of(options);
  call.sink = &sink;
  out.status = operation(nullptr, &call);
  return out;
}

inline constexpr std::string_view now_and_account =
    R"({"now":"2025-03-12T10:00:00+01:00","account":true,"values":true})";

inline rapidjson::Document parse(std::string_view json) {
  rapidjson::Document out;
  out.Parse<rapidjson::kParseNumbersAsStringsFlag>(json.data(), json.size());
  return out;
}

}  // namespace liaison::hprim::testing
