// SPDX-License-Identifier: Apache-2.0
// Bytes that the disk changed are reported with the message's id, and never served.
#include "tests/contract/store/sqlite_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::HasSubstr;

class sqlite_damage : public sqlite_case {
 protected:
  void expect_corrupt(open_store& store, model::message_id id) {
    const auto raw = store.raw(id);
    ASSERT_FALSE(raw);
    EXPECT_EQ(raw.error().code, "store-corrupt");
    EXPECT_THAT(raw.error().text, HasSubstr("message " + std::to_string(id)));
  }
  static void flip_a_bit(const std::filesystem::path& path, std::size_t at) {
    auto bytes = bytes_of_file(path);
    ASSERT_LT(at, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    write_file(path, bytes);
  }
};

TEST_F(sqlite_damage, a_flipped_bit_inside_the_database) {
  const std::string text = "MSH|^~\\&|a needle in the haystack|" + std::string(1500, 'x');
  model::message_id id = 0, other = 0;
  {
    auto store = open();
    id = store.stored(message_of(text));
    other = store.stored(message_of("another one"));
  }
  const auto at = bytes_of_file(database()).find("needle in");
  ASSERT_NE(at, std::string::npos);
  flip_a_bit(database(), at);
  auto store = open();
  expect_corrupt(store, id);
  EXPECT_TRUE(store.raw(other)) << "nobody else is harmed";
}

TEST_F(sqlite_damage, a_flipped_bit_in_a_payload_file) {
  auto store = open();
  const auto id = store.stored(message_of(std::string(300'000, 'L')));
  const auto file = payload_files().at(0);
  flip_a_bit(file, 299'999);
  expect_corrupt(store, id);
  flip_a_bit(file, 299'999);
  EXPECT_TRUE(store.raw(id)) << "the file is read anew each time";
}

TEST_F(sqlite_damage, a_payload_file_that_is_cut_longer_or_gone) {
  auto store = open();
  const auto id = store.stored(message_of(std::string(300'000, 'L')));
  const auto file = payload_files().at(0);
  const auto bytes = bytes_of_file(file);
  write_file(file, bytes.substr(0, 100'000));
  expect_corrupt(store, id);
  std::filesystem::remove(file);
  expect_corrupt(store, id);
  EXPECT_TRUE(store.traced(id)) << "what else is known of it is still shown";
}

}  // namespace
}  // namespace liaison::store::testing
