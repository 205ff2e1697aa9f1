// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace liaison {

std::array<unsigned char, 32> sha256_of(std::string_view bytes);
std::string sha256_hex_of(std::string_view bytes);  ///< 64 lower-case digits

/// RFC 3339, UTC, milliseconds: "2026-11-21T22:06:47.123Z". `ms` is Unix time; one outside of the years
/// 0000 to 9999 becomes the nearest inside.
std::string rfc3339(long long ms);

}  // namespace liaison
