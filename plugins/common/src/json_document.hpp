// SPDX-License-Identifier: Apache-2.0
// RapidJSON documents read from bytes that nobody has checked: iterative, limited in depth, strict UTF-8, and
// numbers kept with their digits (a string that begins with `number_mark`).
#pragma once

#include <liaison/common/pivot.hpp>

#include <rapidjson/document.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace liaison::detail {

inline constexpr unsigned json_depth_max = 512;

enum class json_numbers { as_digits, as_numbers };

/// Fills `into`; on failure tells what is wrong and at which byte, without content.
std::optional<std::string> parse_json(std::string_view text, rapidjson::Document& into, json_numbers numbers,
                                      unsigned depth_max = json_depth_max);

/// Begins a string that stands for the base64 of one of the writer's files; its number follows. No text that was read
/// may begin so: a file of megabytes is encoded once, where it is written.
inline constexpr char json_file_mark = '\x02';
json_value make_file(std::size_t number, rapidjson::Document::AllocatorType& allocator);

/// Serialises a value made by `parse_json` or by the writer; numbers get their digits back, files their base64.
std::string write_json(const json_value& value, std::span<const std::string_view> files = {});

/// A DOM number from its digits.
json_value make_number(std::string_view digits, rapidjson::Document::AllocatorType& allocator);

}  // namespace liaison::detail
