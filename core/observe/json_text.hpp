// SPDX-License-Identifier: Apache-2.0
// Text that is safe to put into a log line or a label: valid UTF-8, no longer than said, escaped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace liaison::observe {

/// Appends `text` as UTF-8: each byte that cannot belong to a character becomes U+FFFD (so do surrogates and
/// overlong forms). What is longer than `size_bytes_max` is cut between characters and ends in "…".
void append_utf8(std::string& out, std::string_view text, std::size_t size_bytes_max);

/// The same within quotes, escaped for JSON (RFC 8259 §7).
void append_json_string(std::string& out, std::string_view text, std::size_t size_bytes_max);

}  // namespace liaison::observe
