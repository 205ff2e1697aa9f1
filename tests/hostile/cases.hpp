// SPDX-License-Identifier: Apache-2.0
// Hostile messages by name, each with what must become of it. Every one that names a patient names `marker`, which must
// never be seen in a log, a metric or an issue.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::test {

inline constexpr std::string_view marker = "MARQUEUR-INVENTE";

struct hostile_message {
  const char* name;
  std::function<std::string()> bytes;
  /// Status of POST /api/v1/messages, then the codes of warnings and errors in their order, each once.
  const char* becomes;
};

const std::vector<hostile_message>& hl7_cases();
const std::vector<hostile_message>& hprim_cases();
const std::vector<hostile_message>& xml_cases();
const std::vector<hostile_message>& json_cases();
const std::vector<hostile_message>& archive_cases();

inline std::string times(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// Bytes with zeros in them, from a literal.
template <std::size_t Size>
std::string raw(const char (&text)[Size]) {
  return std::string(text, Size - 1);
}

}  // namespace liaison::test
