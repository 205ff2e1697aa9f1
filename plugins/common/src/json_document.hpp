// SPDX-License-Identifier: Apache-2.0
// RapidJSON documents read from bytes that nobody has checked: iterative, limited in depth, strict UTF-8, and
// numbers kept with their digits (a string that begins with `number_mark`).
#pragma once

#include <liaison/common/pivot.hpp>

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <string_view>

namespace liaison::detail {

inline constexpr unsigned json_depth_max = 512;

/// Fills `into`; on failure tells what is wrong and at which byte, without content.
std::optional<std::string> parse_json(std::string_view text, rapidjson::Document& into);

/// As `parse_json` with its limits and digits, for text that will nearly always be right: many times faster. The values
/// point into `text`, which becomes a copy of `of` and must live as long as the document.
std::optional<std::string> parse_json_in(std::string& text, std::string_view of, rapidjson::Document& into);

/// No text may begin with this one either.
inline constexpr char json_reserved_mark = '\x02';

}  // namespace liaison::detail
