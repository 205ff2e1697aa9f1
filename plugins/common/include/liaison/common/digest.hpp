// SPDX-License-Identifier: Apache-2.0
// Hashes and base64 (RFC 4648), over OpenSSL's libcrypto.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace liaison {

std::string sha256_hex(std::string_view bytes);  ///< 64 lower-case digits
std::string sha1_base64(std::string_view bytes);
std::array<std::uint8_t, 20> sha1(std::string_view bytes);

std::string base64_encode(std::string_view bytes);
void append_base64(std::string& to, std::string_view bytes);
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// What was wrong in a base64 text, for an issue. Blanks and line ends are always skipped.
struct base64_defects {
  bool padding_missing = false;
  std::optional<std::size_t> invalid_at;  ///< offset of the first character that is not base64
  bool impossible_length = false;         ///< 1 character modulo 4
};
/// Decodes; missing padding is accepted and told in `defects`. Nothing when it cannot be decoded.
std::optional<std::string> base64_decode(std::string_view text, base64_defects* defects = nullptr);

}  // namespace liaison
