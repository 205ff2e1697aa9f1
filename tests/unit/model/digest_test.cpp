// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace liaison {
namespace {

// FIPS 180-4, the examples of its authors.
TEST(digest, sha256_of_known_texts_again_and_again) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(sha256_hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}

TEST(digest, moments_are_written_with_all_their_digits) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(1'709'210'096'007), "2024-02-29T12:34:56.007Z");
  EXPECT_EQ(rfc3339(std::numeric_limits<long long>::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(std::numeric_limits<long long>::min()), "0000-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace liaison
