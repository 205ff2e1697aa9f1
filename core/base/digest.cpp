// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.hpp"

#include "core/base/assert.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace liaison {

namespace {

/// The algorithm and its working memory, found once for each thread: looking it up costs as much as hashing 2 kB.
class sha256_context {
 public:
  sha256_context() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    LIAISON_ASSERT(algorithm_ != nullptr && context_ != nullptr);
  }
  ~sha256_context() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  sha256_context(const sha256_context&) = delete;
  sha256_context& operator=(const sha256_context&) = delete;

  std::array<unsigned char, 32> hash_of(std::string_view bytes) {
    std::array<unsigned char, 32> hash{};
    LIAISON_ASSERT(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1);
    LIAISON_ASSERT(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
    LIAISON_ASSERT(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

constexpr long long ms_min = -62'167'219'200'000, ms_max = 253'402'300'799'999;  // of the years 0000 and 9999

}  // namespace

std::string sha256_hex_of(std::string_view bytes) {
  thread_local sha256_context context;
  const std::array<unsigned char, 32> hash = context.hash_of(bytes);
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
