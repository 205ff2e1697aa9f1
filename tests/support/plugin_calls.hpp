// SPDX-License-Identifier: Apache-2.0
// Calls of a plugin's first translator as a host makes them, for the tests of plugins that are linked in.
#pragma once

#include <liaison/translator.h>

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::test {

struct part_copy {
  liaison_part_role role;
  std::string name, format, bytes;
};
struct issue_copy {
  liaison_severity severity;
  std::string code, location, diagnostics;
};
struct outcome {
  liaison_status status = LIAISON_OK;
  std::vector<part_copy> parts;
  std::vector<issue_copy> issues;

  std::string part(liaison_part_role role) const {
    const auto found = std::ranges::find(parts, role, &part_copy::role);
    return found == parts.end() ? std::string{} : found->bytes;
  }
  bool has(std::string_view code) const {
    return std::ranges::any_of(issues, [&](const issue_copy& of) { return of.code == code; });
  }
  std::size_t errors() const {
    return static_cast<std::size_t>(std::ranges::count(issues, LIAISON_ERROR, &issue_copy::severity));
  }
  std::string list() const {
    std::string text;
    for (const auto& of : issues)
      text += std::string(of.severity == LIAISON_ERROR     ? "error"
                          : of.severity == LIAISON_WARNING ? "warning"
                                                           : "information") +
              "\t" + of.code + "\t" + of.location + "\n";
    return text;
  }
};

inline const liaison_translator& translator_table() {
  return *liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0];
}

inline outcome run(liaison_operation operation, std::string_view input,
                   std::string_view options = R"({"now":"2024-03-01T12:00:00+01:00"})",
                   const std::vector<liaison_part>& parts = {}) {
  outcome got;
  const auto text = [](const char* of) { return std::string(of == nullptr ? "" : of); };
  static const auto text_of = text;
  const liaison_sink sink = {
      sizeof(liaison_sink), &got,
      [](void* self, const liaison_part* part) {
        static_cast<outcome*>(self)->parts.push_back(
            {part->role, text_of(part->name), text_of(part->format),
             std::string(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size)});
        return LIAISON_OK;
      },
      [](void* self, const liaison_issue* issue) {
        static_cast<outcome*>(self)->issues.push_back(
            {issue->severity, text_of(issue->code), text_of(issue->location), text_of(issue->diagnostics)});
        return LIAISON_OK;
      }};
  const auto bytes = [](std::string_view of) {
    return liaison_bytes{reinterpret_cast<const std::uint8_t*>(of.data()), of.size()};
  };
  const liaison_call call = {sizeof(liaison_call), bytes(input), bytes(options), parts.data(), parts.size(), &sink};
  got.status = operation(nullptr, &call);
  return got;
}

/// Calls an operation and throws away what it hands over, as a host does that has written it elsewhere; the sizes of
/// the parts of `role` are added to `size`.
inline liaison_status run_without_keeping(liaison_operation operation, std::string_view input, liaison_part_role role,
                                          std::size_t& size, std::string_view options = R"({"account":true})",
                                          const std::vector<liaison_part>& parts = {}) {
  struct tally {
    liaison_part_role role;
    std::size_t* size;
  } into = {role, &size};
  const liaison_sink sink = {sizeof(liaison_sink), &into,
                             [](void* self, const liaison_part* part) {
                               const auto& of = *static_cast<tally*>(self);
                               if (part->role == of.role) *of.size += part->bytes.size;
                               return LIAISON_OK;
                             },
                             [](void*, const liaison_issue*) { return LIAISON_OK; }};
  const auto bytes = [](std::string_view of) {
    return liaison_bytes{reinterpret_cast<const std::uint8_t*>(of.data()), of.size()};
  };
  const liaison_call call = {sizeof(liaison_call), bytes(input), bytes(options), parts.data(), parts.size(), &sink};
  return operation(nullptr, &call);
}

/// A part as a host hands it to encode (EMBEDDED: a document to carry) or decode (DOCUMENT: a pivot). Borrows.
inline liaison_part part_of(liaison_part_role role, const char* name, const char* format, std::string_view bytes) {
  return {sizeof(liaison_part),
          role,
          name,
          "",
          format,
          {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}};
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The JSON value at a pointer as text; digits of numbers as written. Empty when it is not there.
inline std::string at_pointer(const rapidjson::Document& in, std::string_view pointer) {
  const rapidjson::Value* at = &in;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    const std::string segment(pointer.substr(0, slash));
    pointer = slash == std::string_view::npos ? std::string_view{} : pointer.substr(slash);
    if (at->IsArray()) {
      const auto index = static_cast<rapidjson::SizeType>(std::stoul(segment));
      if (index >= at->Size()) return {};
      at = &(*at)[index];
    } else {
      if (!at->IsObject() || !at->HasMember(segment.c_str())) return {};
      at = &(*at)[segment.c_str()];
    }
  }
  if (at->IsBool()) return at->GetBool() ? "true" : "false";
  return at->IsString() ? std::string(at->GetString(), at->GetStringLength()) : std::string{};
}

}  // namespace liaison::test
