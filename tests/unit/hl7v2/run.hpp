// SPDX-License-Identifier: Apache-2.0
// Calls one operation of the plugin through its C table, as the host does, and keeps what came back.
#pragma once

#include <liaison/translator.h>

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2::testing {

struct part {
  liaison_part_role role;
  std::string name, content_type, format, bytes;
};
struct issue {
  liaison_severity severity;
  std::string code, location, diagnostics;
};
struct result {
  liaison_status status = LIAISON_QUARANTINE;
  std::vector<part> parts;
  std::vector<issue> issues;

  const part* first(liaison_part_role role) const;
  std::string bytes_of(liaison_part_role role) const;  ///< empty when there is no such part
  rapidjson::Document json_of(liaison_part_role role) const;
  bool has_issue(std::string_view code, std::string_view location = {}) const;
  std::string list_issues() const;
};

enum class operation { inspect, decode, encode, validate, acknowledge, render };
result run(operation which, std::string_view input, std::string_view options = "{}",
           const std::vector<part>& given = {});
int recognise(std::string_view input);

/// Value at a JSON pointer as text, as written for numbers; "(none)" when there is nothing.
std::string at(const rapidjson::Value& json, const char* pointer);

/// Segments with LF or CR between them, as raw string literals write them, with CR ends.
std::string with_cr(std::string_view lines);

/// Folder of the public samples; empty when absent.
std::string corpus_folder();
std::string read_file(const std::string& path);

}  // namespace liaison::hl7v2::testing
