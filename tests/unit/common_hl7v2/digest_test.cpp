// SPDX-License-Identifier: Apache-2.0
// Published vectors of the hashes and of base64, and what broken base64 is told to be.
#include <liaison/common/digest.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

TEST(hashes, match_the_published_vectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha1_base64("abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
}

TEST(base64, goes_both_ways_for_every_length) {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    const auto back = base64_decode(base64_encode(bytes));
    ASSERT_TRUE(back) << length;
    EXPECT_EQ(*back, bytes);
    bytes += static_cast<char>(length * 37);
  }
}

TEST(base64, matches_rfc_4648) {
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(base64, without_padding_is_taken_and_told) {
  base64_defects defects;
  EXPECT_EQ(base64_decode("Zm8", &defects), "fo");
  EXPECT_TRUE(defects.padding_missing);
  EXPECT_EQ(base64_decode("Zg=", &defects), "f");
  EXPECT_TRUE(defects.padding_missing);
  EXPECT_EQ(base64_decode("Zm8=", &defects), "fo");
  EXPECT_FALSE(defects.padding_missing);
}

TEST(base64, skips_blanks_and_line_ends_anywhere) {
  EXPECT_EQ(base64_decode("Zm9v\r\nYm\t Fy\n"), "foobar");
  EXPECT_EQ(base64_decode("Z m 8 =\n"), "fo");
}

TEST(base64, that_is_not_is_refused_with_its_place) {
  base64_defects defects;
  EXPECT_FALSE(base64_decode("Zm9v*mFy", &defects));
  EXPECT_EQ(defects.invalid_at, 4U);
  EXPECT_FALSE(base64_decode("Zm9vY", &defects));
  EXPECT_TRUE(defects.impossible_length);
  EXPECT_FALSE(base64_decode("Zg==Zg==", &defects));
  EXPECT_EQ(defects.invalid_at, 4U);
  EXPECT_FALSE(base64_decode("====", &defects));
  EXPECT_FALSE(base64_decode("Zm8==", &defects));
  EXPECT_FALSE(base64_decode("Zm-_", &defects));
}

}  // namespace
}  // namespace liaison
