// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.hpp"

#include "core/base/assert.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace liaison {

std::string sha256_hex_of(std::string_view bytes) {
  std::array<unsigned char, 32> hash{};
  unsigned length = 0;
  LIAISON_ASSERT(EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr) == 1);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(64, '0');
  for (std::size_t i = 0; i < hash.size(); ++i) {
    text[2 * i] = digits[hash[i] >> 4];
    text[2 * i + 1] = digits[hash[i] & 15];
  }
  return text;
}

std::string rfc3339(long long ms) {
  long long seconds = ms / 1000;
  long long rest = ms % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  std::time_t time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03lldZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, rest);
  return text.data();
}

}  // namespace liaison
