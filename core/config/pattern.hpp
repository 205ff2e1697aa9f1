// SPDX-License-Identifier: Apache-2.0
// The patterns of routes: `*` any text, `?` one character, upper and lower case the same (ASCII and the accented
// letters of Latin-1, as French names need; œ and ÿ too).
#pragma once

#include <string_view>

namespace liaison::config {

/// Both are UTF-8; a byte that is none counts as a character of its own. Time: at most the product of the sizes, and a
/// pattern has at most 256 characters; linear in the text. No recursion, no allocation.
bool pattern_matches(std::string_view pattern, std::string_view text);

bool has_wildcard(std::string_view pattern);

}  // namespace liaison::config
