// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace liaison::plugin {
namespace {

void put(buffer& into, std::string_view bytes) {
  if (bytes.empty()) return;
  into.reserve(bytes.size());
  std::memcpy(into.room(), bytes.data(), bytes.size());
  into.filled(bytes.size());
}

TEST(plugin_buffer, keeps_the_order_through_growth_and_compaction) {
  buffer bytes;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    put(bytes, piece);
    expected += piece;
    if (i % 3 == 0) {
      const std::size_t gone = expected.size() / 2;
      bytes.consume(gone);
      expected.erase(0, gone);
    }
    ASSERT_EQ(bytes.unread(), expected);
  }
}

TEST(plugin_buffer, gives_large_memory_back_when_empty) {
  buffer bytes;
  put(bytes, std::string(2U << 20U, 'x'));
  bytes.consume((2U << 20U) - 1);
  EXPECT_EQ(bytes.unread(), "x");
  bytes.consume(1);
  EXPECT_EQ(bytes.room_bytes(), 0U);
  put(bytes, "again");
  EXPECT_EQ(bytes.unread(), "again");
}

}  // namespace
}  // namespace liaison::plugin
