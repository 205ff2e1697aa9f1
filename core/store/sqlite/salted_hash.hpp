// SPDX-License-Identifier: Apache-2.0
// Names of what is found again stand in the database as a salted hash: small, and silent about what went in.
#pragma once

#include "core/store/sqlite/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::store::sqlite {

inline constexpr std::string_view mark_kind = "mark", document_kind = "document";

/// First eight bytes of a salted SHA-256 over both.
std::int64_t salted_hash(std::string_view salt, std::string_view kind, std::string_view text);

/// The salt that was drawn when the store was created.
std::string salt_of(connection& database);
/// So many hexadecimal digits, the lowest of `value`.
void append_hex(std::string& to, std::uint64_t value, std::size_t digits);

/// Of other hashes of the same store.
std::uint64_t seed_of(std::string_view salt);

}  // namespace liaison::store::sqlite
