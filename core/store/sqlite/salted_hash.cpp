// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/salted_hash.hpp"

#include "core/base/digest.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace liaison::store::sqlite {
std::int64_t salted_hash(std::string_view salt, std::string_view kind, std::string_view text) {
  std::array<char, 512> buffer;
  std::string longer;
  const auto size = salt.size() + kind.size() + 1 + text.size();
  char* to = buffer.data();
  if (size > buffer.size()) {
    longer.resize(size);
    to = longer.data();
  }
  char* at = std::ranges::copy(salt, to).out;
  at = std::ranges::copy(kind, at).out;
  *at++ = '\0';
  std::ranges::copy(text, at);
  const auto hash = sha256_of({to, size});
  std::int64_t value = 0;
  std::memcpy(&value, hash.data(), sizeof(value));
  return value;
}

std::string salt_of(connection& database) {
  statement fact(database, "SELECT value FROM fact WHERE name='salt'");
  auto row = fact.with();
  return row.next() ? row.text(0) : std::string();
}

void append_hex(std::string& to, std::uint64_t value, std::size_t digits) {
  static constexpr char all[] = "0123456789abcdef";
  while (digits-- > 0) to += all[(value >> (digits * 4)) & 15U];
}

std::uint64_t seed_of(std::string_view salt) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, salt.data(), std::min(salt.size(), sizeof seed));
  return seed;
}

}  // namespace liaison::store::sqlite
