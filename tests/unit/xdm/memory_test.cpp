// SPDX-License-Identifier: Apache-2.0
// A document of 20 MB inside an archive is unpacked once and handed over where it stands.
#include "archive.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

namespace liaison::xdm {
namespace {

std::size_t in_use() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

struct watcher {
  std::size_t most = 0, document = 0;
};

TEST(memory, reading_a_large_document_takes_no_more_than_the_document_besides_the_archive) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  constexpr std::size_t document_bytes = 20U << 20U;
  std::string file(document_bytes / 4 * 3, '\0');
  std::mt19937 source(4711);  // NOLINT: the same bytes in every run
  for (char& c : file) c = static_cast<char>(source());
  std::string bytes = letter();
  const std::size_t body = bytes.find("<nonXMLBody>");
  ASSERT_NE(body, std::string::npos);
  bytes.insert(bytes.find("<text", body), "<!--" + base64_encode(file) + "-->");
  const std::string archive = archive_of(submission_of(bytes), bytes);
  watcher seen;
  const liaison_sink sink = {sizeof(liaison_sink), &seen,
                             [](void* self, const liaison_part* part) {
                               auto& into = *static_cast<watcher*>(self);
                               into.most = std::max(into.most, in_use());
                               if (part->role == LIAISON_PART_EMBEDDED) into.document = part->bytes.size;
                               return LIAISON_OK;
                             },
                             [](void*, const liaison_issue*) { return LIAISON_OK; }};
  const liaison_call call = {sizeof(liaison_call),
                             {reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size()},
                             {reinterpret_cast<const std::uint8_t*>(trusted.data()), trusted.size()},
                             nullptr,
                             0,
                             &sink};
  const std::size_t before = in_use();
  EXPECT_EQ(translator_table().inspect(nullptr, &call), LIAISON_OK);
  EXPECT_EQ(seen.document, bytes.size());
  const std::size_t taken = seen.most - before;
  EXPECT_GE(taken, document_bytes) << "the measure works";
  EXPECT_LE(taken, document_bytes + document_bytes / 4);
}

}  // namespace
}  // namespace liaison::xdm
