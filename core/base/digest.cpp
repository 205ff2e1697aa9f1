// SPDX-License-Identifier: Apache-2.0
// libcrypto's plain functions on purpose: EVP gives the same hash, but its first use loads providers and their tables, 2 MB
// that a gateway without TLS needs for nothing else.
#define OPENSSL_API_COMPAT 0x10100000L
#include "core/base/digest.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace liaison {

namespace {

constexpr long long ms_min = -62'167'219'200'000, ms_max = 253'402'300'799'999;  // of the years 0000 and 9999

}  // namespace

std::array<unsigned char, 32> sha256_of(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

std::string sha256_hex_of(std::string_view bytes) {
  const std::array<unsigned char, 32> hash = sha256_of(bytes);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(64, '0');
  for (std::size_t i = 0; i < hash.size(); ++i) {
    text[2 * i] = digits[hash[i] >> 4];
    text[2 * i + 1] = digits[hash[i] & 15];
  }
  return text;
}

std::string rfc3339(long long ms) {
  // By hand: gmtime and printf cost ten times as much, and every message is stamped.
  using namespace std::chrono;
  const sys_time<milliseconds> moment{milliseconds(std::clamp(ms, ms_min, ms_max))};
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t end, long long value) {
    for (; value > 0; value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  put(4, static_cast<int>(date.year()));
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, time.hours().count());
  put(16, time.minutes().count());
  put(19, time.seconds().count());
  put(23, time.subseconds().count());
  return text;
}

}  // namespace liaison
